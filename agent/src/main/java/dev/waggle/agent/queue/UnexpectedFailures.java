package dev.waggle.agent.queue;

import java.util.concurrent.atomic.AtomicInteger;

/// Counts failures that nobody foresaw, in a row. Whoever settles a message counts before: the next
/// one may come at once.
final class UnexpectedFailures {

  /// After so many a new process may do better.
  static final int MOST = 5;

  private final AtomicInteger inARow = new AtomicInteger();

  void another() {
    inARow.incrementAndGet();
  }

  void noMore() {
    inARow.set(0);
  }

  boolean areTooMany() {
    return inARow.get() >= MOST;
  }
}
