package dev.waggle.agent.push;

import java.util.regex.Pattern;

/// A tag of an image, at most 128 characters of the reference grammar.
///
/// @param value the tag without its colon
public record Tag(String value) {

  static final String GRAMMAR = "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}";
  private static final Pattern PATTERN = Pattern.compile(GRAMMAR);

  /// What cosign and others attach to an image of that digest.
  private static final Pattern ATTACHMENT =
      Pattern.compile("sha256-[a-f0-9]{64}(?:\\.(?:sig|att|sbom))?");

  /// @throws IllegalArgumentException if the value is not a tag by the grammar of
  ///   distribution/reference
  public Tag {
    if (!PATTERN.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "a tag has 1 to 128 letters, digits, '_', '.' or '-' and starts with none of the last"
              + " two");
    }
  }

  /// Whether it names something that is attached to an image, such as its signature.
  public boolean isOfAnAttachment() {
    return ATTACHMENT.matcher(value).matches();
  }

  @Override
  public String toString() {
    return value;
  }
}
