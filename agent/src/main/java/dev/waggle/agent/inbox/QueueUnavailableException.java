package dev.waggle.agent.inbox;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/// The queue did not do what it was asked: it is out of reach, refuses us, or no longer knows a
/// receipt.
public final class QueueUnavailableException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  /// Tells of a call that failed.
  ///
  /// @param message what was asked, and the queue's own words
  /// @param cause what happened, null if the queue itself said so
  public QueueUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
