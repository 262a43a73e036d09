package dev.waggle.agent.service;

import java.io.Serial;

/// The engine gave no usable answer: it is down, restarting, or not a manager. Nothing is known of
/// the call that failed, so that whoever catches this looks again before doing anything else.
public class SwarmUnavailableException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  /// Tells of an answer that is none.
  ///
  /// @param message what was asked and what came back
  public SwarmUnavailableException(String message) {
    super(message);
  }

  /// Tells of a call that failed.
  ///
  /// @param message what was asked
  /// @param cause what happened instead
  public SwarmUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
