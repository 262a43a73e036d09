package dev.waggle.function;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// An accepted push, as it travels to the agent.
///
/// What binds both sides is the JSON, not this type: the golden files of the contract.
///
/// @param deliveryId of the request that brought it
/// @param repository where the image was pushed to
/// @param tag as what it was pushed
/// @param digest of the image; absent when only the agent's engine can prove the push
/// @param time when it was pushed, and how well that is known
/// @param acceptedAt when it was accepted, to the millisecond
record PushMessage(
    DeliveryId deliveryId,
    Repository repository,
    Tag tag,
    @Nullable Digest digest,
    PushTime time,
    Instant acceptedAt) {
  private static final int VERSION = 1;

  /// How long SQS lets a group's name be.
  private static final int MAX_GROUP = 128;

  PushMessage {
    acceptedAt = acceptedAt.truncatedTo(ChronoUnit.MILLIS);
  }

  /// Returns the message on one line; a field that is absent is left out.
  String json() {
    return Json.object(
        json -> {
          json.writeNumberField("version", VERSION);
          json.writeStringField("deliveryId", deliveryId.value());
          json.writeStringField("repository", repository.value());
          json.writeStringField("tag", tag.value());
          Json.optional(json, "digest", digest);
          Json.optional(json, "pushedAt", pushedAt());
          json.writeStringField("evidence", time.evidence().standing().toString());
          mark(json, "limited", time.evidence() == Evidence.LIMITED);
          mark(json, "lookAgain", time.older());
          json.writeStringField("acceptedAt", acceptedAt.toString());
        });
  }

  /// Writes a field that is true, or absent: an older agent does without it.
  static void mark(JsonGenerator json, String name, boolean marked) throws IOException {
    if (marked) {
      json.writeBooleanField(name, true);
    }
  }

  /// Returns the message group: one for each repository, so that its pushes stay in order and go to
  /// one agent at a time.
  String group() {
    return repository.value().length() <= MAX_GROUP
        ? repository.value()
        : Sha256.hex(repository.value());
  }

  /// Returns what the queue knows a repeat of this message by.
  String deduplicationId() {
    return Sha256.hex(identity());
  }

  /// Returns when the push was made, as far as the agent is told: never later than it was accepted,
  /// however far ahead the clock of whoever says so is.
  @Nullable Instant pushedAt() {
    Instant at = time.at();
    return at != null && at.isAfter(acceptedAt) ? acceptedAt : at;
  }

  /// Returns what tells this push from every other, to drop the five or six repeats that Docker Hub
  /// sends of one push: an image under a tag, at a time. Without the time, an image that comes back
  /// to its tag would be taken for a repeat.
  ///
  /// Docker Hub's record has one time for a push; deliveries of it may be seconds apart, and then a
  /// minute counts as one time. A time that is only claimed counts no later than it was accepted:
  /// nobody may use up the identity of a push that is still to come. Without a digest of the push
  /// nothing is proven, so that each delivery is a push of its own; the agent does nothing when it
  /// is told twice.
  String identity() {
    return String.join("\n", repository.value(), tag.value(), what());
  }

  private String what() {
    if (digest == null || time.older()) {
      return deliveryId.value();
    }
    if (time.recorded()) {
      return digest + "\n" + time.at();
    }
    Instant claimed = Objects.requireNonNullElse(pushedAt(), acceptedAt);
    return digest + "\n" + claimed.truncatedTo(ChronoUnit.MINUTES);
  }
}
