package dev.waggle.agent.service;

import java.io.Serial;

/// The engine answers, but the registry does not answer it.
public final class RegistryUnavailableException extends SwarmUnavailableException {

  @Serial private static final long serialVersionUID = 1L;

  /// Tells of an answer that is none.
  ///
  /// @param message what was asked and what came back
  public RegistryUnavailableException(String message) {
    super(message);
  }
}
