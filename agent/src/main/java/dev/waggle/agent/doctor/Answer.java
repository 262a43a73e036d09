package dev.waggle.agent.doctor;

/// What came of asking.
///
/// @param <T> what was asked for
sealed interface Answer<T> {

  /// An answer.
  record Given<T>(T value) implements Answer<T> {}

  /// None, and why.
  record None<T>(String reason) implements Answer<T> {}
}
