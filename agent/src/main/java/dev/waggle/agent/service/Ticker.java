package dev.waggle.agent.service;

import java.time.Duration;

/// Says for how long something takes, where a [java.time.Clock] says when it was: a machine's clock
/// may be set meanwhile.
@FunctionalInterface
public interface Ticker {

  /// The time since some moment that stays the same.
  public Duration elapsed();

  /// Of this process.
  static Ticker ofTheProcess() {
    return () -> Duration.ofNanos(System.nanoTime());
  }
}
