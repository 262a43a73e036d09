package dev.waggle.agent.queue;

import java.time.Duration;

/// What becomes of a message that was received.
sealed interface MessageFate {

  /// It was worked off: delete it.
  record WorkedOff() implements MessageFate {}

  /// It could not be worked off now: nobody shall receive it for a while.
  ///
  /// @param pause long enough that the queue's count of receives lasts through an outage
  record TryAgain(Duration pause) implements MessageFate {

    private static final Duration PAUSE_PER_RECEIVE = Duration.ofSeconds(30);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(15);

    /// After a pause that is longer with every time that the message was received, up to the
    /// longest: the queue gives it up after so many.
    static TryAgain of(ReceivedMessage message) {
      Duration pause = PAUSE_PER_RECEIVE.multipliedBy(message.receiveCount());
      return new TryAgain(pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE);
    }
  }

  /// It was left in the middle by a shutdown: the next agent shall have it at once.
  record GiveBack() implements MessageFate {}

  /// It can never be worked off: let the queue move it to its dead-letter queue.
  record LeaveToDeadLetters() implements MessageFate {}
}
