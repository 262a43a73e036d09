package dev.waggle.function;

import java.util.Optional;
import java.util.regex.Pattern;

/// A repository of Docker Hub.
///
/// Each has one form here, the one its registry speaks: an official image is `library/busybox`, and
/// no name carries `docker.io/`.
///
/// @param value namespace and name, at most 255 characters
record Repository(String value) {
  static final String EXPECTED =
      "a Docker Hub repository: namespace/name, or the name of an official image";

  private static final String OFFICIAL = "library/";
  private static final int MAX_LENGTH = 255;

  /// The grammar of github.com/distribution/reference.
  private static final String COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";

  private static final Pattern GRAMMAR = Pattern.compile(COMPONENT + "(?:/" + COMPONENT + ")+");

  /// The same grammar takes a bare name of this form for an image's identifier.
  private static final Pattern IDENTIFIER = Pattern.compile("[a-f0-9]{64}");

  Repository {
    if (!isCanonical(value)) {
      throw new IllegalArgumentException("not a Docker Hub repository");
    }
  }

  /// Returns the repository written as `text`, in any form that a reference to Docker Hub has, or
  /// nothing when `text` is not one or names another registry.
  static Optional<Repository> parse(String text) {
    if (IDENTIFIER.matcher(text).matches()) {
      return Optional.empty();
    }
    String path = text;
    int slash = text.indexOf('/');
    if (slash > 0 && isHost(text.substring(0, slash))) {
      String host = text.substring(0, slash);
      if (!host.equals("docker.io") && !host.equals("index.docker.io")) {
        return Optional.empty();
      }
      path = text.substring(slash + 1);
    }
    String canonical = path.indexOf('/') < 0 ? OFFICIAL + path : path;
    return isCanonical(canonical) ? Optional.of(new Repository(canonical)) : Optional.empty();
  }

  /// The length goes first: the expression recurses once for each separator. A namespace that looks
  /// like a registry would be taken for one by whoever reads this form.
  private static boolean isCanonical(String value) {
    return value.length() <= MAX_LENGTH
        && GRAMMAR.matcher(value).matches()
        && !isHost(value.substring(0, value.indexOf('/')));
  }

  /// What the reference grammar takes for a registry when it stands before the first slash.
  private static boolean isHost(String first) {
    return first.indexOf('.') >= 0 || first.indexOf(':') >= 0 || first.equals("localhost");
  }

  @Override
  public String toString() {
    return value;
  }
}
