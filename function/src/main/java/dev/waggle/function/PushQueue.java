package dev.waggle.function;

/// Carries accepted pushes to the agent.
@FunctionalInterface
interface PushQueue {
  /// Hands over one push. Answers in every case, by the deadline.
  Sending send(PushMessage push, Deadline deadline);

  /// What became of a message.
  sealed interface Sending {
    /// The queue has it, now or from an earlier delivery of the same push.
    record Sent() implements Sending {}

    /// The queue may not have it.
    ///
    /// @param reason in constant words and codes
    record NotSent(String reason) implements Sending {}
  }
}
