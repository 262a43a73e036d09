package dev.waggle.agent.service;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicReference;

/// A clock that goes only when somebody moves its hands.
public final class HandClock extends Clock implements Ticker {

  private final AtomicReference<Instant> now;
  private final AtomicReference<Duration> set = new AtomicReference<>(Duration.ZERO);

  /// Starts at a time.
  public HandClock(Instant start) {
    now = new AtomicReference<>(start);
  }

  /// Moves it on.
  public void advance(Duration time) {
    now.updateAndGet(before -> before.plus(time));
  }

  /// Sets it, as an operator sets a machine's clock: no time passes.
  public void set(Duration forward) {
    set.updateAndGet(before -> before.plus(forward));
  }

  @Override
  public Instant instant() {
    return now.get().plus(set.get());
  }

  @Override
  public Duration elapsed() {
    return Duration.between(Instant.EPOCH, now.get());
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException("an instant has no zone");
  }
}
