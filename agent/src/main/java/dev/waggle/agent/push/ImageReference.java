package dev.waggle.agent.push;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An image as a service names it, in whatever form somebody wrote it.
///
/// @param repository where it lives
/// @param tag its tag, null if none was written
/// @param digest its content, null if it was not pinned
public record ImageReference(Repository repository, @Nullable Tag tag, @Nullable Digest digest) {

  // The name is whatever is left: a tag has no slash, so that a registry's port is not taken for
  // one.
  private static final Pattern REFERENCE =
      Pattern.compile(
          "(?<name>[^@]*?)(?::(?<tag>"
              + Tag.GRAMMAR
              + "))?(?:@(?<digest>"
              + Digest.GRAMMAR
              + "))?");
  private static final String LABEL = "(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])";
  private static final Pattern REGISTRY =
      Pattern.compile("(?:" + LABEL + "(?:\\." + LABEL + ")*|\\[[A-Fa-f0-9:]+])(?::[0-9]+)?");

  /// Reads a reference by the rules of distribution/reference: the part before the first slash is a
  /// registry if it has a dot, a colon or an upper-case letter, or is `localhost`.
  ///
  /// @return empty if the text is no reference that a registry could resolve
  public static Optional<ImageReference> parse(String text) {
    Matcher matcher = REFERENCE.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new ImageReference(
              repository(matcher.group("name")),
              matcher.group("tag") == null ? null : new Tag(matcher.group("tag")),
              matcher.group("digest") == null ? null : new Digest(matcher.group("digest"))));
    } catch (IllegalArgumentException notByTheGrammar) {
      return Optional.empty();
    }
  }

  private static Repository repository(String name) {
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    if (!namesRegistry(first)) {
      return Repository.onDockerHub(name);
    }
    if (!REGISTRY.matcher(first).matches()) {
      throw new IllegalArgumentException("not a registry's domain");
    }
    String path = name.substring(slash + 1);
    return switch (first) {
      case Repository.DOCKER_HUB, "index.docker.io" -> Repository.onDockerHub(path);
      default -> new Repository(first, path);
    };
  }

  private static boolean namesRegistry(String first) {
    return first.contains(".")
        || first.contains(":")
        || first.equals("localhost")
        || first.chars().anyMatch(Character::isUpperCase);
  }

  /// Whether both are pinned to the same content, whatever their tags: one push often gives one
  /// image several.
  public boolean hasSameContentAs(ImageReference other) {
    return digest != null && digest.equals(other.digest()) && repository.equals(other.repository());
  }

  /// The reference as Docker prints it: familiar name, tag, digest.
  @Override
  public String toString() {
    return repository.familiarName()
        + (tag == null ? "" : ":" + tag)
        + (digest == null ? "" : "@" + digest);
  }
}
