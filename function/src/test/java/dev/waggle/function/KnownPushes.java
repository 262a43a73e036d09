package dev.waggle.function;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Docker Hub's records in memory: knows the pushes it was given, and of all others nothing.
final class KnownPushes implements PushRecords {
  /// What was asked for, in order.
  final List<String> asked = new ArrayList<>();

  private final Map<String, Finding> records = new HashMap<>();
  private int limited;

  KnownPushes knowing(String repository, String tag, Digest digest, Instant pushedAt) {
    records.put(
        new Repository(repository) + ":" + new Tag(tag),
        new Finding.LastPush(pushedAt, Set.of(digest)));
    return this;
  }

  /// Answers nothing else that many times.
  KnownPushes limiting(int times) {
    limited = times;
    return this;
  }

  @Override
  public Finding find(Repository repository, Tag tag, Deadline deadline) {
    String name = repository + ":" + tag;
    asked.add(name);
    if (limited > 0) {
      limited--;
      return new Finding.Limited();
    }
    return records.getOrDefault(name, new Finding.Nothing());
  }
}
