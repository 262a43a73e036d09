package dev.waggle.function;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The repositories whose pushes are ours, each with the tags that are wanted of it.
final class AllowList {
  private record Entry(Repository repository, TagPattern tags) {}

  private final List<Entry> entries;

  private AllowList(List<Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  /// Reads comma-separated `namespace/name` or `namespace/name:pattern`; blanks around an entry do
  /// not count.
  ///
  /// @throws IllegalArgumentException naming every entry that is neither
  static AllowList parse(String setting) {
    List<Entry> entries = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (String text : setting.split(",", -1)) {
      String entry = text.strip();
      int colon = entry.indexOf(':');
      Optional<Repository> repository =
          Repository.parse(colon < 0 ? entry : entry.substring(0, colon));
      Optional<TagPattern> tags =
          colon < 0 ? Optional.of(TagPattern.ANY) : TagPattern.parse(entry.substring(colon + 1));
      if (repository.isPresent() && tags.isPresent()) {
        entries.add(new Entry(repository.get(), tags.get()));
      } else {
        problems.add("'" + entry + "'");
      }
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          "has "
              + String.join(", ", problems)
              + ": write each entry as namespace/name or namespace/name:pattern, for example"
              + " vorce/playlistlog:1.*");
    }
    return new AllowList(entries);
  }

  /// The repository that was named first.
  Repository first() {
    return entries.getFirst().repository;
  }

  /// Tells whether pushes to `repository` are ours.
  boolean contains(Repository repository) {
    return entries.stream().anyMatch(entry -> entry.repository.equals(repository));
  }

  /// Tells whether a push of `tag` to `repository` is wanted.
  boolean wants(Repository repository, Tag tag) {
    return entries.stream()
        .anyMatch(entry -> entry.repository.equals(repository) && entry.tags.matches(tag));
  }

  @Override
  public String toString() {
    return entries.toString();
  }
}
