package dev.waggle.agent.rollout;

import dev.waggle.agent.record.UnreadableRecordException;
import dev.waggle.agent.service.RegistryUnavailableException;
import dev.waggle.agent.service.SwarmUnavailableException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The thread of one service: one step after the other, until there is nothing to do.
final class ServiceThread {

  private static final Logger LOG = LoggerFactory.getLogger(ServiceThread.class);

  /// Who asks for what an engine did must not wait longer when it is back.
  private static final Duration MAX_PAUSE_FOR_ENGINE = Duration.ofSeconds(2);

  private static final Duration MAX_PAUSE_FOR_REGISTRY = Duration.ofMinutes(1);

  private static final Duration MAX_TIME_TO_END = Duration.ofSeconds(2);

  private final String serviceId;
  private final ServiceWorker worker;
  private final AtomicInteger unexpected;
  private final Predicate<ServiceThread> ends;
  private final Semaphore wake = new Semaphore(0);
  private final Thread thread;
  private int failures;
  private String lastProblem = "";

  /// @param unexpected counts failures in a row that nobody foresaw
  /// @param ends is asked when there is nothing to do: whether the thread may end
  ServiceThread(
      String serviceId,
      ServiceWorker worker,
      AtomicInteger unexpected,
      Predicate<ServiceThread> ends) {
    this.serviceId = serviceId;
    this.worker = worker;
    this.unexpected = unexpected;
    this.ends = ends;
    this.thread = Thread.ofVirtual().name("service " + serviceId).unstarted(this::run);
  }

  String serviceId() {
    return serviceId;
  }

  void start() {
    thread.start();
  }

  /// Has it look again, as soon as it has done what it is at.
  void wake() {
    wake.release();
  }

  /// Whether it was woken since it began its last step; it then goes on.
  boolean takeWake() {
    return wake.tryAcquire();
  }

  void interrupt() {
    thread.interrupt();
  }

  void awaitEnd() throws InterruptedException {
    thread.join(MAX_TIME_TO_END);
  }

  private void run() {
    try {
      while (true) {
        wake.drainPermits();
        Optional<Duration> pause = step();
        if (pause.isEmpty()) {
          if (ends.test(this)) {
            return;
          }
        } else if (pause.get().isPositive()
            && wake.tryAcquire(pause.get().toMillis(), TimeUnit.MILLISECONDS)) {
          wake.drainPermits();
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  /// @return how long to wait before the next, empty if there is nothing to do
  private Optional<Duration> step() throws InterruptedException {
    try {
      Optional<Duration> pause = worker.step();
      failures = 0;
      lastProblem = "";
      unexpected.set(0);
      return pause;
    } catch (SwarmUnavailableException unavailable) {
      String problem = String.valueOf(unavailable.getMessage());
      if (!problem.equals(lastProblem)) {
        LOG.atWarn()
            .addKeyValue("serviceId", serviceId)
            .addKeyValue("reason", problem)
            .log("rollout waits");
      }
      lastProblem = problem;
      return Optional.of(pause(unavailable instanceof RegistryUnavailableException));
    } catch (UnreadableRecordException unreadable) {
      LOG.atError().addKeyValue("reason", unreadable.getMessage()).log("record unreadable");
      return Optional.empty();
    } catch (RuntimeException | Error failure) {
      unexpected.incrementAndGet();
      LOG.atError().addKeyValue("serviceId", serviceId).setCause(failure).log("unexpected failure");
      return Optional.of(MAX_PAUSE_FOR_REGISTRY);
    }
  }

  /// Longer with every failure in a row.
  private Duration pause(boolean registry) {
    Duration pause = Duration.ofMillis(500L << Math.min(failures++, 10));
    Duration max = registry ? MAX_PAUSE_FOR_REGISTRY : MAX_PAUSE_FOR_ENGINE;
    return pause.compareTo(max) < 0 ? pause : max;
  }
}
