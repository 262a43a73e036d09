package dev.waggle.agent.queue;

import java.time.Duration;

/// What becomes of a message that was received.
sealed interface MessageFate {

    /// It was worked off: delete it.
    record WorkedOff() implements MessageFate {}

    /// It could not be worked off now: nobody shall receive it for a while.
    ///
    /// @param pause long enough that the queue's count of receives lasts through an outage
    record TryAgain(Duration pause) implements MessageFate {}

    /// It was left in the middle by a shutdown: the next agent shall have it at once.
    record GiveBack() implements MessageFate {}

    /// It can never be worked off: let the queue move it to its dead-letter queue.
    record LeaveToDeadLetters() implements MessageFate {}
}
