package dev.waggle.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Says what is done, step by step: a tick and a duration for each, and a sign of life where one
/// takes longer.
final class Steps {

  private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(2);
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintStream out;
  private final boolean terminal;

  /// @param out where to say it
  /// @param terminal whether a line can be written over
  Steps(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /// Something did not turn out as it should.
  static final class Unexpected extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private Unexpected(String message) {
      super(message);
    }
  }

  /// Begins a part.
  void title(String title) {
    out.println();
    out.println(title);
  }

  /// Adds to the step before.
  void note(String note) {
    out.println("      " + note);
  }

  /// Does a step.
  <T> T step(String description, Callable<T> work) throws Exception {
    long begun = System.nanoTime();
    CountDownLatch ended = new CountDownLatch(1);
    Thread signs = Thread.ofVirtual().start(() -> showLife(description, begun, ended));
    String sign = "✘";
    try {
      T result = work.call();
      sign = "✔";
      return result;
    } finally {
      ended.countDown();
      signs.join();
      out.printf(
          Locale.ROOT,
          "%s  %s %-72s %5.1f s%n",
          terminal ? CLEAR_LINE : "",
          sign,
          description,
          seconds(begun));
    }
  }

  /// Fails the demo unless something is as it should be.
  void expect(boolean condition, String expectation) {
    if (!condition) {
      throw new Unexpected("expected " + expectation);
    }
    note("✔ " + expectation);
  }

  private void showLife(String description, long begun, CountDownLatch ended) {
    try {
      if (terminal) {
        while (!ended.await(
            seconds(begun) < SIGN_OF_LIFE.toSeconds() ? SIGN_OF_LIFE.toMillis() : 200,
            TimeUnit.MILLISECONDS)) {
          out.printf(Locale.ROOT, "%s  … %-72s %5.1f s", CLEAR_LINE, description, seconds(begun));
          out.flush();
        }
      } else if (!ended.await(SIGN_OF_LIFE.toMillis(), TimeUnit.MILLISECONDS)) {
        out.println("  … " + description);
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private static double seconds(long begun) {
    return (System.nanoTime() - begun) / 1e9;
  }
}
