package dev.waggle.agent.outbox;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/// Sends reports to one address, in their order, on a thread of its own. Who puts a report in never
/// waits.
final class Mailbox {

  /// A few hundred KB at the most while an address is down; the newest are worth more than the
  /// oldest.
  static final int MAX_WAITING = 100;

  private static final String STOPPED = "the agent stopped";

  /// For the line about the report that was under way.
  private static final Duration TO_GIVE_UP = Duration.ofMillis(500);

  private record Waiting(Report report, CompletableFuture<Void> tried) {}

  private final Address address;
  private final Post post;
  private final List<Duration> pauses;
  private final Logger log;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private final Thread thread;
  private boolean closing;
  private boolean ended;

  /// @param pauses before the second attempt, the third, and so on; after the last there is none
  Mailbox(Address address, Post post, List<Duration> pauses, Logger log) {
    this.address = address;
    this.post = post;
    this.pauses = pauses;
    this.log = log;
    this.thread = Thread.ofVirtual().name("notify-" + address.line()).start(this::work);
  }

  /// Sends a report when those before it are sent.
  ///
  /// @return completes when the report was tried once, or will not be
  CompletableFuture<Void> put(Report report) {
    Waiting put = new Waiting(report, new CompletableFuture<>());
    Waiting dropped = null;
    boolean late;
    lock.lock();
    try {
      late = ended;
      if (!late) {
        dropped = waiting.size() == MAX_WAITING ? waiting.removeFirst() : null;
        waiting.addLast(put);
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (late) {
      drop(put, STOPPED);
    } else if (dropped != null) {
      drop(dropped, "too many were waiting");
    }
    return put.tried();
  }

  private void drop(Waiting dropped, String reason) {
    warn(dropped.report(), 0, reason);
    dropped.tried().complete(null);
  }

  /// From now on nothing is tried again, and the thread ends with the last report.
  void close() {
    lock.lock();
    try {
      closing = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits for the end, and makes it at the given time.
  ///
  /// @param end by `System.nanoTime()`
  void awaitEnd(long end) throws InterruptedException {
    boolean finished = thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
    lock.lock();
    try {
      ended = true;
      waiting.forEach(left -> drop(left, STOPPED));
      waiting.clear();
    } finally {
      lock.unlock();
    }
    if (!finished) {
      thread.interrupt();
      thread.join(TO_GIVE_UP);
    }
  }

  private void work() {
    try {
      for (Waiting next = take(); next != null; next = take()) {
        try {
          deliver(next);
        } finally {
          next.tried().complete(null);
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  /// @return null if there is nothing left, and nothing comes
  private @Nullable Waiting take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (waiting.isEmpty() && !closing) {
        changed.await();
      }
      return waiting.pollFirst();
    } finally {
      lock.unlock();
    }
  }

  private void deliver(Waiting next) throws InterruptedException {
    Report report = next.report();
    int attempts = 0;
    try {
      Letter letter = Letter.to(address, report);
      while (true) {
        Post.Answer answer = post.send(letter, address.token());
        attempts++;
        next.tried().complete(null);
        switch (answer) {
          case Post.Answer.Taken() -> {
            return;
          }
          case Post.Answer.Never(String reason) -> {
            warn(report, attempts, reason);
            return;
          }
          case Post.Answer.NotNow(String reason, Optional<Duration> wait) -> {
            if (attempts > pauses.size() || !pause(wait.orElse(pauses.get(attempts - 1)))) {
              warn(report, attempts, reason);
              return;
            }
          }
        }
      }
    } catch (InterruptedException stopped) {
      warn(report, attempts, STOPPED);
      throw stopped;
    } catch (RuntimeException bug) {
      // Its own text could hold the address.
      warn(report, attempts, bug.getClass().getName());
    }
  }

  /// @return false if the agent is stopping
  private boolean pause(Duration pause) throws InterruptedException {
    long left = pause.toNanos();
    lock.lockInterruptibly();
    try {
      while (!closing && left > 0) {
        left = changed.awaitNanos(left);
      }
      return !closing;
    } finally {
      lock.unlock();
    }
  }

  private void warn(Report report, int attempts, String reason) {
    log.atWarn()
        .addKeyValue("kind", address.kind())
        .addKeyValue("host", address.uri().getHost())
        .addKeyValue("line", address.line())
        .addKeyValue("attempts", attempts)
        .addKeyValue("reason", reason)
        .addKeyValue("deliveryId", report.push().deliveryId())
        .addKeyValue("service", String.valueOf(report.service()))
        .addKeyValue("outcome", report.outcome())
        .log("notification not delivered");
  }
}
