package dev.waggle.agent.queue;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Messages that were received together: each is kept from everybody else until its fate is known.
final class InFlight implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(InFlight.class);

  /// Soon enough that the good messages of its repository do not wait for a message that the queue
  /// is to give up.
  private static final Duration PAUSE_OF_MALFORMED = Duration.ofSeconds(1);

  private final PushQueue queue;
  private final Map<ReceivedMessage, Heartbeat> heartbeats = new LinkedHashMap<>();

  /// Keeps the messages in flight from now on.
  InFlight(PushQueue queue, List<ReceivedMessage> messages, Duration invisible) {
    this.queue = queue;
    for (ReceivedMessage message : messages) {
      heartbeats.put(message, Heartbeat.start(queue, message, invisible));
    }
  }

  /// All that were received, settled or not, in the order of the queue.
  List<ReceivedMessage> messages() {
    return List.copyOf(heartbeats.keySet());
  }

  void settle(ReceivedMessage message, MessageFate fate) {
    settle(List.of(message), fate);
  }

  /// Tells the queue, and keeps the messages in flight no longer. Where the queue cannot be told
  /// they come back by themselves, and find their services rolled.
  ///
  /// @param messages in the order of the queue, at least one
  void settle(List<ReceivedMessage> messages, MessageFate fate) {
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
      LOG.atWarn()
          .addKeyValue("messageIds", messages.stream().map(ReceivedMessage::id).toList())
          .addKeyValue("reason", failure.toString())
          .log("messages not settled");
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /// Keeps no message in flight any longer: what was not settled comes again when its time is over.
  @Override
  public void close() {
    heartbeats.values().forEach(Heartbeat::close);
  }

  private void extend(List<ReceivedMessage> messages, Duration invisible) {
    messages.forEach(message -> queue.extend(message, invisible));
  }

  private Heartbeat heartbeatOf(ReceivedMessage message) {
    Heartbeat heartbeat = heartbeats.get(message);
    if (heartbeat == null) {
      throw new IllegalArgumentException("not of these");
    }
    return heartbeat;
  }
}
