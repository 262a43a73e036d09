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
      case Verdict.Accepted _, Verdict.AcceptedUnproven _ -> 202;
      case Verdict.NoTag _,
          Verdict.TagNotWanted _,
          Verdict.TagNotInRegistry _,
          Verdict.NotAnImage _ ->
          200;
      case Verdict.WrongToken _ -> 403;
      case Verdict.PushContradicted _ -> 409;
      case Verdict.TooLarge _ -> 413;
      case Verdict.NotADelivery _, Verdict.NotOurRepository _ -> 422;
      case Verdict.UnexpectedFailure _ -> 500;
      case Verdict.QueueUnavailable _ -> 503;
    };
  }

  private static void write(JsonGenerator json, DeliveryId id, Verdict verdict) throws IOException {
    json.writeStringField("verdict", verdict.kind().toString());
    if (verdict.kind() != Verdict.Kind.ACCEPTED) {
      json.writeStringField("reason", verdict.words());
    }
    json.writeStringField("deliveryId", id.value());
    switch (verdict) {
      case Verdict.Accepted(_, PushMessage push) -> push(json, push);
      case Verdict.AcceptedUnproven(_, PushMessage push, Registry.Doubt doubt) -> {
        push(json, push);
        json.writeStringField("unproven", doubt.toString());
      }
      case Verdict.NoTag(_, Repository repository) ->
          json.writeStringField("repository", repository.value());
      case Verdict.TagNotWanted(_, Repository repository, Tag tag) -> tag(json, repository, tag);
      case Verdict.TagNotInRegistry(_, Repository repository, Tag tag) ->
          tag(json, repository, tag);
      case Verdict.NotAnImage(_, Repository repository, Tag tag, Digest digest) -> {
        tag(json, repository, tag);
        Json.optional(json, "digest", digest);
      }
      case Verdict.NotADelivery(_, String field, String expected) -> {
        json.writeStringField("field", field);
        json.writeStringField("expected", expected);
      }
      case Verdict.PushContradicted(_, PushMessage push) ->
          json.writeStringField("contradiction", push.time().evidence().reason());
      case Verdict.WrongToken _,
          Verdict.TooLarge _,
          Verdict.NotOurRepository _,
          Verdict.QueueUnavailable _,
          Verdict.UnexpectedFailure _ -> {}
    }
  }

  private static void tag(JsonGenerator json, Repository repository, Tag tag) throws IOException {
    json.writeStringField("repository", repository.value());
    json.writeStringField("tag", tag.value());
  }

  private static void push(JsonGenerator json, PushMessage push) throws IOException {
    tag(json, push.repository(), push.tag());
    Json.optional(json, "digest", push.digest());
    json.writeStringField("evidence", push.time().evidence().standing().toString());
  }
}
