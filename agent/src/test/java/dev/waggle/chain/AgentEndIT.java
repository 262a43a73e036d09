package dev.waggle.chain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.SqsServer;
import dev.waggle.testhost.TestHost;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What becomes of a push whose agent ends, on a real engine and a real queue, a stage for every
/// end.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.CONCURRENT)
class AgentEndIT {

  private static final Duration SOON = Duration.ofMinutes(1);
  private static final Duration LONGER_THAN_A_MESSAGE_IS_HIDDEN = Duration.ofSeconds(100);

  private final TestHost host = TestHost.take();
  private final PrivateEngine engine = host.engine();
  private final SqsServer sqs = host.sqs();

  @AfterAll
  void giveBack() {
    host.close();
  }

  /// Swarm watches the new task for a minute; the agent that was told to stop does not wait for it.
  @Test
  void leavesARolloutThatOutlivesTheAgentToTheNextWhichClosesIt() {
    try (Stage stage = stage("outlives")) {
      String first = stage.image("1", Health.HEALTHY);
      ObjectNode spec = Stage.spec("outlives", first, 1);
      spec.withObject("/UpdateConfig").put("Parallelism", 1).put("Monitor", 60_000_000_000L);
      stage.create(spec, 1);
      AgentProcess agent = stage.startAgent();
      stage.push("next", stage.image("2", Health.HEALTHY));
      agent.awaitMessage("update sent");
      stage.startAgent();
      agent.terminate();
      assertThat(agent.log().all())
          .extracting(line -> line.path("message").asText())
          .endsWith("update sent", "agent stopped");
      assertThat(stage.closings()).isEmpty();
      assertThat(stage.awaitOutcome("next")).isEqualTo("updated");
      stage.awaitEmptyQueue();
      assertThat(stage.closings()).hasSize(1);
      assertThat(stage.imageBefore("outlives"))
          .as("the image before the only update")
          .isEqualTo(first);
    }
  }

  /// When the agent is killed, and how the push is to end.
  enum Phase {
    RECEIVED(Health.HEALTHY, "updated"),
    UPDATE_SENT(Health.HEALTHY, "updated"),
    FIRST_TASK_SERVING(Health.HEALTHY, "updated"),
    UPDATE_COMPLETED(Health.HEALTHY, "updated"),
    ROLLBACK_STARTED(Health.EXITS, "rolled back"),
    ROLLBACK_COMPLETED(Health.EXITS, "rolled back"),
    CLOSED(Health.HEALTHY, "updated");

    private final Health health;
    private final String outcome;

    Phase(Health health, String outcome) {
      this.health = health;
      this.outcome = outcome;
    }

    /// Between the line that closes a push and its mark in the record is a moment.
    private boolean mayHaveBeenClosed() {
      return switch (this) {
        case UPDATE_COMPLETED, ROLLBACK_COMPLETED, CLOSED -> true;
        case RECEIVED, UPDATE_SENT, FIRST_TASK_SERVING, ROLLBACK_STARTED -> false;
      };
    }
  }

  @ParameterizedTest
  @EnumSource
  void findsTheTruthAndClosesThePushWhereverTheAgentWasKilled(Phase phase) {
    String name = "killed-" + phase.name().toLowerCase(Locale.ROOT).replace('_', '-');
    try (Stage stage = stage(name)) {
      String first = stage.image("1", Health.HEALTHY);
      stage.create(Stage.spec(name, first, 2), 2);
      String next = stage.image("2", phase.health);
      AgentProcess agent = stage.startAgent();
      stage.push("next", next);
      switch (phase) {
        case RECEIVED -> agent.awaitMessage("push received");
        case UPDATE_SENT -> agent.awaitMessage("update sent");
        case FIRST_TASK_SERVING ->
            Await.until(
                "a task of the new image",
                SOON,
                () ->
                    stage
                        .tasks(name)
                        .valueStream()
                        .anyMatch(
                            task ->
                                task.at("/Status/State").asText().equals("running")
                                    && task.at("/Spec/ContainerSpec/Image").asText().equals(next)));
        case UPDATE_COMPLETED -> awaitState(stage, name, "completed");
        case ROLLBACK_STARTED -> awaitState(stage, name, "rollback_started");
        case ROLLBACK_COMPLETED -> awaitState(stage, name, "rollback_completed");
        case CLOSED -> stage.awaitClosing("next", null);
      }
      agent.kill();
      stage.startAgent();

      assertThat(stage.awaitOutcome("next")).isEqualTo(phase.outcome);
      Await.until("an empty queue", LONGER_THAN_A_MESSAGE_IS_HIDDEN, () -> stage.messages() == 0);
      assertThat(stage.closings())
          .extracting(line -> line.path("outcome").asText())
          .containsOnly(phase.outcome)
          .hasSizeLessThanOrEqualTo(phase.mayHaveBeenClosed() ? 2 : 1);
      assertThat(stage.deadLetters()).isZero();
      boolean updated = phase.outcome.equals("updated");
      assertThat(stage.imageOf(name)).isEqualTo(updated ? next : first);
      if (updated) {
        assertThat(stage.imageBefore(name)).as("the image before the only update").isEqualTo(first);
      }
    }
  }

  private static void awaitState(Stage stage, String service, String state) {
    Await.until(
        "an update that is " + state,
        Duration.ofMinutes(1),
        () -> stage.updateState(service).equals(state));
  }

  private Stage stage(String name) {
    return new Stage(engine, sqs, name);
  }
}
