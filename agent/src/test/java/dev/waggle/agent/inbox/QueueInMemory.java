package dev.waggle.agent.inbox;

import dev.waggle.agent.inbox.QueueInMemory.Request.Delete;
import dev.waggle.agent.inbox.QueueInMemory.Request.Receive;
import dev.waggle.agent.inbox.QueueInMemory.Request.Release;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A queue in memory that refuses a handle as SQS does: once the message was deleted, was received
/// again, or became visible again, and that hands over no message of a group of which another is in
/// flight. Like the SDK it does nothing for a thread that is interrupted.
final class QueueInMemory implements PushQueue {

  /// What it was asked.
  sealed interface Request {

    record Receive(Duration longest) implements Request {}

    record Release(String messageId, Duration after) implements Request {}

    record Delete(String messageId) implements Request {}
  }

  /// Stands before the queue: it lets a request pass, holds it up, or throws instead of an answer.
  @FunctionalInterface
  interface Gate {

    void pass(Request request);
  }

  /// Short, for the tests' sake; long enough not to spin.
  private static final Duration LONG_POLL = Duration.ofMillis(5);

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(20);
  private static final Duration LONGEST_VISIBILITY = Duration.ofHours(12);

  /// How long a message that was received is invisible: as the queue is set, not as we ask.
  static final Duration INVISIBLE = Duration.ofSeconds(30);

  /// Nothing that a test waits for takes nearly as long, however busy the machine is.
  private static final Duration LONGEST_TEST = Duration.ofMinutes(2);

  private static final class Held {

    private final String group;
    private final String body;
    private final Instant sentAt;
    private Instant visibleFrom;
    private String handle = "";
    private int receiveCount;

    Held(String group, String body, Instant sentAt) {
      this.group = group;
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

  /// Puts a message of a group of its own on the queue.
  ///
  /// @return the queue's id of it
  String put(String body) {
    return put("group of its own " + (sent + 1), body);
  }

  /// Puts a message of a group on the queue.
  ///
  /// @return the queue's id of it
  String put(String group, String body) {
    synchronized (lock) {
      sent++;
      String id = "message-" + sent;
      messages.put(id, new Held(group, body, clock.instant()));
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
    gate(
        request -> {
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

  /// Waits until it holds nothing any more.
  void awaitEmpty() throws InterruptedException {
    await(requests -> messages.isEmpty());
  }

  /// Whether that comes within a time.
  boolean comes(Predicate<List<Request>> condition, Duration longest) throws InterruptedException {
    return comes(requests, condition, longest);
  }

  private boolean comes(List<Request> these, Predicate<List<Request>> condition, Duration longest)
      throws InterruptedException {
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
  public String id() {
    return "queue";
  }

  @Override
  public List<ReceivedMessage> receive(Duration wait) {
    Request request = new Receive(wait);
    pass(request);
    if (wait.isNegative() || wait.compareTo(LONGEST_WAIT) > 0) {
      throw unavailable("InvalidParameterValue", request);
    }
    long end = System.nanoTime() + LONG_POLL.toNanos();
    synchronized (lock) {
      List<ReceivedMessage> received = visible();
      long left = wait.isZero() ? 0 : LONG_POLL.toMillis();
      while (received.isEmpty() && left > 0) {
        try {
          lock.wait(left);
        } catch (InterruptedException _) {
          Thread.currentThread().interrupt();
          return List.of();
        }
        left = Duration.ofNanos(end - System.nanoTime()).toMillis();
        received = visible();
      }
      return received;
    }
  }

  private List<ReceivedMessage> visible() {
    Instant now = clock.instant();
    Set<String> locked =
        messages.values().stream()
            .filter(held -> now.isBefore(held.visibleFrom))
            .map(held -> held.group)
            .collect(Collectors.toSet());
    return messages.entrySet().stream()
        .filter(message -> !locked.contains(message.getValue().group))
        .limit(PushQueue.MAX_AT_ONCE)
        .map(message -> receive(message.getKey(), message.getValue(), now.plus(INVISIBLE)))
        .toList();
  }

  private static ReceivedMessage receive(String id, Held held, Instant visibleFrom) {
    held.receiveCount++;
    held.handle = id + " received " + held.receiveCount;
    held.visibleFrom = visibleFrom;
    return new ReceivedMessage(
        id, held.handle, held.group, held.body, held.sentAt, held.receiveCount);
  }

  @Override
  public void release(ReceivedMessage message, Duration after) {
    Request request = new Release(message.id(), after);
    settle(
        request,
        () -> {
          if (after.isNegative() || after.compareTo(LONGEST_VISIBILITY) > 0) {
            throw unavailable("InvalidParameterValue", request);
          }
          inFlight(message, request).visibleFrom = clock.instant().plus(after);
        });
  }

  @Override
  public void delete(List<ReceivedMessage> these) {
    if (these.isEmpty() || these.size() > MAX_AT_ONCE) {
      throw new QueueUnavailableException("not one to ten entries", null);
    }
    @Nullable QueueUnavailableException failed = null;
    for (ReceivedMessage message : these) {
      Request request = new Delete(message.id());
      try {
        settle(
            request,
            () -> {
              inFlight(message, request);
              messages.remove(message.id());
            });
      } catch (QueueUnavailableException failure) {
        failed = failure;
      }
    }
    if (failed != null) {
      throw failed;
    }
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
    if (held == null
        || !held.handle.equals(message.handle())
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
