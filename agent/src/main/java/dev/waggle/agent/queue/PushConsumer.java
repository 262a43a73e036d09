package dev.waggle.agent.queue;

import dev.waggle.agent.rollout.RollPush;
import dev.waggle.agent.rollout.Swarm;
import dev.waggle.agent.rollout.Ticker;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Receives pushes and has them rolled, several repositories side by side.
///
/// The queue is FIFO and groups by repository: while a message is in flight, none of the same
/// repository is delivered to anybody, so that the pushes of a repository keep their order without
/// a lock of ours.
public final class PushConsumer {

  private static final Logger LOG = LoggerFactory.getLogger(PushConsumer.class);

  /// How long a dead agent's message stays hidden from the next.
  public static final Duration INVISIBLE = Duration.ofSeconds(60);

  /// Rollouts at once; each needs little, but all share one engine.
  private static final int MOST_AT_ONCE = 8;

  /// Longer with every failure in a row, up to the last.
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  /// What giving messages back takes, at the end of the grace period.
  private static final Duration TO_GIVE_BACK = Duration.ofSeconds(3);

  private final PushQueue queue;
  private final Swarm swarm;
  private final RollPush rollPush;
  private final Clock clock;
  private final Ticker ticker;
  private final Runnable health;
  private final Duration invisible;
  private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore vacancies = new Semaphore(MOST_AT_ONCE);
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final AtomicReference<@Nullable Duration> stopped = new AtomicReference<>();
  private final UnexpectedFailures unexpectedFailures = new UnexpectedFailures();

  /// Wires the parts together.
  ///
  /// @param queue where pushes come from
  /// @param swarm asked, before every receive, whether a push could be rolled at all: messages that
  ///   nobody can work off are better left where they are
  /// @param rollPush rolls them
  /// @param clock the time
  /// @param ticker how long it takes
  /// @param health is run whenever all is well: the queue has answered, or there is more to do than
  ///   it is asked for
  public PushConsumer(
      PushQueue queue,
      Swarm swarm,
      RollPush rollPush,
      Clock clock,
      Ticker ticker,
      Runnable health) {
    this(queue, swarm, rollPush, clock, ticker, health, INVISIBLE);
  }

  PushConsumer(
      PushQueue queue,
      Swarm swarm,
      RollPush rollPush,
      Clock clock,
      Ticker ticker,
      Runnable health,
      Duration invisible) {
    this.queue = queue;
    this.swarm = swarm;
    this.rollPush = rollPush;
    this.clock = clock;
    this.ticker = ticker;
    this.health = health;
    this.invisible = invisible;
  }

  /// Receives until told to stop, then waits for the rollouts under way as long as the grace period
  /// lasts. Those that take longer are left to Swarm, and their messages to the next agent.
  ///
  /// @param grace how long after [#stop] this returns at the latest
  /// @throws IllegalStateException after too many failures that nobody foresaw
  public void run(Duration grace) throws InterruptedException {
    try {
      receiveUntilStopped();
    } finally {
      drain(grace);
    }
  }

  /// No further receive begins; one that has begun ends within twenty seconds.
  public void stop() {
    stopped.compareAndSet(null, ticker.elapsed());
    stopping.countDown();
  }

  private void receiveUntilStopped() throws InterruptedException {
    int failures = 0;
    String lastProblem = null;
    while (!isStopping()) {
      String problem = receiveOnce();
      if (problem == null) {
        if (lastProblem != null) {
          LOG.atInfo().log("receiving again");
        }
        failures = 0;
      } else {
        if (!problem.equals(lastProblem)) {
          LOG.atError().addKeyValue("reason", problem).log("cannot receive");
        }
        pause(failures++);
      }
      lastProblem = problem;
      if (unexpectedFailures.areTooMany()) {
        throw new IllegalStateException(UnexpectedFailures.MOST + " unexpected failures in a row");
      }
    }
  }

  private void drain(Duration grace) throws InterruptedException {
    stop();
    Duration spent = ticker.elapsed().minus(Objects.requireNonNull(stopped.get()));
    workers.shutdown();
    if (!workers.awaitTermination(grace.minus(spent).toMillis(), TimeUnit.MILLISECONDS)) {
      workers.shutdownNow();
      workers.awaitTermination(TO_GIVE_BACK.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private boolean isStopping() {
    return stopping.getCount() == 0;
  }

  private void pause(int failures) throws InterruptedException {
    long pause =
        Math.min(FIRST_PAUSE.toMillis() << Math.min(failures, 10), LONGEST_PAUSE.toMillis());
    stopping.await(pause, TimeUnit.MILLISECONDS);
  }

  /// @return what is in the way of receiving, null if nothing is
  private @Nullable String receiveOnce() throws InterruptedException {
    if (swarm.readiness() instanceof Swarm.Readiness.NotReady(String reason)) {
      return reason;
    }
    if (!awaitVacancy()) {
      return null;
    }
    try {
      List<ReceivedMessage> messages = queue.receive(invisible);
      health.run();
      Instant received = clock.instant();
      boolean more = messages.size() == PushQueue.MOST_AT_ONCE;
      messages.stream()
          .collect(Collectors.groupingBy(ReceivedMessage::group))
          .values()
          .forEach(
              batch -> {
                PushBatch pushes =
                    new PushBatch(
                        new InFlight(queue, batch, invisible),
                        rollPush,
                        unexpectedFailures,
                        received,
                        more);
                workers.execute(() -> work(pushes));
              });
      return null;
    } catch (QueueUnavailableException unavailable) {
      return unavailable.getMessage();
    }
  }

  /// What was received while there is no room is as good as lost to other agents: they could work
  /// on it.
  ///
  /// @return false if the agent was told to stop instead
  private boolean awaitVacancy() throws InterruptedException {
    while (!isStopping()) {
      if (vacancies.tryAcquire(1, TimeUnit.SECONDS)) {
        vacancies.release();
        return true;
      }
      health.run();
    }
    return false;
  }

  private void work(PushBatch pushes) {
    try (pushes) {
      workOrGiveBack(pushes);
    } catch (Error | RuntimeException failure) {
      unexpectedFailures.another();
      LOG.atError().setCause(failure).log("unexpected failure");
    }
  }

  private void workOrGiveBack(PushBatch pushes) {
    try {
      vacancies.acquire();
    } catch (InterruptedException shutdown) {
      pushes.giveBack();
      return;
    }
    try {
      if (isStopping()) {
        pushes.giveBack();
      } else {
        pushes.work(this::isStopping);
      }
    } finally {
      vacancies.release();
    }
  }
}
