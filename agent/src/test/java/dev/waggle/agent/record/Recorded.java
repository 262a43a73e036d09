package dev.waggle.agent.record;

import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.Evidence;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.push.Push;
import dev.waggle.agent.push.Repository;
import dev.waggle.agent.push.Tag;
import java.time.Instant;

/// What a record is made of, for tests.
public final class Recorded {

  /// When the tests take place.
  public static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

  /// Where everything is pushed to.
  public static final Repository PLAYLISTLOG = Repository.onDockerHub("vorce/playlistlog");

  private Recorded() {}

  /// A content of one's choice.
  public static Digest digest(int content) {
    return new Digest("sha256:" + String.format("%064x", content));
  }

  /// The image of a content and a tag.
  public static ImageReference image(String tag, int content) {
    return new ImageReference(PLAYLISTLOG, new Tag(tag), digest(content));
  }

  /// A push that waits, accepted a second after it was made.
  public static Rollout waiting(String id, String tag, int content, Instant pushedAt) {
    return Rollout.of(
        new Push(
            id,
            PLAYLISTLOG,
            new Tag(tag),
            digest(content),
            pushedAt,
            Evidence.CONFIRMED,
            pushedAt.plusSeconds(1)),
        Rollout.Cause.PUSH,
        pushedAt.plusMillis(1050),
        pushedAt.plusMillis(1250));
  }

  /// A push that waits, of which no more is known than that the function accepted it.
  public static Rollout waiting(String id, String tag, Instant acceptedAt) {
    return Rollout.of(
        new Push(id, PLAYLISTLOG, new Tag(tag), null, null, Evidence.UNKNOWN, acceptedAt),
        Rollout.Cause.PUSH,
        acceptedAt.plusMillis(50),
        acceptedAt.plusMillis(250));
  }

  /// An update from one image to another that has begun.
  public static Attempt attempt(Instant since, ImageReference image, String before) {
    return new Attempt(since, image, "13", "", before);
  }

  /// The end of a rollout that touched the service.
  public static Ending ending(Outcome outcome, String detail, Instant at, String before) {
    return new Ending(outcome, detail, at, at.minusSeconds(7), at.minusSeconds(5), before, false);
  }

  /// A push that was rolled, in ten seconds, in place of an image.
  public static Rollout updated(
      String id, String tag, int content, Instant pushedAt, String before) {
    return waiting(id, tag, content, pushedAt)
        .ended(ending(Outcome.UPDATED, "", pushedAt.plusSeconds(10), before));
  }
}
