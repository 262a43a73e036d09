package dev.waggle.agent.push;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One push to Docker Hub that the function accepted.
///
/// @param deliveryId follows the push through every log line of function and agent
/// @param repository the repository that was pushed to, on Docker Hub
/// @param tag the tag that was pushed
/// @param digest what the tag named when the push was accepted; null if the registry did not tell
///   the function, so that the engine must find out
/// @param pushedAt when Docker Hub took the push, null if that is not known
/// @param evidence how well it is known
/// @param acceptedAt when the function accepted the delivery
public record Push(
    String deliveryId,
    Repository repository,
    Tag tag,
    @Nullable Digest digest,
    @Nullable Instant pushedAt,
    Evidence evidence,
    Instant acceptedAt) {

  /// The push, accepted before it was queued: were it of the future, no later push would be newer.
  ///
  /// @param queued when the queue took the message, by the queue's own clock
  public Push acceptedBefore(Instant queued) {
    return acceptedAt.isAfter(queued)
        ? new Push(deliveryId, repository, tag, digest, pushedAt, evidence, queued)
        : this;
  }

  /// What tells an older push from a newer one: when it was made or, where that is not known or
  /// cannot be, when it was accepted.
  public Instant time() {
    return pushedAt == null || pushedAt.isAfter(acceptedAt) ? acceptedAt : pushedAt;
  }

  /// The image to ask the registry for: what was pushed, even if the tag has moved on since.
  public ImageReference image() {
    return new ImageReference(repository, tag, digest);
  }

  /// The push, now that it is known what was pushed.
  public Push of(@Nullable Digest resolved) {
    return new Push(deliveryId, repository, tag, resolved, pushedAt, evidence, acceptedAt);
  }
}
