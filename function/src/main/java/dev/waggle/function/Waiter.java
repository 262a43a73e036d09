package dev.waggle.function;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Lets time pass.
@FunctionalInterface
interface Waiter {
  /// Waits as long as it is told.
  Waiter REAL = pause -> TimeUnit.NANOSECONDS.sleep(pause.toNanos());

  /// Returns after `pause`.
  ///
  /// @throws InterruptedException when nobody waits for the result any more
  void await(Duration pause) throws InterruptedException;
}
