package dev.waggle.agent.doctor;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/// The queue that the agent was set to use. What goes wrong is an answer like another.
public interface ExaminedQueue {

  /// What asking the queue for itself came to.
  sealed interface QueueAnswer {

    /// The server's clock, empty if it did not say.
    Optional<Instant> time();

    /// The queue's attributes.
    ///
    /// @param state what it is
    /// @param time the server's clock, empty if it did not say
    record Attributes(QueueState state, Optional<Instant> time) implements QueueAnswer {}

    /// The server would not say.
    ///
    /// @param code the server's word for it, such as `AccessDenied`
    /// @param message the server's sentence
    /// @param time the server's clock, empty if it did not say
    record Refused(String code, String message, Optional<Instant> time) implements QueueAnswer {}

    /// There was no server, or it was not asked.
    ///
    /// @param reason what happened
    record Unreachable(String reason) implements QueueAnswer {

      @Override
      public Optional<Instant> time() {
        return Optional.empty();
      }
    }
  }

  /// What a queue says of itself.
  ///
  /// @param fifo whether it keeps order
  /// @param visibility how long a message is hidden whose receiver does not say
  /// @param retention how long it keeps a message, empty if it did not say
  /// @param delay how long every message waits first
  /// @param deadLetterQueue the name of the queue that takes what cannot be handled, empty if there
  ///   is none
  /// @param maxReceiveCount after how many receives, empty if there is none
  /// @param waiting how many messages wait, roughly
  /// @param inFlight how many are being worked on, roughly
  record QueueState(
      boolean fifo,
      Duration visibility,
      Optional<Duration> retention,
      Duration delay,
      Optional<String> deadLetterQueue,
      OptionalInt maxReceiveCount,
      long waiting,
      long inFlight) {}

  /// Who the agent is to the queue.
  sealed interface Identity {

    /// Credentials were found; whether they are good only the queue can tell.
    ///
    /// @param keyEnding the last four characters of the access key's id
    /// @param source where they were found, in the SDK's words
    record Found(String keyEnding, String source) implements Identity {}

    /// There are none.
    ///
    /// @param reason what happened
    record None(String reason) implements Identity {}
  }

  /// Asks for the queue's attributes.
  QueueAnswer attributes();

  /// Looks for the credentials.
  Identity identity();
}
