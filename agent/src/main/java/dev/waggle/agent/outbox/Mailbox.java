package dev.waggle.agent.outbox;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
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

  private final Address address;
  private final Post post;
  private final List<Duration> pauses;
  private final Logger log;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final ThreadPoolExecutor thread;

  /// @param pauses before the second attempt, the third, and so on; after the last there is none
  Mailbox(Address address, Post post, List<Duration> pauses, Logger log) {
    this.address = address;
    this.post = post;
    this.pauses = pauses;
    this.log = log;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MAX_WAITING),
            Thread.ofVirtual().name("notify-" + address.line()).factory(),
            (refused, _) -> makeRoom(refused));
  }

  /// Sends a report when those before it are sent.
  ///
  /// @return completes when the report was tried once, or will not be
  CompletableFuture<Void> put(Report report) {
    Delivery delivery = new Delivery(report);
    thread.execute(delivery);
    return delivery.tried;
  }

  private void makeRoom(Runnable refused) {
    if (thread.isShutdown()) {
      drop(refused, STOPPED);
      return;
    }
    Runnable oldest = thread.getQueue().poll();
    if (oldest != null) {
      drop(oldest, "too many were waiting");
    }
    thread.execute(refused);
  }

  private static void drop(Runnable delivery, String reason) {
    ((Delivery) delivery).drop(reason);
  }

  /// From now on nothing is tried again, and the thread ends with the last report.
  void close() {
    closing.countDown();
    thread.shutdown();
  }

  /// Waits for the end, and makes it at the given time.
  ///
  /// @param end by `System.nanoTime()`
  void awaitEnd(long end) throws InterruptedException {
    if (!thread.awaitTermination(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
      thread.shutdownNow().forEach(left -> drop(left, STOPPED));
      boolean _ = thread.awaitTermination(TO_GIVE_UP.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /// A report on its way.
  private final class Delivery implements Runnable {

    private final Report report;
    private final CompletableFuture<Void> tried = new CompletableFuture<>();
    private int attempts;

    Delivery(Report report) {
      this.report = report;
    }

    @Override
    public void run() {
      try {
        deliver();
      } catch (InterruptedException stopped) {
        warn(STOPPED);
      } catch (RuntimeException bug) {
        // Its own text could hold the address.
        warn(bug.getClass().getName());
      } finally {
        tried.complete(null);
      }
    }

    private void deliver() throws InterruptedException {
      Letter letter = Letter.to(address, report);
      while (true) {
        Post.Answer answer = post.send(letter, address.token());
        attempts++;
        tried.complete(null);
        switch (answer) {
          case Post.Answer.Taken() -> {
            return;
          }
          case Post.Answer.Never(String reason) -> {
            warn(reason);
            return;
          }
          case Post.Answer.NotNow(String reason, Optional<Duration> wait) -> {
            if (attempts > pauses.size() || !pause(wait.orElse(pauses.get(attempts - 1)))) {
              warn(reason);
              return;
            }
          }
        }
      }
    }

    /// @return false if the agent is stopping
    private boolean pause(Duration pause) throws InterruptedException {
      return !closing.await(pause.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void drop(String reason) {
      warn(reason);
      tried.complete(null);
    }

    private void warn(String reason) {
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
}
