package dev.waggle.agent.service;

import dev.waggle.agent.push.ImageReference;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One task of a service.
///
/// @param slot what the task stands for: its replica's number, or its node in a global service
/// @param nodeId the node that the task is on, empty while it has none
/// @param image the image that the task was made from, as written in its specification
/// @param wanted whether Swarm wants the task to run
/// @param running whether it runs; with a health check, whether it is healthy
/// @param error what went wrong, null if nothing did
/// @param since when the task entered its state, null if the engine did not say
public record TaskState(
    String slot,
    String nodeId,
    String image,
    boolean wanted,
    boolean running,
    @Nullable String error,
    @Nullable Instant since) {

  public boolean isOf(ImageReference other) {
    return ImageReference.parse(image).filter(other::hasSameContentAs).isPresent();
  }
}
