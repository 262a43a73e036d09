package dev.waggle.function;

import java.io.Serial;
import java.util.List;

/// Thrown instead of starting with settings that are missing, wrong or unknown. The message names
/// all of them, each with its problem and its remedy, and no hash.
public final class InvalidConfigurationException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  InvalidConfigurationException(List<String> problems) {
    super(
        "the function cannot start, its environment needs "
            + (problems.size() == 1 ? "a change" : problems.size() + " changes")
            + ":\n- "
            + String.join("\n- ", problems));
  }
}
