package dev.waggle.chain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.SqsServer;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The engine goes away in the middle of a rollout.
class EngineRestartIT {

  /// Of engine 20.10 the rollout and the restart of what fell with the engine may each replace the
  /// same task: then a slot has two, of the new image both, until the next rollout.
  @Test
  void tellsTheTruthOfARolloutInWhichTheEngineWasKilledAndStartedAgain() {
    try (PrivateEngine engine = PrivateEngine.start();
        SqsServer sqs = SqsServer.start(engine);
        Stage stage = new Stage(engine, sqs, "restarted")) {
      stage.create(Stage.spec("restarted", stage.image("1", Health.HEALTHY), 2), 2);
      String next = stage.image("2", Health.HEALTHY);
      AgentProcess agent = stage.startAgent();
      stage.push("next", next);
      agent.awaitMessage("update sent");
      engine.killEngine();
      engine.startEngine();

      assertThat(stage.awaitOutcome("next")).isEqualTo("updated");
      assertThat(stage.imageOf("restarted")).isEqualTo(next);
      assertThat(stage.updateState("restarted")).isEqualTo("completed");
      assertThat(stage.runningBySlot("restarted"))
          .isEqualTo(Map.of(1, Set.of(next), 2, Set.of(next)));

      String afterThat = stage.image("3", Health.HEALTHY);
      stage.push("after that", afterThat);
      assertThat(stage.awaitOutcome("after that")).isEqualTo("updated");
      assertThat(stage.imageOf("restarted")).isEqualTo(afterThat);
      assertThat(stage.running("restarted")).isEqualTo(2);
      stage.awaitEmptyQueue();
    }
  }
}
