package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/// The threads on which conversations are held.
final class Conversations {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final Duration PAUSE = Duration.ofMillis(20);

  private Conversations() {}

  /// Fails unless all conversations end soon.
  static void assertOver() {
    long end = System.nanoTime() + SOON.toNanos();
    while (!underWay().isEmpty() && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    assertThat(underWay()).isEmpty();
  }

  /// All but those that wait for the next one.
  private static List<String> underWay() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(thread -> thread.getKey().getName().equals("conversation"))
        .map(thread -> Arrays.toString(thread.getValue()))
        .filter(stack -> !stack.equals("[]") && !stack.contains("ThreadPoolExecutor.getTask"))
        .toList();
  }
}
