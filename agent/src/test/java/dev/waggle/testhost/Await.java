package dev.waggle.testhost;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Waits for something that another process brings about, by asking again and again.
public final class Await {
  /// Short against everything awaited here, long against the cost of one question to an engine.
  private static final Duration PAUSE = Duration.ofMillis(50);

  /// Of what takes long already: many wait side by side, and each question takes a processor.
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(250);

  private Await() {}

  /// Returns when the condition holds. A condition that throws does not hold yet.
  ///
  /// @param description what is awaited, as it reads after "no sign of: "
  /// @throws IllegalStateException when the time is over, caused by what the condition threw last
  public static void until(String description, Duration limit, Callable<Boolean> condition) {
    value(description, limit, () -> condition.call() ? Optional.of(true) : Optional.empty());
  }

  /// As [#until], and tells in the failure what was seen last.
  public static void until(
      String description, Duration limit, Callable<Boolean> condition, Callable<?> lastSeen) {
    try {
      until(description, limit, condition);
    } catch (IllegalStateException failed) {
      String seen;
      try {
        seen = String.valueOf(lastSeen.call());
      } catch (Exception unknown) {
        seen = unknown.toString();
      }
      throw new IllegalStateException(failed.getMessage() + "; last seen: " + seen, failed);
    }
  }

  /// Returns the value as soon as there is one.
  ///
  /// @throws IllegalStateException when the time is over, caused by what the question threw last
  public static <T> T value(String description, Duration limit, Callable<Optional<T>> question) {
    long began = System.nanoTime();
    @Nullable Exception lastFailure = null;
    while (true) {
      try {
        Optional<T> answer = question.call();
        if (answer.isPresent()) {
          return answer.get();
        }
        lastFailure = null;
      } catch (Exception notYet) {
        lastFailure = notYet;
      }
      long waited = System.nanoTime() - began;
      if (waited > limit.toNanos()) {
        throw new IllegalStateException(
            "no sign of: " + description + ", after " + limit.toMillis() + " ms", lastFailure);
      }
      LockSupport.parkNanos(Math.clamp(waited / 20, PAUSE.toNanos(), LONGEST_PAUSE.toNanos()));
      if (Thread.interrupted()) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while awaiting: " + description);
      }
    }
  }
}
