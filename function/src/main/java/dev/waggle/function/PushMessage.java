package dev.waggle.function;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/// An accepted push, as it travels to the agent.
///
/// What binds both sides is the JSON, not this type: the golden files of the contract.
///
/// @param deliveryId of the request that brought it
/// @param repository where the image was pushed to
/// @param tag as what it was pushed
/// @param digest of the image; absent when only the agent's engine can prove the push
/// @param pushedAt when Docker Hub says it was pushed
/// @param acceptedAt when it was accepted, to the millisecond
record PushMessage(
        DeliveryId deliveryId,
        Repository repository,
        Tag tag,
        @Nullable Digest digest,
        @Nullable Instant pushedAt,
        Instant acceptedAt) {
    private static final int VERSION = 1;

    PushMessage {
        acceptedAt = acceptedAt.truncatedTo(ChronoUnit.MILLIS);
    }

    /// Returns the message on one line; a field that is absent is left out.
    String json() {
        return Json.object(json -> {
            json.writeNumberField("version", VERSION);
            json.writeStringField("deliveryId", deliveryId.value());
            json.writeStringField("repository", repository.value());
            json.writeStringField("tag", tag.value());
            Json.optional(json, "digest", digest);
            Json.optional(json, "pushedAt", pushedAt);
            json.writeStringField("acceptedAt", acceptedAt.toString());
        });
    }

    /// Returns what tells this push from every other, to drop the five or six repeats that Docker
    /// Hub sends of one push: an image under a tag.
    ///
    /// Without a digest the time of the push stands for it: repository and tag alone would swallow a
    /// second push of the same tag. Without that too, nothing is dropped; the agent does nothing
    /// when it is told twice.
    String identity() {
        var what = digest != null ? digest : pushedAt != null ? pushedAt : deliveryId;
        return repository + "\n" + tag + "\n" + what;
    }
}
