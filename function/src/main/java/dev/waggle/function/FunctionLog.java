package dev.waggle.function;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;

/// One JSON line for each request. The message is constant; the other keys say which. No body,
/// header, path or token comes near it.
final class FunctionLog {
  private static final int MAX_CAUSES = 5;

  /// How many frames of each are logged: enough to leave the JDK and reach our own code.
  private static final int MAX_FRAMES = 15;

  /// In the words by which Lambda's own log filter knows them.
  private enum Level {
    INFO,
    WARN,
    ERROR
  }

  private final PrintStream out;
  private final Clock clock;

  FunctionLog(PrintStream out, Clock clock) {
    this.out = out;
    this.clock = clock;
  }

  /// Notes what became of a request, and how long others made it wait.
  void closed(DeliveryId deliveryId, Verdict verdict, Waits waits) {
    print(
        json -> {
          write(json, deliveryId, verdict);
          wait(json, "lookupsMs", waits.lookups());
          wait(json, "queueMs", waits.queue());
        });
  }

  /// Notes that the first request will be slow, or the queue unavailable.
  void queueNotWarmedUp(String reason) {
    print(
        json -> {
          begin(json, Level.WARN, "queue not warmed up");
          json.writeStringField("reason", reason);
        });
  }

  /// In one piece, so that lines of parallel requests do not mix.
  private void print(Json.Fields fields) {
    out.print(Json.object(fields) + "\n");
    out.flush();
  }

  private static Level level(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Accepted(_, PushMessage push) ->
          push.time().evidence().standing() == Evidence.Standing.CONTRADICTED
                  || push.time().evidence() == Evidence.LIMITED
                  || push.time().older()
              ? Level.WARN
              : Level.INFO;
      case Verdict.NoTag _, Verdict.TagNotWanted _, Verdict.NotAnImage _ -> Level.INFO;
      case Verdict.AcceptedUnproven _,
          Verdict.TagNotInRegistry _,
          Verdict.WrongToken _,
          Verdict.TooLarge _,
          Verdict.NotADelivery _,
          Verdict.NotOurRepository _,
          Verdict.PushContradicted _ ->
          Level.WARN;
      case Verdict.QueueUnavailable _, Verdict.UnexpectedFailure _ -> Level.ERROR;
    };
  }

  private void write(JsonGenerator json, DeliveryId id, Verdict verdict) throws IOException {
    begin(json, level(verdict), verdict.words());
    json.writeStringField("verdict", verdict.kind().toString());
    json.writeStringField("deliveryId", id.value());
    switch (verdict) {
      case Verdict.Accepted(TokenHashes.Match token, PushMessage push) -> {
        push(json, push);
        token(json, token);
      }
      case Verdict.AcceptedUnproven(
              TokenHashes.Match token,
              PushMessage push,
              Registry.Doubt doubt) -> {
        push(json, push);
        json.writeStringField("reason", doubt.toString());
        token(json, token);
      }
      case Verdict.NoTag(TokenHashes.Match token, Repository repository) -> {
        json.writeStringField("repository", repository.value());
        token(json, token);
      }
      case Verdict.TagNotWanted(TokenHashes.Match token, Repository repository, Tag tag) -> {
        tag(json, repository, tag);
        token(json, token);
      }
      case Verdict.TagNotInRegistry(TokenHashes.Match token, Repository repository, Tag tag) -> {
        tag(json, repository, tag);
        token(json, token);
      }
      case Verdict.NotAnImage(
              TokenHashes.Match token,
              Repository repository,
              Tag tag,
              Digest digest) -> {
        tag(json, repository, tag);
        Json.optional(json, "digest", digest);
        token(json, token);
      }
      case Verdict.WrongToken() -> {}
      case Verdict.TooLarge(TokenHashes.Match token) -> token(json, token);
      case Verdict.NotADelivery(TokenHashes.Match token, String field, String expected) -> {
        json.writeStringField("field", field);
        json.writeStringField("expected", expected);
        token(json, token);
      }
      case Verdict.NotOurRepository(TokenHashes.Match token) -> token(json, token);
      case Verdict.PushContradicted(TokenHashes.Match token, PushMessage push) -> {
        push(json, push);
        token(json, token);
      }
      case Verdict.QueueUnavailable(TokenHashes.Match token, PushMessage push, String reason) -> {
        push(json, push);
        json.writeStringField("reason", reason);
        token(json, token);
      }
      case Verdict.UnexpectedFailure(Throwable cause) -> stack(json, cause);
    }
  }

  private static void wait(JsonGenerator json, String name, Duration wait) throws IOException {
    if (!wait.isZero()) {
      json.writeNumberField(name, TimeUnit.NANOSECONDS.toMicros(wait.toNanos()) / 1_000.0);
    }
  }

  private void begin(JsonGenerator json, Level level, String message) throws IOException {
    json.writeStringField("timestamp", clock.instant().truncatedTo(ChronoUnit.MILLIS).toString());
    json.writeStringField("level", level.name());
    json.writeStringField("message", message);
  }

  private static void tag(JsonGenerator json, Repository repository, Tag tag) throws IOException {
    json.writeStringField("repository", repository.value());
    json.writeStringField("tag", tag.value());
  }

  private static void push(JsonGenerator json, PushMessage push) throws IOException {
    tag(json, push.repository(), push.tag());
    Json.optional(json, "digest", push.digest());
    Json.optional(json, "pushedAt", push.pushedAt());
    if (push.time().unusable()) { // as when Docker Hub changes its unit
      json.writeStringField("time", "unusable");
    }
    json.writeStringField("evidence", push.time().evidence().standing().toString());
    json.writeStringField("evidenceReason", push.time().evidence().reason());
    PushMessage.mark(json, "limited", push.time().evidence() == Evidence.LIMITED);
    PushMessage.mark(json, "lookAgain", push.time().older());
  }

  private static void token(JsonGenerator json, TokenHashes.Match token) throws IOException {
    json.writeStringField("token", token.toString());
  }

  /// Classes and frames, without the messages.
  private static void stack(JsonGenerator json, Throwable failure) throws IOException {
    json.writeStringField("exception", failure.getClass().getName());
    json.writeArrayFieldStart("stack");
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
      if (depth > 0) {
        json.writeString("caused by " + cause.getClass().getName());
      }
      StackTraceElement[] frames = cause.getStackTrace();
      for (int i = 0; i < Math.min(frames.length, MAX_FRAMES); i++) {
        json.writeString(frames[i].toString());
      }
      cause = cause.getCause();
    }
    json.writeEndArray();
  }
}
