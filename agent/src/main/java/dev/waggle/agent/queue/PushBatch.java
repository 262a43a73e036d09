package dev.waggle.agent.queue;

import dev.waggle.agent.rollout.Arrival;
import dev.waggle.agent.rollout.Push;
import dev.waggle.agent.rollout.RollPush;
import dev.waggle.agent.rollout.Settlement.Roll;
import dev.waggle.agent.rollout.SwarmUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The messages of one repository that were received together, oldest first, and what becomes of each.
///
/// While any of them is in flight nobody receives another of the repository. Newer ones may wait behind them: then what is
/// left to be rolled is given back, to come again together with those, until the newest is in hand. A message is deleted
/// only when its push has ended, and a superseded one only while the newer is still on the queue.
final class PushBatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PushBatch.class);

    /// A push that newer ones of other tags do not supersede is not given back for them any more often. The queue gives a
    /// message up after a good many receives.
    private static final int MOST_LOOKS = 3;

    /// Kept for each service while newer pushes are looked for, beside the newest: more of them would leave no room for
    /// the newer.
    private static final int IN_RESERVE_OF_MANY = 1;

    /// A failed message waits this long for every time that it was received, up to the longest: the
    /// queue gives it up after so many receives.
    private static final Duration PAUSE_PER_RECEIVE = Duration.ofSeconds(30);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(15);

    /// Soon enough that the good messages of its repository do not wait for a message that the queue is to give up.
    private static final Duration PAUSE_OF_MALFORMED = Duration.ofSeconds(1);

    /// How rollouts of one push to services ended.
    ///
    /// @param next what is to be rolled after them
    /// @param failure what kept the push from its end, null if nothing did
    private record Rolled(List<Roll> next, @Nullable Exception failure) {

        /// Whether nothing else of the repository would fare better now.
        boolean isForAll() {
            return failure instanceof SwarmUnavailableException
                    || failure instanceof InterruptedException;
        }
    }

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
        settle(List.copyOf(inFlight.keySet()), new MessageFate.GiveBack());
    }

    /// Returns when every message was settled: the newest push that a service wants is rolled, and where it fails
    /// because of its image, the next newest.
    ///
    /// @param stopping whether no further rollout shall begin
    void work(BooleanSupplier stopping) {
        Map<Arrival, ReceivedMessage> open = read();
        if (open.isEmpty()) {
            return;
        }
        List<Roll> rolls;
        try {
            rolls = rollPush.settle(
                    List.copyOf(open.keySet()),
                    more ? IN_RESERVE_OF_MANY : Integer.MAX_VALUE);
        } catch (InterruptedException | RuntimeException failure) {
            count(failure);
            open.forEach((arrival, message) -> settle(arrival, message, failure));
            return;
        }
        if (rolls.isEmpty()) {
            failures.noMore();
        }
        workOffAllBut(rolls, open);
        if (more) {
            rolls = lookFurther(rolls, open);
        }
        while (!rolls.isEmpty()) {
            rolls = roll(rolls, open);
            if (stopping.getAsBoolean()) {
                settle(List.copyOf(open.values()), new MessageFate.GiveBack());
                return;
            }
        }
    }

    /// Has newer pushes, if there are any, come together with these.
    private List<Roll> lookFurther(List<Roll> rolls, Map<Arrival, ReceivedMessage> open) {
        List<Roll> now = rolls.stream()
                .filter(roll -> messageOf(roll.arrival(), open).receiveCount() > MOST_LOOKS)
                .toList();
        Set<Arrival> kept = arrivals(now);
        List<Arrival> later = open.keySet()
                .stream()
                .filter(arrival -> !kept.contains(arrival))
                .toList();
        settle(remove(later, open), new MessageFate.GiveBack());
        return now;
    }

    /// Keeps no message in flight any longer: what was not settled comes again when its time is over.
    @Override
    public void close() {
        inFlight.values().forEach(Heartbeat::close);
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
                    ReceivedMessage same = arrivals.put(
                            new Arrival(push.acceptedBefore(message.sentAt()), message.sentAt(),
                                    received, message.receiveCount()),
                            message);
                    if (same != null) {
                        settle(same, new MessageFate.WorkedOff());
                    }
                }
            }
        }
        return arrivals;
    }

    /// @return what is to be rolled next
    private List<Roll> roll(List<Roll> rolls, Map<Arrival, ReceivedMessage> open) {
        Map<Arrival, List<Roll>> byPush = rolls.stream()
                .collect(
                        Collectors.groupingBy(
                                Roll::arrival,
                                LinkedHashMap::new,
                                Collectors.toList()));
        Map<Arrival, Rolled> rolled = rollSideBySide(byPush, entangled(rolls), open);
        List<Roll> next = new ArrayList<>();
        List<Roll> postponed = new ArrayList<>();
        Exception obstacle = null;
        for (Map.Entry<Arrival, Rolled> one : rolled.entrySet()) {
            Arrival arrival = one.getKey();
            next.addAll(one.getValue().next());
            Exception failure = one.getValue().failure();
            if (failure != null) {
                count(failure);
                if (one.getValue().isForAll()) {
                    obstacle = failure;
                    postponed.addAll(byPush.getOrDefault(arrival, List.of()));
                } else {
                    settle(arrival, remove(List.of(arrival), open).getFirst(), failure);
                }
            }
        }
        next = next.stream().flatMap(roll -> roll.among(open.keySet()).stream()).toList();
        if (obstacle != null) {
            postponed.addAll(next);
            workOffAllBut(postponed, open);
            Exception reason = obstacle;
            open.forEach((arrival, message) -> settle(arrival, message, reason));
            open.clear();
            return List.of();
        }
        workOffAllBut(next, open);
        return next;
    }

    private Map<Arrival, Rolled> rollSideBySide(
            Map<Arrival, List<Roll>> byPush,
            Set<Arrival> entangled,
            Map<Arrival, ReceivedMessage> open) {
        Map<Arrival, Future<Rolled>> rolling = new LinkedHashMap<>();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            byPush.forEach((arrival, rolls) -> rolling.put(arrival, executor.submit(() -> {
                Rolled rolled = roll(rolls);
                if (rolled.failure() == null && !entangled.contains(arrival)) {
                    settle(messageOf(arrival, open), new MessageFate.WorkedOff());
                }
                return rolled;
            })));
            try {
                for (Future<Rolled> one : rolling.values()) {
                    one.get();
                }
            } catch (InterruptedException shutdown) {
                // Whoever rolls ends soon, which is waited for below.
                executor.shutdownNow();
            } catch (ExecutionException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
        Map<Arrival, Rolled> rolled = new LinkedHashMap<>();
        rolling.forEach((arrival, one) -> {
            rolled.put(arrival, one.resultNow());
            if (one.resultNow().failure() == null && !entangled.contains(arrival)) {
                open.remove(arrival);
            }
        });
        return rolled;
    }

    private Rolled roll(List<Roll> rolls) {
        try {
            List<Roll> next = rollPush.roll(rolls);
            failures.noMore();
            return new Rolled(next, null);
        } catch (InterruptedException | SwarmUnavailableException failure) {
            return new Rolled(List.of(), failure);
        } catch (RuntimeException failure) {
            return new Rolled(rollPush.withoutThisPush(rolls), failure);
        }
    }

    private void workOffAllBut(List<Roll> rolls, Map<Arrival, ReceivedMessage> open) {
        Set<Arrival> kept = arrivals(rolls);
        List<Arrival> ended = open.keySet()
                .stream()
                .filter(arrival -> !kept.contains(arrival))
                .toList();
        if (!ended.isEmpty()) {
            settle(remove(ended, open), new MessageFate.WorkedOff());
        }
    }

    private static Set<Arrival> arrivals(List<Roll> rolls) {
        return rolls.stream().flatMap(Roll::arrivals).collect(Collectors.toSet());
    }

    /// A newer push is deleted together with the older ones that it settles: alone, they would be rolled.
    private static Set<Arrival> entangled(List<Roll> rolls) {
        return arrivals(rolls.stream().filter(roll -> !roll.older().isEmpty()).toList());
    }

    private static List<ReceivedMessage> remove(
            List<Arrival> arrivals,
            Map<Arrival, ReceivedMessage> open) {
        return arrivals.stream().map(open::remove).map(Objects::requireNonNull).toList();
    }

    private static ReceivedMessage messageOf(
            Arrival arrival,
            Map<Arrival, ReceivedMessage> open) {
        return Objects.requireNonNull(open.get(arrival));
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
                // The newest first: an older one that is visible may be handed out alone.
                case MessageFate.GiveBack() -> extend(messages.reversed(), Duration.ZERO);
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
