package dev.waggle.function;

import java.time.Instant;
import java.util.Set;

/// Docker Hub's own account of when a tag was pushed last: evidence where it is there, never a gate
/// where it is not.
@FunctionalInterface
interface PushRecords {
  /// Knows nothing of any tag.
  PushRecords NONE = (_, _, _) -> new Finding.Nothing();

  /// Asks for the last push of a tag. Answers in every case, by the deadline.
  Finding find(Repository repository, Tag tag, Deadline deadline);

  /// What Docker Hub says.
  sealed interface Finding {
    /// Docker Hub recorded a push of the tag.
    ///
    /// @param pushedAt when it was
    /// @param digests of what was pushed: one, or where Docker Hub has none for a tag of old, those
    ///   of its parts, among which is the one of an image for a single platform
    record LastPush(Instant pushedAt, Set<Digest> digests) implements Finding {}

    /// There is no record, or none to be had.
    record Nothing() implements Finding {}

    /// Docker Hub answers nobody at our address for a while.
    record Limited() implements Finding {}
  }
}
