package dev.waggle.function;

import java.util.Optional;
import java.util.regex.Pattern;

/// The name under which an image was pushed into its repository.
///
/// @param value at most 128 letters, digits, `_`, `.` and `-`, not beginning with `.` or `-`
record Tag(String value) {
  static final String EXPECTED =
      "a tag: at most 128 letters, digits, '_', '.', '-', not beginning with '.' or '-'";

  private static final Pattern GRAMMAR = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");

  Tag {
    if (!GRAMMAR.matcher(value).matches()) {
      throw new IllegalArgumentException("not a tag");
    }
  }

  /// Returns the tag written as `text`, or nothing when `text` is not one.
  static Optional<Tag> parse(String text) {
    return GRAMMAR.matcher(text).matches() ? Optional.of(new Tag(text)) : Optional.empty();
  }

  @Override
  public String toString() {
    return value;
  }
}
