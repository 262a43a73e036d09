package dev.waggle.agent.rollout;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// When a push passed its stations.
///
/// @param pushed when Docker Hub took it, null if the delivery did not say
/// @param accepted when the function accepted it
/// @param queued when the queue took the message
/// @param received when the agent received the message
/// @param started when the update was sent to the engine, null if none was
/// @param firstServing when the first task of the image ran, null if none did
/// @param closed when the outcome was known
public record Timeline(
    @Nullable Instant pushed,
    Instant accepted,
    Instant queued,
    Instant received,
    @Nullable Instant started,
    @Nullable Instant firstServing,
    Instant closed) {}
