package dev.waggle.comparison;

import java.time.Instant;

/// What a tool said of a push.
///
/// @param claim in short
/// @param words its own
/// @param at when it could be read
record Statement(Claim claim, String words, Instant at) {}
