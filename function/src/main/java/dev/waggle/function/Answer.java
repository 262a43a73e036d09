package dev.waggle.function;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/// What the sender of a request is told.
///
/// @param status of HTTP
/// @param body one JSON object
record Answer(int status, String body) {

    /// Returns the answer that goes with a verdict.
    static Answer to(DeliveryId deliveryId, Verdict verdict) {
        return new Answer(status(verdict), Json.object(json -> write(json, deliveryId, verdict)));
    }

    private static int status(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Accepted _,Verdict.AcceptedUnproven _ -> 202;
            case Verdict.NoTag _,Verdict.TagNotWanted _,Verdict.TagNotInRegistry _ -> 200;
            case Verdict.WrongToken _ -> 403;
            case Verdict.TooLarge _ -> 413;
            case Verdict.NotADelivery _,Verdict.NotOurRepository _ -> 422;
            case Verdict.UnexpectedFailure _ -> 500;
            case Verdict.QueueUnavailable _ -> 503;
        };
    }

    private static void write(JsonGenerator json, DeliveryId id, Verdict verdict)
            throws IOException {
        switch (verdict) {
            case Verdict.Accepted(_, var push) -> {
                begin(json, "accepted", id);
                push(json, push);
            }
            case Verdict.AcceptedUnproven(_, var push, var doubt) -> {
                begin(json, "accepted", id);
                push(json, push);
                json.writeStringField("unproven", doubt.toString());
            }
            case Verdict.NoTag(_, var repository) -> {
                begin(json, "ignored", "no tag", id);
                json.writeStringField("repository", repository.value());
            }
            case Verdict.TagNotWanted(_, var repository, var tag) -> {
                begin(json, "ignored", "tag not wanted", id);
                json.writeStringField("repository", repository.value());
                json.writeStringField("tag", tag.value());
            }
            case Verdict.TagNotInRegistry(_, var repository, var tag) -> {
                begin(json, "ignored", "tag not in the registry", id);
                json.writeStringField("repository", repository.value());
                json.writeStringField("tag", tag.value());
            }
            case Verdict.WrongToken() -> begin(json, "refused", "wrong token", id);
            case Verdict.TooLarge _ -> begin(json, "refused", "body too large", id);
            case Verdict.NotADelivery(_, var field, var expected) -> {
                begin(json, "refused", "not a delivery", id);
                json.writeStringField("field", field);
                json.writeStringField("expected", expected);
            }
            case Verdict.NotOurRepository _ -> begin(json, "refused", "not our repository", id);
            case Verdict.QueueUnavailable _ -> begin(json, "failed", "queue unavailable", id);
            case Verdict.UnexpectedFailure _ -> begin(json, "failed", "unexpected failure", id);
        }
    }

    private static void begin(JsonGenerator json, String verdict, DeliveryId id)
            throws IOException {
        json.writeStringField("verdict", verdict);
        json.writeStringField("deliveryId", id.value());
    }

    private static void begin(JsonGenerator json, String verdict, String reason, DeliveryId id)
            throws IOException {
        json.writeStringField("verdict", verdict);
        json.writeStringField("reason", reason);
        json.writeStringField("deliveryId", id.value());
    }

    private static void push(JsonGenerator json, PushMessage push) throws IOException {
        json.writeStringField("repository", push.repository().value());
        json.writeStringField("tag", push.tag().value());
        Json.optional(json, "digest", push.digest());
    }
}
