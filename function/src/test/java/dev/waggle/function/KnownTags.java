package dev.waggle.function;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A registry in memory: knows the tags it was given and misses all others, as a real one does.
final class KnownTags implements Registry {
  /// What was asked for, in order.
  final List<String> asked = new ArrayList<>();

  private final Map<String, Finding> findings = new HashMap<>();

  KnownTags knowing(String repository, String tag, Finding finding) {
    findings.put(new Repository(repository) + ":" + new Tag(tag), finding);
    return this;
  }

  @Override
  public Finding find(Repository repository, Tag tag, Deadline deadline) {
    String name = repository + ":" + tag;
    asked.add(name);
    return findings.getOrDefault(name, new Finding.Missing());
  }
}
