package dev.waggle.agent.report;

import dev.waggle.agent.rollout.Push;
import dev.waggle.agent.rollout.RolloutOutcome;
import dev.waggle.agent.rollout.Timeline;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How a push ended for one service, in the words that log and notifications share.
///
/// @param outcome the outcome's name
/// @param detail why, empty if there is nothing to add; for the most part somebody else's text
/// @param push what was pushed
/// @param service the service's name, null if the outcome is the whole swarm's
/// @param timeline when it passed its stations
record Report(
    OutcomeName outcome, String detail, Push push, @Nullable String service, Timeline timeline) {

  static Report of(Push push, @Nullable String service, RolloutOutcome outcome, Timeline timeline) {
    return new Report(name(outcome), detail(outcome), push, service, timeline);
  }

  private static OutcomeName name(RolloutOutcome outcome) {
    return switch (outcome) {
      case RolloutOutcome.Updated _ -> OutcomeName.UPDATED;
      case RolloutOutcome.AlreadyCurrent _ -> OutcomeName.ALREADY_CURRENT;
      case RolloutOutcome.NoServiceWantsIt _ -> OutcomeName.NO_SERVICE_WANTS_IT;
      case RolloutOutcome.RolledBack _ -> OutcomeName.ROLLED_BACK;
      case RolloutOutcome.RolledBackBefore _ -> OutcomeName.ROLLED_BACK_BEFORE;
      case RolloutOutcome.Paused _ -> OutcomeName.PAUSED;
      case RolloutOutcome.TimedOut _ -> OutcomeName.TIMED_OUT;
      case RolloutOutcome.Superseded _ -> OutcomeName.SUPERSEDED;
      case RolloutOutcome.Removed _ -> OutcomeName.REMOVED;
      case RolloutOutcome.RefusedByRegistry _ -> OutcomeName.REFUSED_BY_THE_REGISTRY;
      case RolloutOutcome.Unauthorised _ -> OutcomeName.UNAUTHORISED;
      case RolloutOutcome.RejectedByEngine _ -> OutcomeName.REJECTED_BY_THE_ENGINE;
      case RolloutOutcome.LeftAlone _ -> OutcomeName.LEFT_ALONE;
    };
  }

  private static String detail(RolloutOutcome outcome) {
    return switch (outcome) {
      case RolloutOutcome.Updated(),
          RolloutOutcome.AlreadyCurrent(),
          RolloutOutcome.NoServiceWantsIt(),
          RolloutOutcome.Removed() ->
          "";
      case RolloutOutcome.RolledBack(String error) -> error;
      case RolloutOutcome.RolledBackBefore(String error) -> error;
      case RolloutOutcome.Paused(String error) -> error;
      case RolloutOutcome.TimedOut(String error, boolean goesBack) ->
          goesBack ? joined(error, "Swarm was told to go back to the image before") : error;
      case RolloutOutcome.Superseded(String reason) -> reason;
      case RolloutOutcome.RefusedByRegistry(String reason) -> reason;
      case RolloutOutcome.Unauthorised(String reason) -> reason;
      case RolloutOutcome.RejectedByEngine(String reason) -> reason;
      case RolloutOutcome.LeftAlone(String problem) -> problem;
    };
  }

  /// What there is to say, by the names of the log's fields.
  ///
  /// A station that was passed has its time, and the milliseconds since the one before that was;
  /// less than none where two machines' clocks differ.
  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("outcome", outcome.toString());
    fields.put("deliveryId", push.deliveryId());
    fields.put("repository", push.repository().toString());
    fields.put("tag", push.tag().toString());
    put(fields, "digest", push.digest());
    fields.put("evidence", push.evidence().toString());
    put(fields, "service", service);
    put(fields, "detail", detail.isEmpty() ? null : detail);
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
    Instant pushed = timeline.pushed();
    return Duration.between(pushed == null ? timeline.accepted() : pushed, timeline.closed());
  }

  private Map<String, Instant> stations() {
    Map<String, Instant> stations = new LinkedHashMap<>();
    pass(stations, "pushed", timeline.pushed());
    stations.put("accepted", timeline.accepted());
    stations.put("queued", timeline.queued());
    stations.put("received", timeline.received());
    pass(stations, "started", timeline.started());
    pass(stations, "firstServing", timeline.firstServing());
    if (outcome == OutcomeName.UPDATED) {
      stations.put("converged", timeline.closed());
    }
    stations.put("closed", timeline.closed());
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

  private static String joined(String error, String remark) {
    return error.isEmpty() ? remark : error + "; " + remark;
  }
}
