package dev.waggle.agent.inbox;

import java.time.Duration;
import java.util.List;

/// The queue that pushes wait in.
///
/// Every method throws [QueueUnavailableException] if the queue does not do what it was asked.
public interface PushQueue {

  /// The most that one receive brings: what SQS offers.
  int MAX_AT_ONCE = 10;

  /// Tells the queue from others, in a few letters.
  String id();

  /// Waits for messages: a wait that has begun cannot be cut short.
  ///
  /// @param wait how long, twenty seconds at most; zero for what is there
  /// @return at most [#MAX_AT_ONCE], those of a group in the order in which they were sent
  List<ReceivedMessage> receive(Duration wait);

  /// Lets a message be received again.
  ///
  /// @param after how long nobody shall receive it, nor others of its group
  void release(ReceivedMessage message, Duration after);

  /// Removes messages for good: all that can be, though some may not.
  ///
  /// @param messages at most [#MAX_AT_ONCE]
  void delete(List<ReceivedMessage> messages);
}
