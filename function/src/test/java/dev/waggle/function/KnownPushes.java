package dev.waggle.function;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Docker Hub's records in memory: knows the pushes it was given, and of all others nothing.
/// Notices who asks and does not hang up.
final class KnownPushes implements PushRecords {
  /// What was asked for, in order.
  final List<String> asked = new ArrayList<>();

  private final Map<String, PushRecord> records = new HashMap<>();
  private int open;

  KnownPushes knowing(String repository, String tag, Digest digest, Instant pushedAt) {
    records.put(
        new Repository(repository) + ":" + new Tag(tag), new PushRecord(pushedAt, Set.of(digest)));
    return this;
  }

  /// How many questions are still open.
  int open() {
    return open;
  }

  @Override
  public Asked ask(Repository repository, Tag tag, Deadline deadline) {
    String name = repository + ":" + tag;
    asked.add(name);
    open++;
    return new Asked() {
      @Override
      public Optional<PushRecord> answer() {
        return Optional.ofNullable(records.get(name));
      }

      @Override
      public void close() {
        open--;
      }
    };
  }
}
