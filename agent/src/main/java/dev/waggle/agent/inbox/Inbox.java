package dev.waggle.agent.inbox;

import dev.waggle.agent.record.Endings;
import dev.waggle.agent.record.Records;
import dev.waggle.agent.record.Work;
import dev.waggle.agent.service.Swarm;
import dev.waggle.agent.service.SwarmUnavailableException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes pushes from the queue into the records of the services that want them. A message is
/// deleted when every such record holds its push, and not before; nothing is rolled here.
public final class Inbox {

  private static final Logger LOG = LoggerFactory.getLogger(Inbox.class);

  /// Longer with every failure in a row, up to the last.
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  private static final Duration MAX_PAUSE = Duration.ofMinutes(1);

  /// The longest that SQS offers.
  private static final Duration LONG_POLL = Duration.ofSeconds(20);

  /// While pushes keep coming as fast as they are recorded, nothing is rolled for no longer.
  private static final Duration MAX_GATHERING = Duration.ofMinutes(1);

  private static final int MAX_UNEXPECTED = 5;

  private final PushQueue queue;
  private final Swarm swarm;
  private final Work work;
  private final Clock clock;
  private final Runnable alive;
  private final Intake intake;
  private final Duration firstPause;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final Set<String> awake = new LinkedHashSet<>();
  private @Nullable Instant gatheringSince;
  private int unexpected;

  /// Wires the parts together.
  ///
  /// @param queue where pushes come from
  /// @param swarm asked, before every receive, whether a push could be recorded at all: messages
  ///   that nobody can record are better left where they are
  /// @param records where pushes go
  /// @param work is told which services have new work
  /// @param endings is told of pushes that no service wants
  /// @param clock the time
  /// @param alive is run whenever the loop turns
  public Inbox(
      PushQueue queue,
      Swarm swarm,
      Records records,
      Work work,
      Endings endings,
      Clock clock,
      Runnable alive) {
    this(queue, swarm, records, work, endings, clock, alive, FIRST_PAUSE);
  }

  Inbox(
      PushQueue queue,
      Swarm swarm,
      Records records,
      Work work,
      Endings endings,
      Clock clock,
      Runnable alive,
      Duration firstPause) {
    this.queue = queue;
    this.swarm = swarm;
    this.work = work;
    this.clock = clock;
    this.intake = new Intake(queue, swarm, records, work, endings, clock);
    this.alive = alive;
    this.firstPause = firstPause;
  }

  /// Receives until told to stop.
  ///
  /// @throws IllegalStateException after too many failures that nobody foresaw
  public void run() throws InterruptedException {
    int failures = 0;
    String lastProblem = null;
    while (stopping.getCount() > 0) {
      alive.run();
      String problem = receive();
      if (problem == null) {
        if (lastProblem != null) {
          LOG.atInfo().log("receiving again");
        }
        failures = 0;
      } else {
        if (!problem.equals(lastProblem)) {
          LOG.atError().addKeyValue("reason", problem).log("cannot receive");
        }
        wakeAll();
        pause(failures++);
      }
      lastProblem = problem;
      if (unexpected >= MAX_UNEXPECTED || work.isBroken()) {
        throw new IllegalStateException(MAX_UNEXPECTED + " unexpected failures in a row");
      }
    }
  }

  /// No further receive begins; one that has begun ends within twenty seconds.
  public void stop() {
    stopping.countDown();
  }

  private void pause(int failures) throws InterruptedException {
    long pause = Math.min(firstPause.toMillis() << Math.min(failures, 10), MAX_PAUSE.toMillis());
    stopping.await(pause, TimeUnit.MILLISECONDS);
  }

  /// @return what is in the way of receiving, null if nothing is
  private @Nullable String receive() throws InterruptedException {
    if (swarm.readiness() instanceof Swarm.Readiness.NotReady(String reason)) {
      return reason;
    }
    try {
      boolean gathering = gatheringSince != null;
      List<ReceivedMessage> messages = queue.receive(gathering ? Duration.ZERO : LONG_POLL);
      boolean full = messages.size() == PushQueue.MAX_AT_ONCE;
      boolean more = (full || (gathering && !messages.isEmpty())) && !gatheredLongEnough();
      if (more && !gathering) {
        work.gathering(true);
      }
      Set<String> services = intake.take(messages, more);
      if (more) {
        awake.addAll(services);
      } else {
        wakeAll();
      }
      unexpected = 0;
      return null;
    } catch (QueueUnavailableException | SwarmUnavailableException unavailable) {
      return unavailable.getMessage();
    } catch (RuntimeException failure) {
      unexpected++;
      LOG.atError().setCause(failure).log("unexpected failure");
      return "unexpected failure: " + failure;
    }
  }

  private void wakeAll() {
    if (gatheringSince != null) {
      gatheringSince = null;
      work.gathering(false);
      awake.forEach(work::wake);
      awake.clear();
    }
  }

  private boolean gatheredLongEnough() {
    Instant now = clock.instant();
    gatheringSince = gatheringSince == null ? now : gatheringSince;
    return now.isAfter(gatheringSince.plus(MAX_GATHERING));
  }
}
