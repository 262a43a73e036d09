package dev.waggle.agent.queue;

import dev.waggle.agent.queue.QueueInMemory.Request.Delete;
import dev.waggle.agent.queue.QueueInMemory.Request.Extend;
import dev.waggle.agent.queue.QueueInMemory.Request.Receive;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A queue in memory that refuses a handle as SQS does: once the message was deleted, was received again, or
/// became visible again. Like the SDK it does nothing for a thread that is interrupted. It has no groups.
final class QueueInMemory implements PushQueue {

    /// What it was asked.
    sealed interface Request {

        record Receive(Duration invisible) implements Request {}

        record Extend(String messageId, Duration invisible) implements Request {}

        record Delete(String messageId) implements Request {}
    }

    /// Stands before the queue: it lets a request pass, holds it up, or throws instead of an answer.
    @FunctionalInterface
    interface Gate {

        void pass(Request request);
    }

    /// Short, for the tests' sake; long enough not to spin.
    private static final Duration LONG_POLL = Duration.ofMillis(5);
    private static final Duration LONGEST_VISIBILITY = Duration.ofHours(12);
    /// Nothing that a test waits for takes nearly as long.
    private static final Duration LONGEST_TEST = Duration.ofSeconds(10);

    private static final class Held {

        private final String body;
        private final Instant sentAt;
        private Instant visibleFrom;
        private String handle = "";
        private int receiveCount;

        Held(String body, Instant sentAt) {
            this.body = body;
            this.sentAt = sentAt;
            this.visibleFrom = sentAt;
        }
    }

    private final Clock clock;
    private final Object lock = new Object();
    private final Map<String, Held> messages = new LinkedHashMap<>();
    private final List<Request> requests = new ArrayList<>();
    private final List<Request> refused = new ArrayList<>();
    private final List<Request> answered = new ArrayList<>();
    private Gate gate = request -> {};
    private int sent;

    QueueInMemory(Clock clock) {
        this.clock = clock;
    }

    /// Puts a message on the queue.
    ///
    /// @return the queue's id of it
    String put(String body) {
        synchronized (lock) {
            sent++;
            String id = "message-" + sent;
            messages.put(id, new Held(body, clock.instant()));
            lock.notifyAll();
            return id;
        }
    }

    /// Puts another gate before the queue.
    void gate(Gate next) {
        synchronized (lock) {
            gate = next;
        }
    }

    /// Does nothing that it is asked from now on.
    void unavailable(String reason) {
        gate(request -> {
            throw new QueueUnavailableException(reason, new IllegalStateException(reason));
        });
    }

    /// Answers again.
    void available() {
        gate(request -> {});
    }

    /// Everything that was asked of it, done or not, in order.
    List<Request> requests() {
        synchronized (lock) {
            return List.copyOf(requests);
        }
    }

    /// What was asked about messages.
    List<Request> settlements() {
        return requests().stream().filter(request -> !(request instanceof Receive)).toList();
    }

    /// What was asked with a handle that is not good any more.
    List<Request> refused() {
        synchronized (lock) {
            return List.copyOf(refused);
        }
    }

    /// The ids of what it holds, visible or not.
    List<String> held() {
        synchronized (lock) {
            return List.copyOf(messages.keySet());
        }
    }

    /// Whether a message may be received now.
    boolean isVisible(String id) {
        synchronized (lock) {
            Held held = messages.get(id);
            return held != null && !clock.instant().isBefore(held.visibleFrom);
        }
    }

    /// Waits until what was asked, done or not, satisfies a condition.
    void await(Predicate<List<Request>> condition) throws InterruptedException {
        if (!comes(condition, LONGEST_TEST)) {
            throw new AssertionError("did not come; it was asked " + requests());
        }
    }

    /// Waits until it has answered so many requests about messages, by a refusal or not.
    void awaitAnswers(int count) throws InterruptedException {
        if (!comes(answered, these -> these.size() >= count, LONGEST_TEST)) {
            throw new AssertionError("did not come; it was asked " + requests());
        }
    }

    /// Whether that comes within a time.
    boolean comes(Predicate<List<Request>> condition, Duration longest)
            throws InterruptedException {
        return comes(requests, condition, longest);
    }

    private boolean comes(
            List<Request> these,
            Predicate<List<Request>> condition,
            Duration longest) throws InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        synchronized (lock) {
            while (!condition.test(List.copyOf(these))) {
                long left = Duration.ofNanos(end - System.nanoTime()).toMillis();
                if (left <= 0) {
                    return false;
                }
                lock.wait(left);
            }
            return true;
        }
    }

    @Override
    public Optional<ReceivedMessage> receive(Duration invisible) {
        pass(new Receive(invisible));
        long end = System.nanoTime() + LONG_POLL.toNanos();
        synchronized (lock) {
            Optional<ReceivedMessage> message = firstVisible(invisible);
            long left = LONG_POLL.toMillis();
            while (message.isEmpty() && left > 0) {
                try {
                    lock.wait(left);
                } catch (InterruptedException _) {
                    Thread.currentThread().interrupt();
                    return Optional.empty();
                }
                left = Duration.ofNanos(end - System.nanoTime()).toMillis();
                message = firstVisible(invisible);
            }
            return message;
        }
    }

    private Optional<ReceivedMessage> firstVisible(Duration invisible) {
        Instant now = clock.instant();
        for (Map.Entry<String, Held> message : messages.entrySet()) {
            Held held = message.getValue();
            if (!now.isBefore(held.visibleFrom)) {
                held.receiveCount++;
                held.handle = message.getKey() + " received " + held.receiveCount;
                held.visibleFrom = now.plus(invisible);
                return Optional.of(
                        new ReceivedMessage(message.getKey(), held.handle, held.body, held.sentAt,
                                held.receiveCount));
            }
        }
        return Optional.empty();
    }

    @Override
    public void extend(ReceivedMessage message, Duration invisible) {
        Request request = new Extend(message.id(), invisible);
        settle(request, () -> {
            if (invisible.isNegative() || invisible.compareTo(LONGEST_VISIBILITY) > 0) {
                throw unavailable("InvalidParameterValue", request);
            }
            inFlight(message, request).visibleFrom = clock.instant().plus(invisible);
        });
    }

    @Override
    public void delete(ReceivedMessage message) {
        Request request = new Delete(message.id());
        settle(request, () -> {
            inFlight(message, request);
            messages.remove(message.id());
        });
    }

    private void settle(Request request, Runnable change) {
        try {
            pass(request);
            synchronized (lock) {
                change.run();
            }
        } finally {
            synchronized (lock) {
                answered.add(request);
                lock.notifyAll();
            }
        }
    }

    private Held inFlight(ReceivedMessage message, Request request) {
        @Nullable Held held = messages.get(message.id());
        if (held == null || !held.handle.equals(message.handle())
                || !clock.instant().isBefore(held.visibleFrom)) {
            throw unavailable("ReceiptHandleIsInvalid", request);
        }
        return held;
    }

    private QueueUnavailableException unavailable(String reason, Request request) {
        refused.add(request);
        return new QueueUnavailableException(reason, new IllegalStateException(request.toString()));
    }

    private void pass(Request request) {
        Gate before;
        synchronized (lock) {
            requests.add(request);
            before = gate;
            lock.notifyAll();
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new QueueUnavailableException("aborted", new InterruptedException());
        }
        before.pass(request);
    }
}
