package dev.waggle.agent.rollout;

import java.time.Instant;

/// A push as it arrived.
///
/// @param push what was pushed
/// @param queued when the queue took it
/// @param received when it was received from the queue
/// @param receiveCount how often it has been received, this time included
public record Arrival(Push push, Instant queued, Instant received, int receiveCount) {}
