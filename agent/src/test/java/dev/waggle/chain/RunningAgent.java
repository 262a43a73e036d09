package dev.waggle.chain;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.function.Predicate;

/// An agent that works, and its log.
public sealed interface RunningAgent extends AutoCloseable permits AgentStack, AgentProcess {

  /// Of a rollout, its rollback, and their surroundings.
  Duration LONGEST_ROLLOUT = Duration.ofMinutes(2);

  /// What it has logged.
  LogLines log();

  /// Whether more may be logged.
  boolean isLogging();

  /// Sends SIGTERM and waits for the end.
  void terminate();

  /// Ends it and waits for nothing.
  @Override
  void close();

  /// Waits for the line that closes a push.
  ///
  /// @param deliveryId the push's
  default JsonNode awaitOutcome(String deliveryId) {
    return await(
        "an outcome of " + deliveryId,
        line ->
            line.path("message").asText().equals("push closed")
                && line.path("deliveryId").asText().equals(deliveryId));
  }

  /// Waits for a line of a message.
  default JsonNode awaitMessage(String message) {
    return await("the message " + message, line -> line.path("message").asText().equals(message));
  }

  private JsonNode await(String description, Predicate<JsonNode> kind) {
    return log().await(description, LONGEST_ROLLOUT, this::isLogging, kind);
  }
}
