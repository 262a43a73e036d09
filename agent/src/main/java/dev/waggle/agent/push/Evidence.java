package dev.waggle.agent.push;

import java.util.Arrays;
import java.util.Locale;

/// What the function knows of the time of a push beside the word of whoever sent the delivery.
public enum Evidence {
  /// Docker Hub recorded the push at that time.
  CONFIRMED,
  /// Nothing speaks for it or against it.
  UNKNOWN,
  /// Docker Hub would not say: it limits how often it is asked. Whoever sends an old push again may
  /// have brought that about.
  LIMITED,
  /// The push was not made at that time, and the function was told to let it pass nevertheless.
  CONTRADICTED;

  /// Returns the evidence of a name.
  ///
  /// @throws IllegalArgumentException if there is none of that name
  public static Evidence parse(String name) {
    return Arrays.stream(values())
        .filter(evidence -> evidence.toString().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no evidence of that name"));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
