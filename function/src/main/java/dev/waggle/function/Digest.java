package dev.waggle.function;

import java.util.Optional;
import java.util.regex.Pattern;

/// The content address of an image, `sha256:` and 64 lower-case hexadecimal digits.
///
/// @param value the whole text, algorithm included
record Digest(String value) {
  private static final Pattern GRAMMAR = Pattern.compile("sha256:[a-f0-9]{64}");

  Digest {
    if (!GRAMMAR.matcher(value).matches()) {
      throw new IllegalArgumentException("not a sha256 digest");
    }
  }

  /// Returns the digest written as `text`, or nothing when `text` is not one.
  static Optional<Digest> parse(String text) {
    return GRAMMAR.matcher(text).matches() ? Optional.of(new Digest(text)) : Optional.empty();
  }

  @Override
  public String toString() {
    return value;
  }
}
