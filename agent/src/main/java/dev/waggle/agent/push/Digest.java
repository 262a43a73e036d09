package dev.waggle.agent.push;

import java.util.regex.Pattern;

/// The content address of a manifest: `sha256:` and 64 lower-case hexadecimal digits.
///
/// @param value the digest in its written form
public record Digest(String value) {

  static final String GRAMMAR = "sha256:[a-f0-9]{64}";
  private static final Pattern PATTERN = Pattern.compile(GRAMMAR);

  /// @throws IllegalArgumentException if the value is not of the form that the OCI image
  ///   specification gives for SHA-256
  public Digest {
    if (!PATTERN.matcher(value).matches()) {
      throw new IllegalArgumentException("a digest is sha256: and 64 hexadecimal digits");
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
