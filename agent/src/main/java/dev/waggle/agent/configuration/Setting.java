package dev.waggle.agent.configuration;

import java.util.function.Function;

/// A setting as `docs/reference.md` lists it.
///
/// @param <T> what its text means
/// @param variable the environment variable
/// @param byDefault what holds when it is not set, empty if it must be
/// @param parser makes the value of a text, or throws an `IllegalArgumentException` that says what
///   is wrong, or an [InvalidConfigurationException] that says several things
public record Setting<T>(String variable, String byDefault, Function<String, T> parser) {

  /// A setting of which there is nothing to say but what it expects.
  ///
  /// @param expected what its text must be
  static <T> Setting<T> expecting(
      String variable, String byDefault, String expected, Function<String, T> parser) {
    return new Setting<>(
        variable,
        byDefault,
        text -> {
          try {
            return parser.apply(text);
          } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException("expected " + expected, wrong);
          }
        });
  }
}
