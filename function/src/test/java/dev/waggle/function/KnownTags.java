package dev.waggle.function;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A registry in memory: knows the tags it was given and misses all others, as a real one does.
final class KnownTags implements Registry {
  /// What was asked for, in order.
  final List<String> asked = new ArrayList<>();

  /// What was asked of digests, in order.
  final List<Digest> judged = new ArrayList<>();

  private final Map<String, Finding> findings = new HashMap<>();
  private final Set<Digest> artifacts = new HashSet<>();

  KnownTags knowing(String repository, String tag, Finding finding) {
    findings.put(new Repository(repository) + ":" + new Tag(tag), finding);
    return this;
  }

  /// Keeps something else than an image under a digest.
  KnownTags keepingAnArtifact(Digest digest) {
    artifacts.add(digest);
    return this;
  }

  @Override
  public boolean isImage(Repository repository, Finding.Found found, Deadline deadline) {
    judged.add(found.digest());
    return !artifacts.contains(found.digest());
  }

  @Override
  public Finding find(Repository repository, Tag tag, Deadline deadline) {
    String name = repository + ":" + tag;
    asked.add(name);
    return findings.getOrDefault(name, new Finding.Missing());
  }
}
