package dev.waggle.agent.outbox;

import dev.waggle.agent.push.Push;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Rollout;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How a push ended for one service, in the words that log and notifications share.
///
/// @param service the service's name, null if the outcome is the whole swarm's
/// @param rollout what ended
/// @param ending how
record Report(@Nullable String service, Rollout rollout, Ending ending) {

  static Report of(@Nullable String service, Rollout rollout) {
    Ending ending = rollout.ending();
    if (ending == null) {
      throw new IllegalArgumentException("it has not ended");
    }
    return new Report(service, rollout, ending);
  }

  Outcome outcome() {
    return ending.outcome();
  }

  String detail() {
    return ending.detail();
  }

  Push push() {
    return rollout.push();
  }

  /// What there is to say, by the names of the log's fields.
  ///
  /// A station that was passed has its time, and the milliseconds since the one before that was;
  /// less than none where two machines' clocks differ.
  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("outcome", outcome().toString());
    fields.put("deliveryId", push().deliveryId());
    fields.put("repository", push().repository().toString());
    fields.put("tag", push().tag().toString());
    put(fields, "digest", push().digest());
    fields.put("evidence", push().evidence().toString());
    put(fields, "cause", rollout.isCommanded() ? rollout.cause() : null);
    put(fields, "service", service);
    put(fields, "detail", detail().isEmpty() ? null : detail());
    Instant before = null;
    for (Map.Entry<String, Instant> station : stations().entrySet()) {
      Instant at = station.getValue();
      fields.put(station.getKey() + "At", at.toString());
      if (before != null) {
        fields.put(station.getKey() + "AfterMs", Duration.between(before, at).toMillis());
      }
      before = at;
    }
    fields.put("tookMs", took().toMillis());
    return fields;
  }

  /// The whole way, from Docker Hub where that is known.
  Duration took() {
    Instant pushed = push().pushedAt();
    return Duration.between(pushed == null ? push().acceptedAt() : pushed, ending.at());
  }

  private Map<String, Instant> stations() {
    Map<String, Instant> stations = new LinkedHashMap<>();
    pass(stations, "pushed", push().pushedAt());
    stations.put("accepted", push().acceptedAt());
    stations.put("queued", rollout.queued());
    stations.put("received", rollout.received());
    pass(stations, "started", ending.started());
    pass(stations, "firstServing", ending.serving());
    pass(stations, "servingAgain", ending.servingAgain());
    if (outcome() == Outcome.UPDATED) {
      stations.put("converged", ending.at());
    }
    stations.put("closed", ending.at());
    return stations;
  }

  private static void put(Map<String, Object> fields, String name, @Nullable Object value) {
    if (value != null) {
      fields.put(name, value.toString());
    }
  }

  private static void pass(Map<String, Instant> stations, String name, @Nullable Instant at) {
    if (at != null) {
      stations.put(name, at);
    }
  }
}
