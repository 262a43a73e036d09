package dev.waggle.agent.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.waggle.agent.outbox.Address;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.swarm.RegistryCredentials;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentConfigurationTest {

  private static final String QUEUE =
      "https://sqs.eu-north-1.amazonaws.com/123456789012/waggle.fifo";

  private static final Set<Outcome> TOLD =
      EnumSet.complementOf(
          EnumSet.of(
              Outcome.ALREADY_CURRENT,
              Outcome.NO_SERVICE_WANTS_IT,
              Outcome.SUPERSEDED,
              Outcome.NOT_AN_IMAGE));

  @Test
  void needsNothingButTheQueue() {
    assertThat(AgentConfiguration.parse(Map.of("WAGGLE_QUEUE_URL", QUEUE, "PATH", "/bin")))
        .isEqualTo(
            new AgentConfiguration(
                URI.create(QUEUE),
                URI.create("unix:///var/run/docker.sock"),
                Duration.ofMinutes(10),
                Optional.empty(),
                List.of(),
                TOLD,
                RegistryCredentials.NONE));
  }

  @Test
  void readsEverySetting(@TempDir Path directory) throws IOException {
    Path addresses =
        Files.writeString(
            directory.resolve("addresses"),
            "# who is told\nntfy https://ntfy.sh/waggle tk_secret\n");
    assertThat(
            AgentConfiguration.parse(
                Map.of(
                    "WAGGLE_QUEUE_URL",
                    QUEUE,
                    "DOCKER_HOST",
                    "tcp://socket-proxy:2375",
                    "WAGGLE_ROLLOUT_TIMEOUT",
                    "90s",
                    "WAGGLE_HEALTH_FILE",
                    "/tmp/health",
                    "WAGGLE_NOTIFY_FILE",
                    addresses.toString(),
                    "WAGGLE_NOTIFY_EVENTS",
                    "paused, rolled back")))
        .isEqualTo(
            new AgentConfiguration(
                URI.create(QUEUE),
                URI.create("tcp://socket-proxy:2375"),
                Duration.ofSeconds(90),
                Optional.of(Path.of("/tmp/health")),
                List.of(
                    new Address(
                        2,
                        Address.Kind.NTFY,
                        URI.create("https://ntfy.sh/waggle"),
                        Optional.of("tk_secret"))),
                Set.of(Outcome.PAUSED, Outcome.ROLLED_BACK),
                RegistryCredentials.NONE));
  }

  @Test
  void namesEverythingThatIsWrongAtOnce() {
    assertThatExceptionOfType(InvalidConfigurationException.class)
        .isThrownBy(
            () ->
                AgentConfiguration.parse(
                    Map.of(
                        "DOCKER_HOST",
                        "ssh://droplet",
                        "WAGGLE_ROLLOUT_TIMEOUT",
                        "soon",
                        "WAGGLE_QUEUE",
                        QUEUE)))
        .withMessageContaining("WAGGLE_QUEUE_URL is not set")
        .withMessageContaining("DOCKER_HOST: expected unix://")
        .withMessageContaining("WAGGLE_ROLLOUT_TIMEOUT: expected a duration")
        .withMessageContaining("WAGGLE_QUEUE is unknown: did you mean WAGGLE_QUEUE_URL?");
  }

  @Test
  void refusesAQueueThatIsNotFifoAndATimeoutThatNobodyWaitsFor() {
    assertThatExceptionOfType(InvalidConfigurationException.class)
        .isThrownBy(
            () ->
                AgentConfiguration.parse(
                    Map.of(
                        "WAGGLE_QUEUE_URL",
                        "https://sqs.eu-north-1.amazonaws.com/1/waggle",
                        "WAGGLE_ROLLOUT_TIMEOUT",
                        "25h")))
        .withMessageContaining("WAGGLE_QUEUE_URL: expected the FIFO queue's URL")
        .withMessageContaining("WAGGLE_ROLLOUT_TIMEOUT");
  }

  @Test
  void takesATimeoutOfADay() {
    assertThat(
            AgentConfiguration.parse(
                    Map.of("WAGGLE_QUEUE_URL", QUEUE, "WAGGLE_ROLLOUT_TIMEOUT", "24h"))
                .rolloutTimeout())
        .isEqualTo(Duration.ofDays(1));
  }

  @Test
  void namesTheOutcomeThatWasMeantAndTheLinesThatAreWrong(@TempDir Path directory)
      throws IOException {
    Path addresses =
        Files.writeString(
            directory.resolve("addresses"),
            """
            slak https://hooks.slack.com/services/canary

            slack https://hooks.slack.com/canary canary
            """);
    assertThatExceptionOfType(InvalidConfigurationException.class)
        .isThrownBy(
            () ->
                AgentConfiguration.parse(
                    Map.of(
                        "WAGGLE_NOTIFY_FILE",
                        addresses.toString(),
                        "WAGGLE_NOTIFY_EVENTS",
                        "changed,roled back")))
        .withMessageContaining("WAGGLE_QUEUE_URL is not set")
        .withMessageContaining(
            "WAGGLE_NOTIFY_FILE: line 1: unknown kind, did you mean slack?, line 3: expected slack"
                + " and an address")
        .withMessageContaining(
            "WAGGLE_NOTIFY_EVENTS: roled back is no outcome: did you mean rolled back?")
        .withMessageNotContaining("canary");
  }

  @Test
  void doesNotQuoteAnAddressThatIsGivenInPlaceOfItsFile() {
    assertThatExceptionOfType(InvalidConfigurationException.class)
        .isThrownBy(
            () ->
                AgentConfiguration.parse(
                    Map.of(
                        "WAGGLE_QUEUE_URL",
                        QUEUE,
                        "WAGGLE_NOTIFY_FILE",
                        "https://hooks.slack.com/services/canary")))
        .withMessageContaining("WAGGLE_NOTIFY_FILE: expected the absolute path")
        .withMessageNotContaining("canary");
  }

  @Test
  void namesEverythingThatIsWrongWithTheRegistryCredentials(@TempDir Path directory)
      throws IOException {
    Path config =
        Files.writeString(
            directory.resolve("config.json"),
            """
            {"credsStore": "pass", "credHelpers": {"docker.io": "pass"}}
            """);
    assertThatExceptionOfType(InvalidConfigurationException.class)
        .isThrownBy(
            () ->
                AgentConfiguration.parse(
                    Map.of(
                        "WAGGLE_QUEUE_URL",
                        QUEUE,
                        "WAGGLE_REGISTRY_CONFIG_FILE",
                        config.toString())))
        .satisfies(
            wrong ->
                assertThat(wrong.problems())
                    .hasSize(2)
                    .allMatch(
                        problem ->
                            problem.startsWith("WAGGLE_REGISTRY_CONFIG_FILE: " + config + ": ")));
  }
}
