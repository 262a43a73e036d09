package dev.waggle.function;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/// Docker Hub's own account of when a tag was pushed last: evidence where it is there, never a gate
/// where it is not.
@FunctionalInterface
interface PushRecords {
  /// Knows nothing of any tag.
  PushRecords NONE =
      (repository, tag, deadline) ->
          new Asked() {
            @Override
            public Optional<PushRecord> answer() {
              return Optional.empty();
            }

            @Override
            public void close() {}
          };

  /// Begins to ask for the last push of a tag, and does not wait for the answer.
  Asked ask(Repository repository, Tag tag, Deadline deadline);

  /// A question that may be answered yet.
  interface Asked extends AutoCloseable {
    /// Waits for the answer, at most until the deadline. None if there is no record, or none to be
    /// had.
    Optional<PushRecord> answer();

    /// Stops asking.
    @Override
    void close();
  }

  /// The last push of a tag.
  ///
  /// @param pushedAt when it was
  /// @param digests of what was pushed: one, or where Docker Hub has none for a tag of old, those
  ///   of its parts, among which is the one of an image for a single platform
  record PushRecord(Instant pushedAt, Set<Digest> digests) {}
}
