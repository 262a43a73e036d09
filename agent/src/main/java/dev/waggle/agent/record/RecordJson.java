package dev.waggle.agent.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.Evidence;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.push.Push;
import dev.waggle.agent.push.Tag;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A record as JSON. Fields that are unknown are of a newer agent, and kept.
public final class RecordJson {

  private static final int VERSION = 1;
  private static final JsonMapper JSON = new JsonMapper();

  private RecordJson() {}

  /// Writes a record.
  public static String write(ServiceRecord record) {
    ObjectNode json = record.rest().deepCopy();
    json.put("version", VERSION).put("service", record.service());
    Hold hold = record.hold();
    if (hold != null) {
      put(json.putObject("hold").put("reason", hold.reason()), "since", hold.since());
    }
    ArrayNode failed = json.putArray("failed");
    record.failed().forEach(digest -> failed.add(digest.value()));
    ArrayNode rollouts = json.withArray("/rollouts");
    record.rollouts().forEach(rollout -> rollouts.add(write(rollout)));
    return json.toString();
  }

  private static ObjectNode write(Rollout rollout) {
    Push push = rollout.push();
    ObjectNode json = rollout.rest().deepCopy();
    put(json, "id", push.deliveryId());
    put(json, "cause", rollout.cause());
    put(json, "queue", rollout.queue());
    put(json, "repository", push.repository());
    put(json, "tag", push.tag());
    put(json, "digest", push.digest());
    put(json, "pushedAt", push.pushedAt());
    put(json, "evidence", push.evidence());
    put(json, "acceptedAt", push.acceptedAt());
    put(json, "queuedAt", rollout.queued());
    put(json, "receivedAt", rollout.received());
    json.put("tries", rollout.tries());
    put(json, "notBefore", rollout.notBefore());
    Attempt attempt = rollout.attempt();
    if (attempt != null) {
      ObjectNode node = json.putObject("attempt");
      put(node, "since", attempt.since());
      put(node, "image", attempt.image());
      put(node, "baseVersion", attempt.baseVersion());
      put(node, "baseUpdate", attempt.baseUpdate());
      put(node, "before", attempt.before());
    }
    Ending ending = rollout.ending();
    if (ending != null) {
      ObjectNode node = json.putObject("ending");
      put(node, "outcome", ending.outcome());
      put(node, "detail", ending.detail());
      put(node, "at", ending.at());
      put(node, "startedAt", ending.started());
      put(node, "servingAt", ending.serving());
      put(node, "servingAgainAt", ending.servingAgain());
      put(node, "before", ending.before());
      node.put("told", ending.told());
    }
    return json;
  }

  private static void put(ObjectNode json, String field, @Nullable Object value) {
    if (value != null) {
      json.put(field, value.toString());
    }
  }

  /// Reads a record.
  ///
  /// @throws IllegalArgumentException if it is none, or of a version that this agent does not know
  public static ServiceRecord parse(String text) {
    try {
      if (!(JSON.readTree(text) instanceof ObjectNode json)) {
        throw new IllegalArgumentException("expected a JSON object");
      }
      if (take(json, "version").asInt() != VERSION) {
        throw new IllegalArgumentException("expected version " + VERSION);
      }
      return new ServiceRecord(
          take(json, "service").asText(),
          rollouts(json),
          take(json, "failed").valueStream().map(node -> new Digest(node.asText())).toList(),
          hold(take(json, "hold")),
          json);
    } catch (JsonProcessingException | DateTimeException | NoSuchElementException wrong) {
      throw new IllegalArgumentException(wrong.getMessage(), wrong);
    }
  }

  /// Those that cannot be read are of a newer agent, and stay for it.
  private static List<Rollout> rollouts(ObjectNode json) {
    List<Rollout> known = new ArrayList<>();
    for (JsonNode node : take(json, "rollouts")) {
      try {
        known.add(rollout(node));
      } catch (IllegalArgumentException | DateTimeException | NoSuchElementException newer) {
        json.withArray("/rollouts").add(node);
      }
    }
    return known;
  }

  private static @Nullable Hold hold(JsonNode json) {
    return json.isObject()
        ? new Hold(Instant.parse(json.path("since").asText()), json.path("reason").asText())
        : null;
  }

  private static Rollout rollout(JsonNode node) {
    if (!(node instanceof ObjectNode given)) {
      throw new IllegalArgumentException("expected a JSON object");
    }
    ObjectNode json = given.deepCopy();
    return new Rollout(
        new Push(
            take(json, "id").asText(),
            ImageReference.parse(take(json, "repository").asText()).orElseThrow().repository(),
            new Tag(take(json, "tag").asText()),
            optional(take(json, "digest"), Digest::new),
            time(take(json, "pushedAt")),
            Evidence.parse(take(json, "evidence").asText()),
            Instant.parse(take(json, "acceptedAt").asText())),
        Rollout.Cause.of(take(json, "cause").asText()).orElseThrow(),
        take(json, "queue").asText(),
        Instant.parse(take(json, "queuedAt").asText()),
        Instant.parse(take(json, "receivedAt").asText()),
        take(json, "tries").asInt(),
        time(take(json, "notBefore")),
        attempt(take(json, "attempt")),
        ending(take(json, "ending")),
        json);
  }

  private static @Nullable Attempt attempt(JsonNode json) {
    return json.isObject()
        ? new Attempt(
            Instant.parse(json.path("since").asText()),
            ImageReference.parse(json.path("image").asText()).orElseThrow(),
            json.path("baseVersion").asText(),
            json.path("baseUpdate").asText(),
            json.path("before").asText())
        : null;
  }

  private static @Nullable Ending ending(JsonNode json) {
    return json.isObject()
        ? new Ending(
            Outcome.of(json.path("outcome").asText()).orElseThrow(),
            json.path("detail").asText(),
            Instant.parse(json.path("at").asText()),
            time(json.path("startedAt")),
            time(json.path("servingAt")),
            time(json.path("servingAgainAt")),
            optional(json.path("before"), Function.identity()),
            json.path("told").asBoolean())
        : null;
  }

  private static @Nullable Instant time(JsonNode json) {
    return optional(json, Instant::parse);
  }

  private static <T> @Nullable T optional(JsonNode json, Function<String, T> type) {
    return json.isTextual() ? type.apply(json.textValue()) : null;
  }

  /// What is left in the end is of a newer agent.
  private static JsonNode take(ObjectNode json, String field) {
    JsonNode value = json.remove(field);
    return value == null ? MissingNode.getInstance() : value;
  }
}
