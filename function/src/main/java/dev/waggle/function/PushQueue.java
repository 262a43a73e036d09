package dev.waggle.function;

import java.util.Optional;

/// Carries accepted pushes to the agent.
interface PushQueue {
    /// Hands over one push. Answers in every case, by the deadline.
    Sending send(PushMessage push, Deadline deadline);

    /// Makes the first [#send] fast. Returns why that failed, or nothing.
    Optional<String> warmUp();

    /// What became of a message.
    sealed interface Sending {}

    /// The queue has it, now or from an earlier delivery of the same push.
    record Sent() implements Sending {}

    /// The queue may not have it.
    ///
    /// @param reason in constant words and codes
    record NotSent(String reason) implements Sending {}
}
