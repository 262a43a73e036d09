package dev.waggle.agent.queue;

import java.time.Duration;
import java.util.List;

/// The queue that pushes wait in.
///
/// Every method throws [QueueUnavailableException] if the queue does not do what it was asked.
public interface PushQueue {

  /// The most that one receive brings: what SQS offers.
  int MOST_AT_ONCE = 10;

  /// Waits for messages, twenty seconds at most: a wait that has begun cannot be cut short.
  ///
  /// @param invisible how long nobody else shall receive them, nor others of their groups
  /// @return at most [#MOST_AT_ONCE], those of a group in the order in which they were sent
  List<ReceivedMessage> receive(Duration invisible);

  /// Keeps a message in flight for a time from now on; zero gives it back at once.
  void extend(ReceivedMessage message, Duration invisible);

  /// Removes messages for good: all that can be, though some may not.
  ///
  /// @param messages at most [#MOST_AT_ONCE]
  void delete(List<ReceivedMessage> messages);
}
