package dev.waggle.agent.swarm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.doctor.ExaminedEngine.EngineState;
import dev.waggle.agent.service.ImageHealth;
import dev.waggle.agent.service.NodeState;
import dev.waggle.agent.service.ResolvedImage.Platform;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.TaskState;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What the engine's JSON says.
final class EngineJson {

  private EngineJson() {}

  static List<ServiceState> services(JsonNode list) {
    return list.valueStream()
        .filter(ObjectNode.class::isInstance)
        .map(service -> new ServiceState((ObjectNode) service))
        .toList();
  }

  static List<TaskState> tasks(JsonNode list) {
    return list.valueStream().map(EngineJson::task).toList();
  }

  private static TaskState task(JsonNode task) {
    String nodeId = task.path("NodeID").asText("");
    return new TaskState(
        task.has("Slot") ? task.path("Slot").asText() : "node " + nodeId,
        nodeId,
        task.at("/Spec/ContainerSpec/Image").asText(),
        task.path("DesiredState").asText().equals("running"),
        task.at("/Status/State").asText().equals("running"),
        error(task.path("Status")),
        parseTime(task.at("/Status/Timestamp").asText("")));
  }

  /// A service's task that ended by itself has failed, whatever its exit code. Where a health check
  /// fails, the container is stopped, and a program that then exits with 0 leaves no other trace.
  private static @Nullable String error(JsonNode status) {
    String error = status.path("Err").asText("");
    if (error.isEmpty() && status.path("State").asText().equals("complete")) {
      return "the task ended with exit code "
          + status.at("/ContainerStatus/ExitCode").asText("0")
          + ", by itself or after failing its health check";
    }
    return error.isEmpty() ? null : error;
  }

  private static @Nullable Instant parseTime(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException none) {
      return null;
    }
  }

  static List<NodeState> nodes(JsonNode list) {
    return list.valueStream().map(EngineJson::node).toList();
  }

  private static NodeState node(JsonNode node) {
    boolean ready = node.at("/Status/State").asText().equals("ready");
    return new NodeState(
        node.path("ID").asText(),
        node.at("/Description/Hostname").asText(),
        node.at("/Spec/Role").asText(),
        node.at("/Description/Platform/OS").asText(),
        node.at("/Description/Platform/Architecture").asText(),
        texts(node.at("/Spec/Labels")),
        texts(node.at("/Description/Engine/Labels")),
        !ready,
        ready && node.at("/Spec/Availability").asText().equals("active"));
  }

  private static Map<String, String> texts(JsonNode object) {
    return object
        .propertyStream()
        .collect(Collectors.toMap(Map.Entry::getKey, text -> text.getValue().asText()));
  }

  /// What an engine says of itself.
  ///
  /// @param apiVersion the newest version of the API that the engine speaks, null if it did not say
  static EngineState engine(JsonNode info, @Nullable String apiVersion) {
    JsonNode swarm = info.path("Swarm");
    return new EngineState(
        info.path("ServerVersion").asText("?"),
        apiVersion == null ? "?" : apiVersion,
        swarm.path("LocalNodeState").asText("?"),
        swarm.path("ControlAvailable").asBoolean(),
        swarm.path("Managers").asInt(),
        swarm.path("Nodes").asInt(),
        Optional.ofNullable(parseTime(info.path("SystemTime").asText(""))));
  }

  /// The health check that an image brings. `NONE` undoes that of the image it is built on.
  static ImageHealth imageHealth(JsonNode image) {
    String first = image.at("/Config/Healthcheck/Test/0").asText("");
    return first.isEmpty() || first.equals("NONE") ? ImageHealth.UNCHECKED : ImageHealth.CHECKED;
  }

  /// As the docker command does it: entries of attestations are `unknown`, and `arm` is left open
  /// since its variants are not told apart by Swarm (moby/swarmkit#2294).
  static List<Platform> platforms(JsonNode distribution) {
    return distribution
        .path("Platforms")
        .valueStream()
        .map(
            platform ->
                new Platform(
                    platform.path("architecture").asText(""), platform.path("os").asText("")))
        .filter(
            platform ->
                !platform.architecture().equals("unknown") && !platform.os().equals("unknown"))
        .map(
            platform ->
                platform.architecture().equals("arm") ? new Platform("", platform.os()) : platform)
        .distinct()
        .toList();
  }
}
