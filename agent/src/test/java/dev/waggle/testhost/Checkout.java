package dev.waggle.testhost;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/// What git says of the files that are tested.
public final class Checkout {
  /// Of an archive without history.
  private static final String NO_COMMIT = "0".repeat(40);

  private Checkout() {}

  /// The hash of the commit that the files are of, with or without changes; all zeros where nobody
  /// knows.
  public static String commit() {
    if (!HostCommand.exists(List.of("git"))) {
      return NO_COMMIT;
    }
    // Root builds what another has checked out.
    HostCommand.Result head =
        HostCommand.attempt(
            Duration.ofSeconds(10), Map.of(), "git", "-c", "safe.directory=*", "rev-parse", "HEAD");
    return head.status() == 0 ? head.output().strip() : NO_COMMIT;
  }
}
