package dev.waggle.function;

import static dev.waggle.function.Template.parameter;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The parameters of `template.yaml` take what the function takes, and refuse the rest before
/// anything is deployed.
class TemplateParametersTest {
  private static final String HASH = Sha256.hex("token");
  private static final String OTHER_HASH = Sha256.hex("another token");

  private static final Map<String, String> NAMES =
      Map.of(
          "TokenSha256",
          HASH,
          "Repositories",
          "vorce/playlistlog:1.*,vorce/site",
          "ContradictedPushes",
          "refuse",
          "Queue",
          "https://sqs.eu-central-1.amazonaws.com/123456789012/waggle-Queue-1ABC.fifo");

  /// Made for this test; its key is nowhere.
  private static final String CERTIFICATE =
      """
      -----BEGIN CERTIFICATE-----
      MIIBiTCCAS+gAwIBAgIUK9O3fZRRp9uOLWk5nTTX8jpv82YwCgYIKoZIzj0EAwIw
      GTEXMBUGA1UEAwwOd2FnZ2xlIHRlc3QgQ0EwIBcNMjYxMTI0MTE1MzUwWhgPMjEy
      NjEwMzExMTUzNTBaMBkxFzAVBgNVBAMMDndhZ2dsZSB0ZXN0IENBMFkwEwYHKoZI
      zj0CAQYIKoZIzj0DAQcDQgAEaTiwt4zICjcoq+WhqR5HZOdk2CIzj6V02hbNByfY
      aP5+JHS8+S+wQdEZGXUGQWHvc/C8u+e4kaEtIoQbbRhqlaNTMFEwHQYDVR0OBBYE
      FBwja3ctdCkJUeqAspq2+8H/2mG8MB8GA1UdIwQYMBaAFBwja3ctdCkJUeqAspq2
      +8H/2mG8MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgJETSmTyW
      qCY4um/QH91DotaJmW+nvKkvWEJ3ZmeGXdUCIQDBW5bkLout6QwvZjO87sg8q33l
      M4IJVItVOIfyjwUgCw==
      -----END CERTIFICATE-----\
      """;

  private static Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    for (Map.Entry<String, JsonNode> variable : Template.variables().properties()) {
      environment.put(variable.getKey(), Template.text(variable.getValue(), NAMES));
    }
    return environment;
  }

  @Test
  void giveTheFunctionExactlyTheVariablesThatItReads() {
    assertThat(environment().keySet())
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(Setting.values()).map(Setting::variable).toList());
    assertThatCode(() -> Configuration.from(environment())).doesNotThrowAnyException();
    assertThat(Template.variables().path(Setting.QUEUE_URL.variable()))
        .isEqualTo(Template.yaml("!Ref Queue"));
  }

  @Test
  void leaveTheFunctionsOwnDefaultsAsTheyAre() {
    for (Setting setting : List.of(Setting.REGISTRY_URL, Setting.HUB_URL)) {
      assertThat(Template.variables().path(setting.variable()).textValue())
          .isEqualTo(setting.fallback().orElseThrow());
    }
    assertThat(parameter("ContradictedPushes").path("Default").textValue())
        .isEqualTo(Setting.CONTRADICTED_PUSHES.fallback().orElseThrow());
  }

  @Test
  void offerEveryFateOfAContradictedPush() {
    Stream<Configuration.Contradicted> fates =
        parameter("ContradictedPushes")
            .path("AllowedValues")
            .valueStream()
            .map(
                fate -> {
                  Map<String, String> environment = environment();
                  environment.put(Setting.CONTRADICTED_PUSHES.variable(), fate.textValue());
                  return Configuration.from(environment).contradicted();
                });
    assertThat(fates).containsExactlyInAnyOrder(Configuration.Contradicted.values());
  }

  @Test
  void areExplainedAndBounded() {
    assertThat(Template.TREE.path("Parameters").properties())
        .allSatisfy(entry -> assertBounded(entry.getValue()));
  }

  private static void assertBounded(JsonNode parameter) {
    assertThat(parameter.path("Type").asText()).isEqualTo("String");
    assertThat(parameter.path("Description").asText()).hasSizeGreaterThan(60);
    if (!parameter.has("AllowedValues")) {
      assertThat(parameter.path("AllowedPattern").asText()).startsWith("^").endsWith("$");
      assertThat(parameter.path("ConstraintDescription").asText()).isNotEmpty();
    }
    JsonNode value = parameter.path("Default");
    if (value.isTextual() && parameter.has("AllowedPattern")) {
      assertThat(value.textValue()).matches(takes(parameter));
    }
  }

  /// As in CloudFormation, whether it looks for the pattern or holds it against the whole value.
  private static Predicate<String> takes(JsonNode parameter) {
    return Pattern.compile(parameter.required("AllowedPattern").textValue()).asPredicate();
  }

  private static void assertTakes(String parameter, List<String> good, List<String> bad) {
    assertThat(good).as("good values of " + parameter).allMatch(takes(parameter(parameter)));
    assertThat(bad).as("bad values of " + parameter).noneMatch(takes(parameter(parameter)));
  }

  private static void assertTakesTheSame(
      String parameter, Consumer<String> parser, List<String> good, List<String> bad) {
    assertTakes(parameter, good, bad);
    assertThat(good)
        .allSatisfy(value -> assertThatCode(() -> parser.accept(value)).doesNotThrowAnyException());
    assertThat(bad)
        .allSatisfy(
            value -> assertThatIllegalArgumentException().isThrownBy(() -> parser.accept(value)));
  }

  @Test
  void takeTheTokensThatTheFunctionTakes() {
    assertTakesTheSame(
        "TokenSha256",
        TokenHashes::parse,
        List.of(
            HASH,
            HASH.toUpperCase(Locale.ROOT),
            HASH + "," + OTHER_HASH,
            " " + HASH + " , " + OTHER_HASH + " "),
        List.of(
            "",
            "token",
            HASH.substring(1),
            HASH + "0",
            HASH + "  -",
            HASH + ",",
            HASH + ";" + OTHER_HASH,
            HASH + "," + OTHER_HASH + "," + Sha256.hex("a third"),
            Sha256.hex(""),
            HASH + "," + Sha256.hex("")));
  }

  @Test
  void takeTheRepositoriesThatTheFunctionTakes() {
    assertTakesTheSame(
        "Repositories",
        AllowList::parse,
        List.of(
            "vorce/playlistlog",
            "vorce/playlistlog:1.*,vorce/site",
            " vorce/playlistlog:latest , vorce/site:?.? ",
            "busybox",
            "library/busybox:*",
            "docker.io/vorce/site:v_1-*",
            "index.docker.io/vorce/site",
            "a-b--c/d.e_f__g",
            "a/b/c"),
        List.of(
            "",
            ",",
            "vorce/site,",
            ",vorce/site",
            "vorce/site;vorce/playlistlog",
            "vorce/site vorce/playlistlog",
            "Vorce/site",
            "vorce/",
            "vorce//site",
            "vorce/site-",
            "vorce/site:",
            "vorce/site:-1",
            "vorce/site:[0-9]",
            "vorce/site@sha256:" + HASH,
            "ghcr.io/vorce/site",
            "docker.io/ghcr.io/site",
            "localhost/site",
            "localhost:5000/site",
            "https://hub.docker.com/r/vorce/site",
            "*"));
  }

  @Test
  void takeAddressesAndNamesAndNoPatternsOfThem() {
    assertTakes(
        "AgentAddresses",
        List.of("", "203.0.113.7", "203.0.113.7/32", "203.0.113.0/24,198.51.100.4"),
        List.of("droplet", "*", "203.0.113", "203.0.113.7/33", "203.0.113.7,", ",", " "));
    assertTakes(
        "AgentCertificateName",
        List.of("waggle-agent", "droplet.example.org", "The agent"),
        List.of("", "*", "waggle*", "agent ", "${aws:username}", "a".repeat(65)));
    assertTakes(
        "AlarmEmail",
        List.of("", "ops@example.org", "first.last+waggle@mail.example.org"),
        List.of("ops", "ops@example", "a@example.org,b@example.org", "a b@example.org"));
  }

  @Test
  void takeACertificateOnOneLineAndGiveItItsLinesBack() throws CertificateException {
    String oneLine = CERTIFICATE.replace('\n', ',');
    assertTakes(
        "AgentCaCertificate",
        List.of("", CERTIFICATE, CERTIFICATE + "\n", oneLine, oneLine + "," + oneLine),
        List.of(
            "ca.pem",
            CERTIFICATE.replace('\n', ' '),
            CERTIFICATE.replace("CERTIFICATE", "PRIVATE KEY"),
            CERTIFICATE.substring(1),
            oneLine + "x"));
    assertThat(Template.properties("AgentTrustAnchor").at("/Source/SourceData/X509CertificateData"))
        .isEqualTo(Template.yaml("!Join [\"\\n\", !Split [',', !Ref AgentCaCertificate]]"));
    Certificate certificate =
        CertificateFactory.getInstance("X.509")
            .generateCertificate(
                new ByteArrayInputStream(
                    String.join("\n", oneLine.split(",", -1)).getBytes(US_ASCII)));
    assertThat(certificate.getType()).isEqualTo("X.509");
  }
}
