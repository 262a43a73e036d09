package dev.waggle.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.agent.service.ServiceLabels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// What the stack files ask of Swarm.
class StackTest {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Path STACK = Path.of("stack.yml");
  private static final Path PROXY = Path.of("stack-socket-proxy.yml");

  private static final Pattern REQUIRED = Pattern.compile("\\$\\{(\\w+):\\?([^}]*)}");

  /// A secret that is used, or that somebody who needs it uncomments.
  private static final Pattern SECRET =
      Pattern.compile(
          "(?m)^ {6}(?:# )?- source: (?<source>\\S+)\\n"
              + "^ {6}(?:# )?  target: (?<target>\\S+)\\n"
              + "^ {6}(?:# )?  uid: \"(?<uid>\\d+)\"\\n"
              + "^ {6}(?:# )?  mode: (?<mode>\\d+)$");

  @Test
  void namesNoImageOfTheAgentAndSaysHowToGetOne() throws IOException {
    Matcher image = REQUIRED.matcher(read(STACK).at("/services/agent/image").asText());
    assertThat(image.matches()).isTrue();
    assertThat(image.group(1)).isEqualTo("WAGGLE_IMAGE");
    assertThat(image.group(2)).contains("docker build");
  }

  @Test
  void saysWhatIsMissingWithoutWhatDockerTakesForADefault() throws IOException {
    for (Path file : List.of(STACK, PROXY)) {
      assertThat(REQUIRED.matcher(Files.readString(file)).results())
          .isNotEmpty()
          .allSatisfy(variable -> assertThat(variable.group(2)).doesNotContain("-"));
    }
  }

  @Test
  void rollsTheAgentToNoOtherMajorVersionAndToNoCandidate() throws IOException {
    assertThat(read(STACK).at("/services/agent/deploy/labels").path(ServiceLabels.TAGS).asText())
        .isEqualTo("semver:^1");
  }

  /// An older version of the format has no limit of processes, and files of two versions do not
  /// merge.
  @Test
  void givesEveryServiceNoCapabilityAndALimitOfProcesses() throws IOException {
    for (Path file : List.of(STACK, PROXY)) {
      JsonNode stack = read(file);
      assertThat(stack.path("version").asText()).isEqualTo("3.9");
      stack
          .path("services")
          .properties()
          .forEach(
              service -> {
                // What the proxy's file adds to the agent leaves these as they are.
                if (file.equals(STACK) || service.getValue().has("image")) {
                  assertThat(service.getValue().path("cap_drop"))
                      .as(service.getKey())
                      .isEqualTo(JSON.valueToTree(List.of("ALL")));
                  assertThat(service.getValue().at("/deploy/resources/limits/pids").asInt())
                      .as(service.getKey())
                      .isPositive();
                }
                assertThat(service.getValue().has("cap_add")).isFalse();
              });
    }
  }

  @Test
  void encryptsTheWayToTheProxyAndLetsTheAgentOutByAnother() throws IOException {
    JsonNode proxy = read(PROXY);
    JsonNode network = proxy.at("/networks/socket");
    assertThat(network.path("driver").asText()).isEqualTo("overlay");
    assertThat(network.path("internal").asBoolean()).isTrue();
    assertThat(network.at("/driver_opts/encrypted").asText()).isEqualTo("true");
    assertThat(proxy.at("/services/agent/networks"))
        .isEqualTo(JSON.valueToTree(List.of("default", "socket")));
    assertThat(proxy.at("/services/engine/networks").fieldNames())
        .toIterable()
        .containsExactly("socket");
    assertThat(proxy.at("/services/engine/networks/socket/aliases"))
        .isEqualTo(JSON.valueToTree(List.of("engine")));
  }

  @Test
  void callsTheProxysConfigAfterItsContent() throws IOException, NoSuchAlgorithmException {
    JsonNode config = read(PROXY).at("/configs/haproxy");
    byte[] content = Files.readAllBytes(Path.of(config.path("file").asText()));
    String hash =
        HexFormat.of()
            .formatHex(MessageDigest.getInstance("SHA-256").digest(content))
            .substring(0, 12);
    assertThat(config.path("name").asText())
        .as(
            "the content of a Swarm config cannot change: in %s, write  name: waggle-haproxy-%s",
            PROXY, hash)
        .isEqualTo("waggle-haproxy-" + hash);
  }

  @Test
  void takesEverySecretByANameThatMayChange() throws IOException {
    String stack = Files.readString(STACK);
    assertThat(SECRET.matcher(stack).results().map(secret -> secret.group("source")))
        .containsExactly("waggle-aws", "registry", "notify")
        .allSatisfy(
            source ->
                assertThat(stack)
                    .containsPattern(
                        "(# )?  external: true\n +(# )?  name: "
                            + Pattern.quote(
                                "${WAGGLE_"
                                    + source.replace("waggle-", "").toUpperCase(Locale.ROOT)
                                    + "_SECRET:-"
                                    + source
                                    + "}")));
  }

  @Test
  void isUpdatedToAnotherSecretByTheDocumentedCommand() throws IOException {
    String setUp = Files.readString(Path.of("..", "docs", "set-up.md"));
    Matcher secret = SECRET.matcher(Files.readString(STACK));
    assertThat(secret.find()).isTrue();
    String name = secret.group("source");
    assertThat(setUp)
        .contains(
            "docker service update --secret-rm "
                + name
                + " --secret-add source="
                + name
                + "-2,target="
                + secret.group("target")
                + ",uid="
                + secret.group("uid")
                + ",mode="
                + secret.group("mode")
                + " waggle_agent\n");
    // So that the others differ in their names alone.
    while (secret.find()) {
      assertThat(secret.group("target")).isEqualTo(secret.group("source"));
      assertThat(secret.group("uid")).isEqualTo("65532");
      assertThat(secret.group("mode")).isEqualTo("0400");
    }
  }

  private static JsonNode read(Path file) throws IOException {
    return JSON.valueToTree(
        new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(file)));
  }
}
