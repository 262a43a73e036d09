package dev.waggle.agent.status;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.Digest;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.Words;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How the last rollouts of a service ended, the newest first.
///
/// @param record what is remembered of the service
public record History(ServiceRecord record) {

  private static final List<String> HEAD =
      List.of("ENDED", "TAG", "DIGEST", "OUTCOME", "TOOK", "DETAIL");

  /// Enough to tell digests apart, as Docker shows them.
  private static final int SHORT_DIGEST = "sha256:".length() + 12;

  /// The history for a person to read.
  public String text() {
    if (record.ended().isEmpty()) {
      return "no push of " + record.service() + " has ended yet\n";
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEAD);
    for (Rollout rollout : record.ended()) {
      Ending ending = ending(rollout);
      rows.add(
          List.of(
              Words.seconds(ending.at()),
              rollout.push().tag().toString(),
              digest(rollout.push().digest()),
              outcome(rollout),
              took(rollout),
              Words.oneLine(ending.detail())));
    }
    return Table.of(rows);
  }

  /// The history for a program to read: fields may be added, none will change its meaning.
  public String json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("service", record.service());
    ArrayNode history = json.putArray("history");
    record.ended().forEach(rollout -> history.add(fields(rollout)));
    return json.toPrettyString() + "\n";
  }

  /// One ending for a program to read.
  public static ObjectNode fields(Rollout rollout) {
    Ending ending = ending(rollout);
    Digest digest = rollout.push().digest();
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", rollout.id())
        .put("cause", rollout.cause().toString())
        .put("endedAt", ending.at().toString())
        .put("tag", rollout.push().tag().toString())
        .put("digest", digest == null ? null : digest.value())
        .put("outcome", ending.outcome().toString())
        .put("tookMs", rollingTime(rollout).toMillis())
        .put("detail", ending.detail());
  }

  /// One ending in one line.
  public static String line(Rollout rollout) {
    Ending ending = ending(rollout);
    return outcome(rollout)
        + " "
        + rollout.push().tag()
        + " at "
        + Words.seconds(ending.at())
        + (ending.detail().isEmpty() ? "" : ": " + Words.oneLine(ending.detail()));
  }

  private static String outcome(Rollout rollout) {
    return (rollout.isCommanded() ? rollout.cause() + ": " : "") + ending(rollout).outcome();
  }

  private static String digest(@Nullable Digest digest) {
    return digest == null ? "-" : digest.value().substring(0, SHORT_DIGEST);
  }

  private static String took(Rollout rollout) {
    return String.format(Locale.ROOT, "%.1f s", rollingTime(rollout).toMillis() / 1000.0);
  }

  private static Duration rollingTime(Rollout rollout) {
    Instant started = ending(rollout).started();
    return Duration.between(started == null ? rollout.received() : started, ending(rollout).at());
  }

  private static Ending ending(Rollout rollout) {
    Ending ending = rollout.ending();
    if (ending == null) {
      throw new IllegalArgumentException("it has not ended");
    }
    return ending;
  }
}
