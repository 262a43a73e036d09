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

  /// By the referrers tag schema of the OCI distribution specification, and by cosign, which adds
  /// what it is.
  private static final Pattern OF_AN_ATTACHMENT =
      Pattern.compile("sha256-[a-f0-9]{64}(?:\\.(?:sig|att|sbom))?");

  Tag {
    if (!GRAMMAR.matcher(value).matches()) {
      throw new IllegalArgumentException("not a tag");
    }
  }

  /// Returns the tag written as `text`, or nothing when `text` is not one.
  static Optional<Tag> parse(String text) {
    return GRAMMAR.matcher(text).matches() ? Optional.of(new Tag(text)) : Optional.empty();
  }

  /// Tells whether it is a name that tools give to what belongs to an image, and is none: a
  /// signature, an attestation, a bill of materials, or a list of these.
  boolean isOfAnAttachment() {
    return OF_AN_ATTACHMENT.matcher(value).matches();
  }

  @Override
  public String toString() {
    return value;
  }
}
