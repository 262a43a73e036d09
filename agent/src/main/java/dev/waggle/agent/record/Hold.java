package dev.waggle.agent.record;

import java.time.Instant;

/// A service that is held: its pushes are recorded and none is rolled.
///
/// @param since when it was held
/// @param reason why, empty if nobody said
public record Hold(Instant since, String reason) {}
