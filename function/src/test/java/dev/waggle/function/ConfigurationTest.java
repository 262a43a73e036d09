package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationTest {
  private static final String HASH = Sha256.hex("token");
  private static final String QUEUE =
      "https://sqs.eu-central-1.amazonaws.com/123456789012/waggle.fifo";

  private static Map<String, String> complete() {
    return new HashMap<>(
        Map.of(
            "WAGGLE_TOKEN_SHA256",
            HASH,
            "WAGGLE_REPOSITORIES",
            "vorce/playlistlog:1.*",
            "WAGGLE_QUEUE_URL",
            QUEUE,
            "AWS_REGION",
            "eu-central-1",
            "PATH",
            "/bin"));
  }

  private static String refusal(Map<String, String> environment) {
    return String.valueOf(
        catchThrowableOfType(
                InvalidConfigurationException.class, () -> Configuration.from(environment))
            .getMessage());
  }

  @Test
  void asksDockerHubUnlessToldOtherwise() {
    Configuration configuration = Configuration.from(complete());
    assertThat(configuration.registryUrl()).isEqualTo(URI.create("https://registry-1.docker.io"));
    assertThat(configuration.hubUrl()).hasValue(URI.create("https://hub.docker.com"));
    assertThat(configuration.contradicted()).isEqualTo(Configuration.Contradicted.REFUSE);
    assertThat(configuration.queueUrl()).isEqualTo(URI.create(QUEUE));
    assertThat(configuration.repositories().contains(new Repository("vorce/playlistlog"))).isTrue();
    assertThat(configuration.tokens().match("token")).isPresent();
  }

  @Test
  void takesAnEmptyVariableForOneThatIsNotSet() {
    Map<String, String> environment = complete();
    environment.put("WAGGLE_REGISTRY_URL", "");
    assertThat(Configuration.from(environment).registryUrl())
        .isEqualTo(URI.create("https://registry-1.docker.io"));
    environment.put("WAGGLE_QUEUE_URL", " ");
    assertThat(refusal(environment)).contains("WAGGLE_QUEUE_URL is not set");
  }

  @Test
  void takesAnotherRegistry() {
    Map<String, String> environment = complete();
    environment.put("WAGGLE_REGISTRY_URL", "http://127.0.0.1:5000/");
    assertThat(Configuration.from(environment).registryUrl())
        .isEqualTo(URI.create("http://127.0.0.1:5000"));
  }

  @Test
  void doesWithoutDockerHubsRecordsWhenToldSo() {
    Map<String, String> environment = complete();
    environment.put("WAGGLE_HUB_URL", "none");
    assertThat(Configuration.from(environment).hubUrl()).isEmpty();
    environment.put("WAGGLE_HUB_URL", "hub.docker.com");
    assertThat(refusal(environment)).contains("WAGGLE_HUB_URL is not ", "https://host/path");
  }

  @Test
  void marksContradictedPushesWhenToldSo() {
    Map<String, String> environment = complete();
    environment.put("WAGGLE_CONTRADICTED_PUSHES", "mark");
    assertThat(Configuration.from(environment).contradicted())
        .isEqualTo(Configuration.Contradicted.MARK);
    environment.put("WAGGLE_CONTRADICTED_PUSHES", "accept");
    assertThat(refusal(environment))
        .contains("WAGGLE_CONTRADICTED_PUSHES is neither refuse nor mark: write refuse unless");
  }

  @Test
  void doesNotStartWithoutAHash() {
    Map<String, String> environment = complete();
    environment.remove("WAGGLE_TOKEN_SHA256");
    assertThat(refusal(environment))
        .isEqualTo(
            """
            the function cannot start, its environment needs a change:
            - WAGGLE_TOKEN_SHA256 is not set: set it to what echo -n "$TOKEN" | sha256sum \
            prints first\
            """);
  }

  @Test
  void namesTwoBadSettingsAndOneTypoAtOnce() {
    Map<String, String> environment = complete();
    environment.put("WAGGLE_TOKEN_SHA256", HASH + "0");
    environment.put("WAGGLE_QUEUE_URL", QUEUE.replace(".fifo", ""));
    environment.put("WAGGLE_REGISTRY_ULR", "https://registry-1.docker.io");
    assertThat(refusal(environment))
        .contains(
            "3 changes",
            "WAGGLE_TOKEN_SHA256 has a hash that is not 64 hexadecimal digits: make it with",
            "WAGGLE_QUEUE_URL is not the address of a FIFO queue, which ends in .fifo: create",
            "WAGGLE_REGISTRY_ULR is unknown: did you mean WAGGLE_REGISTRY_URL?")
        .doesNotContain(HASH);
  }

  @Test
  void namesAllThatIsMissing() {
    assertThat(refusal(Map.of()))
        .contains(
            "WAGGLE_TOKEN_SHA256 is not set: set it to",
            "WAGGLE_REPOSITORIES is not set: set it to",
            "WAGGLE_QUEUE_URL is not set: set it to");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "registry-1.docker.io",
        "ftp://registry-1.docker.io",
        "https://user@registry-1.docker.io",
        "https://registry-1.docker.io/?x",
        "https:///x",
        "https://registry-1.docker.io/#x",
        "https://registry 1",
        "https:registry",
        "https://registry:99999"
      })
  void refusesAnAddressThatIsNotPlain(String address) {
    Map<String, String> environment = complete();
    environment.put("WAGGLE_REGISTRY_URL", address);
    assertThat(refusal(environment)).contains("- WAGGLE_REGISTRY_URL is not ", "https://host/path");
  }

  @Test
  void keepsHashesOutOfItsText() {
    assertThat(Configuration.from(complete()).toString())
        .doesNotContainIgnoringCase(HASH)
        .contains("redacted");
  }
}
