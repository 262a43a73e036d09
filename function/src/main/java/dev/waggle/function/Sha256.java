package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// SHA-256 of a text's UTF-8 bytes.
final class Sha256 {
  private Sha256() {}

  /// Returns the 32 bytes of the hash.
  static byte[] of(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new LinkageError("every Java platform has SHA-256", e);
    }
  }

  /// Returns the hash in 64 lower-case hexadecimal digits.
  static String hex(String text) {
    return HexFormat.of().formatHex(of(text));
  }
}
