package dev.waggle.agent.queue;

import dev.waggle.agent.rollout.Push;
import dev.waggle.agent.rollout.RollPush;
import dev.waggle.agent.rollout.RollPush.Arrival;
import dev.waggle.agent.rollout.ServiceState;
import dev.waggle.agent.rollout.SwarmUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The messages of one repository that were received together, oldest first, and what becomes of each.
///
/// While any of them is in flight nobody receives another of the repository. Newer ones may wait behind them: then what is
/// left to be rolled is given back, to come again together with those, until the newest is in hand. A message is deleted
/// only when its push has ended, and a superseded one only while the newer is still on the queue.
final class PushBatch {

    private static final Logger LOG = LoggerFactory.getLogger(PushBatch.class);

    /// A push that newer ones of other tags do not supersede is not given back for them any more often. The queue gives a
    /// message up after a good many receives.
    private static final int MOST_LOOKS = 3;

    /// A failed message waits this long for every time that it was received, up to the longest: the
    /// queue gives it up after so many receives.
    private static final Duration PAUSE_PER_RECEIVE = Duration.ofSeconds(30);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(15);

    /// Soon enough that the good messages of its repository do not wait for a message that the queue is to give up.
    private static final Duration PAUSE_OF_MALFORMED = Duration.ofSeconds(1);

    /// A push on its way to services.
    private record Rolling(
            Arrival arrival,
            List<ServiceState> services,
            ReceivedMessage message) {}

    private final PushQueue queue;
    private final RollPush rollPush;
    private final UnexpectedFailures failures;
    private final Instant received;
    private final boolean more;
    private final Map<ReceivedMessage, Heartbeat> inFlight = new LinkedHashMap<>();

    /// Keeps the messages in flight from now on.
    ///
    /// @param more whether the queue may hold more of the repository than it could hand over at once
    PushBatch(
            PushQueue queue,
            RollPush rollPush,
            UnexpectedFailures failures,
            List<ReceivedMessage> messages,
            Instant received,
            Duration invisible,
            boolean more) {
        this.queue = queue;
        this.rollPush = rollPush;
        this.failures = failures;
        this.received = received;
        this.more = more;
        for (ReceivedMessage message : messages) {
            inFlight.put(message, Heartbeat.start(queue, message, invisible));
        }
    }

    /// Leaves every message to the next who receives it.
    void giveBack() {
        List.copyOf(inFlight.keySet())
                .forEach(message -> settle(message, new MessageFate.GiveBack()));
    }

    /// Returns when every message was settled.
    void work() {
        Map<Arrival, ReceivedMessage> arrivals = read();
        if (arrivals.isEmpty()) {
            return;
        }
        Map<Arrival, List<ServiceState>> rolls;
        try {
            rolls = rollPush.settle(List.copyOf(arrivals.keySet()));
        } catch (InterruptedException | RuntimeException failure) {
            count(failure);
            arrivals.forEach((arrival, message) -> settle(arrival, message, failure));
            return;
        }
        List<ReceivedMessage> ended = new ArrayList<>();
        List<Rolling> rollings = new ArrayList<>();
        arrivals.forEach((arrival, message) -> {
            List<ServiceState> services = rolls.getOrDefault(arrival, List.of());
            if (services.isEmpty()) {
                ended.add(message);
            } else {
                rollings.add(new Rolling(arrival, services, message));
            }
        });
        if (rollings.isEmpty()) {
            failures.noMore();
        }
        if (!ended.isEmpty()) {
            settle(ended, new MessageFate.WorkedOff());
        }
        if (more) {
            rollings.removeIf(rolling -> lookFurther(rolling.message()));
        }
        roll(rollings);
    }

    private boolean lookFurther(ReceivedMessage message) {
        if (message.receiveCount() > MOST_LOOKS) {
            return false;
        }
        settle(message, new MessageFate.GiveBack());
        return true;
    }

    private Map<Arrival, ReceivedMessage> read() {
        Map<Arrival, ReceivedMessage> arrivals = new LinkedHashMap<>();
        for (ReceivedMessage message : List.copyOf(inFlight.keySet())) {
            switch (PushMessage.read(message.body())) {
                case PushMessage.Malformed(String reason) -> {
                    LOG.atError()
                            .addKeyValue("messageId", message.id())
                            .addKeyValue("receiveCount", message.receiveCount())
                            .addKeyValue("reason", reason)
                            .log("message malformed");
                    settle(message, new MessageFate.LeaveToDeadLetters());
                }
                case PushMessage.Valid(Push push) -> {
                    LOG.atInfo()
                            .addKeyValue("deliveryId", push.deliveryId())
                            .addKeyValue("repository", push.repository())
                            .addKeyValue("tag", push.tag())
                            .addKeyValue("receiveCount", message.receiveCount())
                            .log("push received");
                    arrivals.put(
                            new Arrival(push.acceptedBefore(message.sentAt()), message.sentAt(),
                                    received),
                            message);
                }
            }
        }
        return arrivals;
    }

    private void roll(List<Rolling> rollings) {
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            rollings.forEach(rolling -> all.add(executor.submit(() -> roll(rolling))));
            try {
                for (Future<?> one : all) {
                    one.get();
                }
            } catch (InterruptedException shutdown) {
                // Whoever rolls gives the message back, which is waited for below.
                executor.shutdownNow();
            } catch (ExecutionException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }

    private void roll(Rolling rolling) {
        try {
            rollPush.roll(rolling.arrival(), rolling.services());
            failures.noMore();
            settle(rolling.message(), new MessageFate.WorkedOff());
        } catch (InterruptedException | RuntimeException failure) {
            count(failure);
            settle(rolling.arrival(), rolling.message(), failure);
        }
    }

    private void count(Exception failure) {
        switch (failure) {
            case SwarmUnavailableException _,InterruptedException _ -> {
            }
            default -> failures.another();
        }
    }

    private void settle(Arrival arrival, ReceivedMessage message, Exception failure) {
        String deliveryId = arrival.push().deliveryId();
        Duration pause = pauseOf(message);
        switch (failure) {
            case SwarmUnavailableException unavailable -> {
                LOG.atWarn()
                        .addKeyValue("deliveryId", deliveryId)
                        .addKeyValue("reason", unavailable.getMessage())
                        .addKeyValue("againInSeconds", pause.toSeconds())
                        .log("push postponed");
                settle(message, new MessageFate.TryAgain(pause));
            }
            case InterruptedException _ -> {
                LOG.atInfo().addKeyValue("deliveryId", deliveryId).log("push given back");
                settle(message, new MessageFate.GiveBack());
            }
            default -> {
                LOG.atError()
                        .addKeyValue("deliveryId", deliveryId)
                        .setCause(failure)
                        .log("unexpected failure");
                settle(message, new MessageFate.TryAgain(pause));
            }
        }
    }

    private void settle(ReceivedMessage message, MessageFate fate) {
        settle(List.of(message), fate);
    }

    private void settle(List<ReceivedMessage> messages, MessageFate fate) {
        messages.forEach(message -> heartbeatOf(message).close());
        // An interrupt has done its work by now; it must not end the call that settles the messages.
        boolean interrupted = Thread.interrupted();
        try {
            switch (fate) {
                case MessageFate.WorkedOff() -> queue.delete(messages);
                case MessageFate.TryAgain(Duration pause) -> extend(messages, pause);
                case MessageFate.GiveBack() -> extend(messages, Duration.ZERO);
                case MessageFate.LeaveToDeadLetters() -> extend(messages, PAUSE_OF_MALFORMED);
            }
        } catch (RuntimeException failure) {
            // They come back by themselves, and find their services rolled.
            LOG.atWarn()
                    .addKeyValue(
                            "messageIds",
                            messages.stream().map(ReceivedMessage::id).toList())
                    .addKeyValue("reason", failure.toString())
                    .log("messages not settled");
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void extend(List<ReceivedMessage> messages, Duration invisible) {
        messages.forEach(message -> queue.extend(message, invisible));
    }

    private Heartbeat heartbeatOf(ReceivedMessage message) {
        Heartbeat heartbeat = inFlight.get(message);
        if (heartbeat == null) {
            throw new IllegalArgumentException("not of this batch");
        }
        return heartbeat;
    }

    static Duration pauseOf(ReceivedMessage message) {
        Duration pause = PAUSE_PER_RECEIVE.multipliedBy(message.receiveCount());
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }
}
