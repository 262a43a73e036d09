package dev.waggle.agent.record;

import dev.waggle.agent.push.ImageReference;
import java.time.Instant;

/// A rollout that has begun. It is written before the update is sent, so that an agent that finds
/// it can tell whether the engine took the update.
///
/// @param since when it began
/// @param image what the service is to have
/// @param baseVersion the version of the service that the update is made from, empty if the service
///   named the image before
/// @param baseUpdate when the update before began, in the engine's words, empty if there was none
/// @param before the image that the service named until then
public record Attempt(
    Instant since, ImageReference image, String baseVersion, String baseUpdate, String before) {

  /// Whether an update is to be sent, or was.
  public boolean updates() {
    return !baseVersion.isEmpty();
  }
}
