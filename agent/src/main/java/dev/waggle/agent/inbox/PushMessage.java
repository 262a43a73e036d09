package dev.waggle.agent.inbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.Evidence;
import dev.waggle.agent.push.Push;
import dev.waggle.agent.push.Repository;
import dev.waggle.agent.push.Tag;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What the text of a message turned out to be. Its form is bound by the files in `src/contract`;
/// fields that are unknown are of a newer function, and ignored.
sealed interface PushMessage {

  /// The form that this agent reads.
  int VERSION = 1;

  JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  record Valid(Push push) implements PushMessage {}

  /// It is no message of ours.
  ///
  /// @param reason the field and what was expected of it, never its content
  record Malformed(String reason) implements PushMessage {}

  static PushMessage parse(String body) {
    try {
      JsonNode message = JSON.readTree(body);
      if (!message.isObject()) {
        return new Malformed("expected a JSON object");
      }
      if (!message.path("version").isInt() || message.path("version").intValue() != VERSION) {
        return new Malformed(
            "version: expected " + VERSION + "; is the agent older than the function?");
      }
      // The digest and its time are then of an earlier push: the engine finds out what was pushed.
      boolean earlier = message.path("lookAgain").asBoolean();
      Digest digest = optional(message, "digest", Digest::new, "a sha256 digest");
      Instant pushedAt = optional(message, "pushedAt", Instant::parse, "an ISO-8601 time");
      return new Valid(
          new Push(
              required(message, "deliveryId", Function.identity(), "a text"),
              required(
                  message, "repository", Repository::onDockerHub, "a repository of Docker Hub"),
              required(message, "tag", Tag::new, "a tag"),
              earlier ? null : digest,
              earlier ? null : pushedAt,
              evidence(message),
              required(message, "acceptedAt", Instant::parse, "an ISO-8601 time")));
    } catch (JsonProcessingException notJson) {
      return new Malformed("expected JSON without duplicate fields");
    } catch (UnexpectedFieldException unexpected) {
      return new Malformed(unexpected.getMessage() == null ? "" : unexpected.getMessage());
    }
  }

  /// Absent in what an older function sent, which knew nothing either way.
  private static Evidence evidence(JsonNode message) {
    if (message.path("limited").asBoolean()) {
      return Evidence.LIMITED;
    }
    Evidence evidence =
        optional(message, "evidence", Evidence::parse, "confirmed, unknown or contradicted");
    return evidence == null ? Evidence.UNKNOWN : evidence;
  }

  private static <T> T required(
      JsonNode message, String field, Function<String, T> type, String expected) {
    T value = optional(message, field, type, expected);
    if (value == null) {
      throw new UnexpectedFieldException(field, expected);
    }
    return value;
  }

  private static <T> @Nullable T optional(
      JsonNode message, String field, Function<String, T> type, String expected) {
    JsonNode node = message.path(field);
    if (node.isMissingNode() || node.isNull()) {
      return null;
    }
    if (!node.isTextual()) {
      throw new UnexpectedFieldException(field, expected);
    }
    try {
      return type.apply(node.textValue());
    } catch (IllegalArgumentException | DateTimeParseException wrong) {
      throw new UnexpectedFieldException(field, expected);
    }
  }

  /// Leaves the reading of one field; never leaves this file.
  final class UnexpectedFieldException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private UnexpectedFieldException(String field, String expected) {
      super(field + ": expected " + expected, null, false, false);
    }
  }
}
