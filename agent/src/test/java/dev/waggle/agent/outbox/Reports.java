package dev.waggle.agent.outbox;

import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.Evidence;
import dev.waggle.agent.push.Push;
import dev.waggle.agent.push.Repository;
import dev.waggle.agent.push.Tag;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Rollout;
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

  private Reports() {}

  static Report updated() {
    return of(Outcome.UPDATED, "");
  }

  static Report rolledBack(String error) {
    return of(Outcome.ROLLED_BACK, error);
  }

  static Report unwanted() {
    Push push =
        new Push(
            "JKJaXmPLvHcESHA=", PUSH.repository(), PUSH.tag(), null, null, Evidence.UNKNOWN, NOON);
    return Report.of(
        null,
        Rollout.of(push, Rollout.Cause.PUSH, NOON.plusMillis(50), NOON.plusMillis(250))
            .ended(Ending.untouched(Outcome.NO_SERVICE_WANTS_IT, "", NOON.plusMillis(350))));
  }

  /// Of the service `playlistlog`, which was touched, whatever came of it.
  static Report of(Outcome outcome, String detail) {
    return of("playlistlog", outcome, detail);
  }

  static Report of(String service, Outcome outcome, String detail) {
    return Report.of(service, ended(outcome, detail));
  }

  private static Rollout ended(Outcome outcome, String detail) {
    return Rollout.of(PUSH, Rollout.Cause.PUSH, NOON.plusMillis(1050), NOON.plusMillis(1250))
        .ended(
            new Ending(
                outcome,
                detail,
                NOON.plusMillis(9250),
                NOON.plusSeconds(2),
                NOON.plusSeconds(4),
                "vorce/playlistlog:1",
                false));
  }
}
