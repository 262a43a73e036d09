package dev.waggle.agent.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.push.Repository;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A service as the engine describes it: the whole tree, fields that we have never heard of
/// included.
///
/// @param tree the answer of the Engine API's service inspection; not to be changed
public record ServiceState(ObjectNode tree) {

  /// Swarm's monitor period where a service sets none.
  public static final Duration DEFAULT_MONITOR = Duration.ofSeconds(5);

  /// The service's unchanging id.
  public String id() {
    return tree.path("ID").asText();
  }

  /// The service's name.
  public String name() {
    return tree.at("/Spec/Name").asText();
  }

  /// The version that an update must be based on.
  public String version() {
    return tree.at("/Version/Index").asText();
  }

  /// A copy of the specification, to be changed at will.
  public ObjectNode spec() {
    return tree.withObject("/Spec").deepCopy();
  }

  /// The image of the specification, empty if it is not a reference.
  public Optional<ImageReference> image() {
    return ImageReference.parse(imageText());
  }

  /// Whether the service is made from images of a repository.
  public boolean isOf(Repository repository) {
    return image().filter(image -> image.repository().equals(repository)).isPresent();
  }

  /// Whether the specification names an image's content; tasks may not run it yet.
  public boolean has(ImageReference image) {
    return image().filter(image::hasSameContentAs).isPresent();
  }

  /// The image as the specification spells it.
  public String imageText() {
    return tree.at("/Spec/TaskTemplate/ContainerSpec/Image").asText();
  }

  /// The labels of the service itself, not of its containers.
  public Map<String, String> labels() {
    return texts("/Spec/Labels");
  }

  /// The labels of its containers.
  public Map<String, String> containerLabels() {
    return texts("/Spec/TaskTemplate/ContainerSpec/Labels");
  }

  private Map<String, String> texts(String pointer) {
    Map<String, String> texts = new HashMap<>();
    tree.at(pointer)
        .properties()
        .forEach(text -> texts.put(text.getKey(), text.getValue().asText()));
    return texts;
  }

  private JsonNode updateStatus() {
    return tree.path("UpdateStatus");
  }

  /// Tells the last update from the one before it; empty if there is none.
  public String update() {
    return updateStatus().path("StartedAt").asText("");
  }

  /// Whether the specification before the last update named an image's content.
  public boolean hadBefore(ImageReference image) {
    return ImageReference.parse(tree.at("/PreviousSpec/TaskTemplate/ContainerSpec/Image").asText())
        .filter(image::hasSameContentAs)
        .isPresent();
  }

  /// Where the last update stands.
  ///
  /// Swarm can say of a rollback that it completed, and a second later that the update did. But a
  /// rollback leaves no previous specification, and an update always does.
  public UpdateState updateState() {
    UpdateState said = UpdateState.parse(updateStatus().path("State").asText(""));
    return said == UpdateState.COMPLETED && !tree.path("PreviousSpec").isObject()
        ? UpdateState.ROLLBACK_COMPLETED
        : said;
  }

  /// Swarm's words about the last update, empty if there are none.
  public String updateMessage() {
    return updateStatus().path("Message").asText("");
  }

  /// When the update began that the status is of, empty if there is none.
  public Optional<Instant> updateStarted() {
    return time("StartedAt");
  }

  /// When it ended, empty if it has not.
  public Optional<Instant> updateCompleted() {
    return time("CompletedAt");
  }

  private Optional<Instant> time(String field) {
    try {
      return Optional.of(Instant.parse(updateStatus().path(field).asText("")));
    } catch (DateTimeParseException none) {
      return Optional.empty();
    }
  }

  /// Whether Swarm itself goes back when an update fails.
  public boolean rollsBackOnFailure() {
    return tree.at("/Spec/UpdateConfig/FailureAction").asText().equals("rollback");
  }

  public Duration monitor() {
    long nanos = tree.at("/Spec/UpdateConfig/Monitor").asLong(0);
    return nanos > 0 ? Duration.ofNanos(nanos) : DEFAULT_MONITOR;
  }

  /// Replicas wanted; empty for a service that runs once on every node.
  public Optional<Long> replicas() {
    JsonNode replicated = tree.at("/Spec/Mode/Replicated");
    return replicated.isMissingNode()
        ? Optional.empty()
        : Optional.of(replicated.path("Replicas").asLong(1));
  }

  public boolean isGlobal() {
    return tree.at("/Spec/Mode").has("Global");
  }

  /// Whether a task takes a port of its node.
  public boolean hasHostPort() {
    return tree.at("/Spec/EndpointSpec/Ports")
        .valueStream()
        .anyMatch(port -> port.path("PublishMode").asText().equals("host"));
  }

  /// The port that a container listens on, of the first TCP port that is published.
  public Optional<Integer> firstTcpPort() {
    return tree.at("/Spec/EndpointSpec/Ports")
        .valueStream()
        .filter(port -> port.path("Protocol").asText("tcp").equals("tcp"))
        .map(port -> port.path("TargetPort").asInt())
        .findFirst();
  }

  /// The health check that the service sets, empty if it takes its image's.
  public List<String> healthCheck() {
    return tree.at("/Spec/TaskTemplate/ContainerSpec/Healthcheck/Test")
        .valueStream()
        .map(JsonNode::asText)
        .toList();
  }

  /// Whether the service wants no health check, not even its image's.
  public boolean hasHealthCheckOff() {
    return healthCheck().equals(List.of("NONE"));
  }

  public List<Mount> mounts() {
    return tree.at("/Spec/TaskTemplate/ContainerSpec/Mounts").valueStream().map(Mount::of).toList();
  }

  /// Whether Waggle has Swarm start the new task before it stops the old.
  public boolean startsFirst() {
    String order = labels().getOrDefault(ServiceLabels.ORDER, ServiceLabels.START_FIRST);
    return (order.equals(ServiceLabels.KEEP) ? tree.at("/Spec/UpdateConfig/Order").asText() : order)
        .equals(ServiceLabels.START_FIRST);
  }

  /// Zero if there is no bound.
  public long mostReplicasPerNode() {
    return tree.at("/Spec/TaskTemplate/Placement/MaxReplicas").asLong(0);
  }

  public List<String> constraints() {
    return tree.at("/Spec/TaskTemplate/Placement/Constraints")
        .valueStream()
        .map(JsonNode::asText)
        .toList();
  }

  /// Whether it runs to an end, and so cannot be rolled.
  public boolean isJob() {
    JsonNode mode = tree.at("/Spec/Mode");
    return mode.has("ReplicatedJob") || mode.has("GlobalJob");
  }
}
