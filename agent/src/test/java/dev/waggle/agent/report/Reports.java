package dev.waggle.agent.report;

import dev.waggle.agent.rollout.Digest;
import dev.waggle.agent.rollout.Evidence;
import dev.waggle.agent.rollout.Outcomes;
import dev.waggle.agent.rollout.Push;
import dev.waggle.agent.rollout.Repository;
import dev.waggle.agent.rollout.RolloutOutcome;
import dev.waggle.agent.rollout.Tag;
import dev.waggle.agent.rollout.Timeline;
import java.time.Instant;

/// Pushes that have ended.
final class Reports {

  static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");
  static final Push PUSH =
      new Push(
          "JKJaXmPLvHcESHA=",
          Repository.onDockerHub("vorce/playlistlog"),
          new Tag("2"),
          new Digest("sha256:" + "2".repeat(64)),
          NOON,
          Evidence.CONFIRMED,
          NOON.plusSeconds(1));
  static final Timeline TIMELINE =
      new Timeline(
          NOON,
          NOON.plusSeconds(1),
          NOON.plusMillis(1050),
          NOON.plusMillis(1250),
          NOON.plusSeconds(2),
          NOON.plusSeconds(4),
          NOON.plusMillis(9250));

  private Reports() {}

  static Report updated() {
    return Report.of(PUSH, "playlistlog", new RolloutOutcome.Updated(), TIMELINE);
  }

  static Report rolledBack(String error) {
    return Report.of(PUSH, "playlistlog", new RolloutOutcome.RolledBack(error), TIMELINE);
  }

  static Report unwanted() {
    return Report.of(
        new Push(
            "JKJaXmPLvHcESHA=", PUSH.repository(), PUSH.tag(), null, null, Evidence.UNKNOWN, NOON),
        null,
        new RolloutOutcome.NoServiceWantsIt(),
        new Timeline(
            null,
            NOON,
            NOON.plusMillis(50),
            NOON.plusMillis(250),
            null,
            null,
            NOON.plusMillis(350)));
  }

  static void tell(Outcomes outcomes, RolloutOutcome outcome) {
    outcomes.closed(PUSH, "playlistlog", outcome, TIMELINE);
  }

  /// As [#tell] of an update, of a service of one's choice.
  static void tellOf(Outcomes outcomes, String service) {
    outcomes.closed(PUSH, service, new RolloutOutcome.Updated(), TIMELINE);
  }
}
