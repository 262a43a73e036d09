package dev.waggle.function;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// A request's body, or why there is none to read.
sealed interface Body {
  /// The largest body that is read, in bytes: fifty times the largest real delivery.
  int MAX_BYTES = 256 * 1024;

  /// What some editors put before a text, and JSON may not have (RFC 8259, section 8.1).
  String BYTE_ORDER_MARK = "\uFEFF";

  /// A body to read.
  ///
  /// @param value the decoded body
  record Text(String value) implements Body {}

  /// More than [#MAX_BYTES], encoded or decoded.
  record Oversized() implements Body {}

  /// A body that is no text.
  ///
  /// @param expected what a body must be and this one is not
  record Unreadable(String expected) implements Body {}

  /// Decodes a body as API Gateway hands it over.
  static Body of(@Nullable String body, boolean base64) {
    if (body == null) {
      return new Unreadable("a JSON object");
    }
    Body read = base64 ? decoded(body) : plain(body);
    return read instanceof Text(String text) && text.startsWith(BYTE_ORDER_MARK)
        ? new Unreadable("text without a byte order mark")
        : read;
  }

  private static Body decoded(String body) {
    if (body.length() > (MAX_BYTES + 2) / 3 * 4) {
      return new Oversized();
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(body);
    } catch (IllegalArgumentException _) {
      return new Unreadable("base64, as the event says it is");
    }
    if (bytes.length > MAX_BYTES) {
      return new Oversized();
    }
    try {
      return new Text(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException _) {
      return new Unreadable("text in UTF-8");
    }
  }

  private static Body plain(String body) {
    if (body.length() > MAX_BYTES) {
      return new Oversized();
    }
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(body));
      return bytes.remaining() > MAX_BYTES ? new Oversized() : new Text(body);
    } catch (CharacterCodingException _) {
      return new Unreadable("text without unpaired surrogates");
    }
  }
}
