package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/// A made-up push that goes through the function's own code, and no further, so that the first real
/// one finds that code loaded: Lambda gives a function more of a processor while it initialises
/// than for an invocation.
final class Rehearsal {
  private static final String TOKEN = "rehearsal";
  private static final Digest DIGEST = new Digest("sha256:" + "0".repeat(64));

  private Rehearsal() {}

  /// Goes through it once.
  static void run(Clock clock) {
    Instant now = clock.instant();
    Configuration configuration =
        new Configuration(
            TokenHashes.parse(Sha256.hex(TOKEN)),
            AllowList.parse("none/none"),
            URI.create("https://none.invalid/none.fifo"),
            URI.create("https://none.invalid"),
            Optional.empty(),
            Configuration.Contradicted.REFUSE);
    Judge judge =
        new Judge(
            configuration,
            (_, _, _) -> new Registry.Finding.Found(DIGEST),
            (_, _, _) -> new PushRecords.Finding.LastPush(now, Set.of(DIGEST)),
            Rehearsal::take,
            Waiter.REAL,
            clock);
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, UTF_8);
    try {
      new WebhookHandler(judge, new FunctionLog(nowhere, clock))
          .handleRequest(
              new ByteArrayInputStream(event(now).getBytes(UTF_8)),
              OutputStream.nullOutputStream(),
              null);
    } catch (IOException e) {
      throw new UncheckedIOException("in memory", e);
    }
  }

  private static String event(Instant now) {
    return Json.object(
        json -> {
          json.writeObjectFieldStart("pathParameters");
          json.writeStringField("token", TOKEN);
          json.writeEndObject();
          json.writeObjectFieldStart("requestContext");
          json.writeStringField("requestId", TOKEN);
          json.writeEndObject();
          json.writeStringField("body", delivery(now));
        });
  }

  private static String delivery(Instant now) {
    return """
    {"push_data":{"pushed_at":%d,"images":[],"tag":"1","pusher":"none"},\
    "repository":{"repo_name":"none/none","namespace":"none","name":"none"}}\
    """
        .formatted(now.getEpochSecond());
  }

  private static PushQueue.Sending take(PushMessage push, Deadline deadline) {
    return push.json().isEmpty() || push.deduplicationId().isEmpty()
        ? new PushQueue.Sending.NotSent("")
        : new PushQueue.Sending.Sent();
  }
}
