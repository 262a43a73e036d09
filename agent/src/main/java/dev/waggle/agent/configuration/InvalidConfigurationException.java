package dev.waggle.agent.configuration;

import java.io.Serial;
import java.util.List;

/// The settings do not hold together; the message names every one that does not, and what to do.
public final class InvalidConfigurationException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  InvalidConfigurationException(List<String> problems) {
    super(String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /// Each of them.
  public List<String> problems() {
    return problems;
  }
}
