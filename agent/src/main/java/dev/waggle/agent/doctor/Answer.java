package dev.waggle.agent.doctor;

import java.time.Instant;
import java.util.Optional;

/// What came of asking.
///
/// @param <T> what was asked for
sealed interface Answer<T> {

  /// An answer.
  ///
  /// @param at when it came
  record Given<T>(T value, Instant at) implements Answer<T> {}

  /// None, and why.
  record None<T>(String reason) implements Answer<T> {}

  /// The answer, empty if there is none.
  default Optional<Given<T>> given() {
    return this instanceof Given<T> given ? Optional.of(given) : Optional.empty();
  }
}
