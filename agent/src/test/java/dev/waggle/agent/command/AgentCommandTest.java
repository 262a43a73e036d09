package dev.waggle.agent.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgentCommandTest {

  private static final Map<String, String> NO_ENGINE =
      Map.of("DOCKER_HOST", "unix:///nonexistent/docker.sock");

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @ParameterizedTest
  @ValueSource(
      strings = {"frobnicate", "--frobnicate", "--json", "status --frobnicate", "status all"})
  void showsTheUsageWhereItDoesNotUnderstand(String arguments) {
    assertThat(run(NO_ENGINE, arguments.split(" ", -1))).isEqualTo(2);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("agent");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "status --help", "doctor -h", "hold --help"})
  void helps(String arguments) {
    assertThat(run(NO_ENGINE, arguments.split(" ", -1))).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("Usage: agent")
        .contains("--json")
        .contains("--version");
  }

  @Test
  void explainsACommandInItsOwnWords() {
    assertThat(run(NO_ENGINE, "status", "--help")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .startsWith("Usage: agent status [-hV] [--json]\nLists the opted-in services")
        .doesNotContain("Rolls Docker Swarm services");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--version", "-V", "status --version", "rollback -V"})
  void tellsTheVersion(String arguments) {
    assertThat(run(NO_ENGINE, arguments.split(" ", -1))).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("waggle agent (unpacked)\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"doctor --json", "--json doctor"})
  void printsJson(String arguments) {
    assertThat(run(Map.of("DOCKER_HOST", "ssh://droplet"), arguments.split(" ", -1))).isEqualTo(1);
    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("{\n  \"good\" : false,");
  }

  @Test
  void statusSaysThatTheEngineDoesNotAnswer() {
    assertThat(run(NO_ENGINE, "status")).isEqualTo(1);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("No such file")
        .contains("agent doctor tells what to do");
  }

  @Test
  void doctorNamesEverySettingThatIsWrongAndLooksAtTheRest() {
    assertThat(
            run(
                Map.of(
                    "DOCKER_HOST",
                    "unix:///nonexistent/docker.sock",
                    "WAGGLE_QUEUE",
                    "x",
                    "WAGGLE_ROLLOUT_TIMEOUT",
                    "soon"),
                "doctor"))
        .isEqualTo(1);
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("problem  settings       WAGGLE_QUEUE_URL is not set")
        .contains("problem  settings       WAGGLE_ROLLOUT_TIMEOUT: expected")
        .contains("problem  settings       WAGGLE_QUEUE is unknown")
        .contains("problem  engine ")
        .contains("skipped  queue ")
        .contains("skipped  notifications  ");
  }

  @Test
  void doctorLeavesOutAnEngineWhoseAddressIsWrong() {
    assertThat(run(Map.of("DOCKER_HOST", "ssh://droplet"), "doctor")).isEqualTo(1);
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("problem  settings       DOCKER_HOST: expected unix://")
        .contains("skipped  engine ");
  }

  private int run(Map<String, String> environment, String... arguments) {
    return AgentCommand.run(
        environment,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        arguments);
  }
}
