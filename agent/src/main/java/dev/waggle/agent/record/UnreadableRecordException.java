package dev.waggle.agent.record;

import java.io.Serial;

/// The record of a service is none that this agent can read: it does nothing for that service.
public final class UnreadableRecordException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  /// Tells what is wrong, and what to do.
  public UnreadableRecordException(String message, Throwable cause) {
    super(message, cause);
  }
}
