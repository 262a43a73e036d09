package dev.waggle.function;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.time.temporal.ChronoUnit;

/// One JSON line for each request. The message is constant; the other keys say which. No body,
/// header, path or token comes near it.
final class FunctionLog {
    private static final int MAX_CAUSES = 5;
    private static final int MAX_FRAMES = 15; // enough to leave the JDK and reach our own code

    /// In the words by which Lambda's own log filter knows them.
    private enum Level {
        INFO, WARN, ERROR
    }

    private final PrintStream out;
    private final Clock clock;

    FunctionLog(PrintStream out, Clock clock) {
        this.out = out;
        this.clock = clock;
    }

    /// Notes what became of a request.
    void closed(DeliveryId deliveryId, Verdict verdict) {
        print(json -> write(json, deliveryId, verdict));
    }

    /// Notes that the first request will be slow, or the queue unavailable.
    void queueNotWarmedUp(String reason) {
        print(json -> {
            begin(json, Level.WARN, "queue not warmed up");
            json.writeStringField("reason", reason);
        });
    }

    // In one piece, so that lines of parallel requests do not mix.
    private void print(Json.Fields fields) {
        out.print(Json.object(fields) + "\n");
        out.flush();
    }

    private void write(JsonGenerator json, DeliveryId id, Verdict verdict) throws IOException {
        switch (verdict) {
            case Verdict.Accepted(var token, var push) -> {
                begin(json, Level.INFO, "push accepted", id);
                push(json, push);
                token(json, token);
            }
            case Verdict.AcceptedUnproven(var token, var push, var doubt) -> {
                begin(json, Level.WARN, "push accepted unproven", id);
                push(json, push);
                json.writeStringField("reason", doubt.toString());
                token(json, token);
            }
            case Verdict.NoTag(var token, var repository) -> {
                begin(json, Level.INFO, "delivery ignored", id);
                json.writeStringField("repository", repository.value());
                json.writeStringField("reason", "no tag");
                token(json, token);
            }
            case Verdict.TagNotWanted(var token, var repository, var tag) -> {
                begin(json, Level.INFO, "delivery ignored", id);
                json.writeStringField("repository", repository.value());
                json.writeStringField("tag", tag.value());
                json.writeStringField("reason", "tag not wanted");
                token(json, token);
            }
            case Verdict.TagNotInRegistry(var token, var repository, var tag) -> {
                begin(json, Level.WARN, "delivery ignored", id);
                json.writeStringField("repository", repository.value());
                json.writeStringField("tag", tag.value());
                json.writeStringField("reason", "tag not in the registry");
                token(json, token);
            }
            case Verdict.WrongToken() -> begin(json, Level.WARN, "wrong token", id);
            case Verdict.TooLarge(var token) -> {
                begin(json, Level.WARN, "body too large", id);
                token(json, token);
            }
            case Verdict.NotADelivery(var token, var field, var expected) -> {
                begin(json, Level.WARN, "not a delivery", id);
                json.writeStringField("field", field);
                json.writeStringField("expected", expected);
                token(json, token);
            }
            case Verdict.NotOurRepository(var token) -> {
                begin(json, Level.WARN, "not our repository", id);
                token(json, token);
            }
            case Verdict.QueueUnavailable(var token, var push, var reason) -> {
                begin(json, Level.ERROR, "queue unavailable", id);
                push(json, push);
                json.writeStringField("reason", reason);
                token(json, token);
            }
            case Verdict.UnexpectedFailure(var cause) -> {
                begin(json, Level.ERROR, "unexpected failure", id);
                stack(json, cause);
            }
        }
    }

    private void begin(JsonGenerator json, Level level, String message) throws IOException {
        json.writeStringField(
                "timestamp",
                clock.instant().truncatedTo(ChronoUnit.MILLIS).toString());
        json.writeStringField("level", level.name());
        json.writeStringField("message", message);
    }

    private void begin(JsonGenerator json, Level level, String message, DeliveryId id)
            throws IOException {
        begin(json, level, message);
        json.writeStringField("deliveryId", id.value());
    }

    private static void push(JsonGenerator json, PushMessage push) throws IOException {
        json.writeStringField("repository", push.repository().value());
        json.writeStringField("tag", push.tag().value());
        Json.optional(json, "digest", push.digest());
        Json.optional(json, "pushedAt", push.pushedAt());
    }

    private static void token(JsonGenerator json, TokenHashes.Match token) throws IOException {
        json.writeStringField("token", token.toString());
    }

    // Classes and frames, without the messages.
    private static void stack(JsonGenerator json, Throwable failure) throws IOException {
        json.writeStringField("exception", failure.getClass().getName());
        json.writeArrayFieldStart("stack");
        var cause = failure;
        for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
            if (depth > 0) {
                json.writeString("caused by " + cause.getClass().getName());
            }
            var frames = cause.getStackTrace();
            for (int i = 0; i < Math.min(frames.length, MAX_FRAMES); i++) {
                json.writeString(frames[i].toString());
            }
            cause = cause.getCause();
        }
        json.writeEndArray();
    }
}
