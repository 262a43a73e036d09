package dev.waggle.agent.queue;

import dev.waggle.agent.rollout.Push;
import dev.waggle.agent.rollout.RollPush;
import dev.waggle.agent.rollout.Swarm;
import dev.waggle.agent.rollout.SwarmUnavailableException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Receives pushes one by one and has them rolled, several repositories side by side.
///
/// The queue is FIFO and groups by repository: while a message is in flight, none of the same
/// repository is delivered to anybody, so that the pushes of a repository keep their order without a
/// lock of ours.
public final class PushConsumer {

    private static final Logger LOG = LoggerFactory.getLogger(PushConsumer.class);

    /// How long a dead agent's message stays hidden from the next.
    static final Duration INVISIBLE = Duration.ofSeconds(60);

    /// Rollouts at once; each needs little, but all share one engine.
    private static final int MOST_AT_ONCE = 8;

    /// Longer with every failure in a row, up to the last.
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /// A failed message waits this long for every time that it was received, up to the longest: the
    /// queue gives it up after so many receives.
    private static final Duration PAUSE_PER_RECEIVE = Duration.ofSeconds(30);
    private static final Duration LONGEST_PAUSE_OF_MESSAGE = Duration.ofMinutes(15);

    /// What giving messages back takes, at the end of the grace period.
    private static final Duration TO_GIVE_BACK = Duration.ofSeconds(3);

    /// Failures that nobody foresaw, in a row, after which a new process may do better.
    private static final int MOST_UNEXPECTED_FAILURES = 5;

    private final PushQueue queue;
    private final Swarm swarm;
    private final RollPush rollPush;
    private final Clock clock;
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final Semaphore vacancies = new Semaphore(MOST_AT_ONCE);
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final AtomicReference<@Nullable Instant> stopped = new AtomicReference<>();
    private final AtomicInteger unexpectedFailures = new AtomicInteger();

    /// Wires the parts together.
    ///
    /// @param queue where pushes come from
    /// @param swarm asked, before every receive, whether a push could be rolled at all: messages that
    ///     nobody can work off are better left where they are
    /// @param rollPush rolls them
    /// @param clock the time
    public PushConsumer(PushQueue queue, Swarm swarm, RollPush rollPush, Clock clock) {
        this.queue = queue;
        this.swarm = swarm;
        this.rollPush = rollPush;
        this.clock = clock;
    }

    /// Receives until told to stop, then waits for the rollouts under way as long as the grace
    /// period lasts. Those that take longer are left to Swarm, and their messages to the next agent.
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
        stopped.compareAndSet(null, clock.instant());
        stopping.countDown();
    }

    private void receiveUntilStopped() throws InterruptedException {
        int failures = 0;
        String lastProblem = null;
        while (!isStopping()) {
            String problem = receiveOne();
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
            if (unexpectedFailures.get() >= MOST_UNEXPECTED_FAILURES) {
                throw new IllegalStateException(
                        MOST_UNEXPECTED_FAILURES + " unexpected failures in a row");
            }
        }
    }

    private void drain(Duration grace) throws InterruptedException {
        stop();
        Duration spent = Duration.between(Objects.requireNonNull(stopped.get()), clock.instant());
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
        long pause = Math
                .min(FIRST_PAUSE.toMillis() << Math.min(failures, 10), LONGEST_PAUSE.toMillis());
        stopping.await(pause, TimeUnit.MILLISECONDS);
    }

    /// @return what is in the way of receiving, null if nothing is
    private @Nullable String receiveOne() throws InterruptedException {
        if (swarm.readiness() instanceof Swarm.Readiness.NotReady(String reason)) {
            return reason;
        }
        if (!awaitVacancy()) {
            return null;
        }
        boolean handedOver = false;
        try {
            Optional<ReceivedMessage> message = queue.receive(INVISIBLE);
            if (message.isPresent()) {
                Instant received = clock.instant();
                workers.execute(() -> {
                    try {
                        work(message.get(), received);
                    } finally {
                        vacancies.release();
                    }
                });
                handedOver = true;
            }
            return null;
        } catch (QueueUnavailableException unavailable) {
            return unavailable.getMessage();
        } finally {
            if (!handedOver) {
                vacancies.release();
            }
        }
    }

    /// @return false if the agent was told to stop instead
    private boolean awaitVacancy() throws InterruptedException {
        while (!isStopping()) {
            if (vacancies.tryAcquire(1, TimeUnit.SECONDS)) {
                return true;
            }
        }
        return false;
    }

    private void work(ReceivedMessage message, Instant received) {
        MessageFate fate;
        try (Heartbeat _ = Heartbeat.start(queue, message, INVISIBLE)) {
            fate = isStopping() ? new MessageFate.GiveBack() : roll(message, received);
        }
        // An interrupt has done its work by now; it must not end the call that settles the message.
        Thread.interrupted();
        try {
            settle(message, fate);
        } catch (RuntimeException failure) {
            // The message comes back by itself, and finds its services rolled.
            LOG.atWarn()
                    .addKeyValue("messageId", message.id())
                    .addKeyValue("reason", failure.toString())
                    .log("message not settled");
        }
    }

    private void settle(ReceivedMessage message, MessageFate fate) {
        switch (fate) {
            case MessageFate.WorkedOff() -> queue.delete(message);
            case MessageFate.TryAgain(Duration pause) -> queue.extend(message, pause);
            case MessageFate.GiveBack() -> queue.extend(message, Duration.ZERO);
            case MessageFate.LeaveToDeadLetters() -> queue.extend(message, PAUSE_PER_RECEIVE);
        }
    }

    private MessageFate roll(ReceivedMessage message, Instant received) {
        return switch (PushMessage.read(message.body())) {
            case PushMessage.Malformed(String reason) -> {
                LOG.atError()
                        .addKeyValue("messageId", message.id())
                        .addKeyValue("reason", reason)
                        .log("message malformed");
                yield new MessageFate.LeaveToDeadLetters();
            }
            case PushMessage.Valid(Push push) -> roll(push, message, received);
        };
    }

    private MessageFate roll(Push push, ReceivedMessage message, Instant received) {
        LOG.atInfo()
                .addKeyValue("deliveryId", push.deliveryId())
                .addKeyValue("repository", push.repository())
                .addKeyValue("tag", push.tag())
                .addKeyValue("receiveCount", message.receiveCount())
                .log("push received");
        try {
            rollPush.roll(push, message.sentAt(), received);
            unexpectedFailures.set(0);
            return new MessageFate.WorkedOff();
        } catch (SwarmUnavailableException unavailable) {
            Duration pause = pauseOf(message);
            LOG.atWarn()
                    .addKeyValue("deliveryId", push.deliveryId())
                    .addKeyValue("reason", unavailable.getMessage())
                    .addKeyValue("againInSeconds", pause.toSeconds())
                    .log("push postponed");
            return new MessageFate.TryAgain(pause);
        } catch (InterruptedException shutdown) {
            LOG.atInfo().addKeyValue("deliveryId", push.deliveryId()).log("push given back");
            return new MessageFate.GiveBack();
        } catch (RuntimeException unexpected) {
            unexpectedFailures.incrementAndGet();
            LOG.atError()
                    .addKeyValue("deliveryId", push.deliveryId())
                    .setCause(unexpected)
                    .log("unexpected failure");
            return new MessageFate.TryAgain(pauseOf(message));
        }
    }

    static Duration pauseOf(ReceivedMessage message) {
        Duration pause = PAUSE_PER_RECEIVE.multipliedBy(message.receiveCount());
        return pause.compareTo(LONGEST_PAUSE_OF_MESSAGE) < 0 ? pause : LONGEST_PAUSE_OF_MESSAGE;
    }
}
