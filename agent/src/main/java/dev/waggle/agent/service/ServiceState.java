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
import java.util.OptionalInt;
import java.util.Set;

/// A service as the engine describes it: the whole tree, fields that we have never heard of
/// included.
///
/// @param tree the answer of the Engine API's service inspection; not to be changed
public record ServiceState(ObjectNode tree) {

  /// Swarm's monitor period where a service sets none.
  public static final Duration DEFAULT_MONITOR = Duration.ofSeconds(5);

  /// Kinds of mounts that hold what a task wrote, for the next one. A socket is no such place.
  private static final Set<String> WRITABLE = Set.of("bind", "volume");

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

  /// The labels of its containers, which Waggle does not heed.
  public Map<String, String> containerLabels() {
    return texts("/Spec/TaskTemplate/ContainerSpec/Labels");
  }

  private Map<String, String> texts(String path) {
    Map<String, String> texts = new HashMap<>();
    tree.at(path).properties().forEach(text -> texts.put(text.getKey(), text.getValue().asText()));
    return texts;
  }

  /// Whether the service has a health check; empty if its image decides.
  public Optional<Boolean> hasHealthCheck() {
    return isHealthCheck(tree.at("/Spec/TaskTemplate/ContainerSpec/Healthcheck/Test"));
  }

  /// Whether a `Test` of the Engine API is a health check; empty if there is none.
  public static Optional<Boolean> isHealthCheck(JsonNode test) {
    return test.isEmpty() ? Optional.empty() : Optional.of(!test.path(0).asText().equals("NONE"));
  }

  /// The mounts that its tasks may write to, such as `/data (volume db)`.
  public List<String> writableMounts() {
    return tree.at("/Spec/TaskTemplate/ContainerSpec/Mounts")
        .valueStream()
        .filter(mount -> !mount.path("ReadOnly").asBoolean())
        .filter(mount -> WRITABLE.contains(mount.path("Type").asText("volume")))
        .filter(mount -> !mount.path("Source").asText().endsWith(".sock"))
        .map(
            mount ->
                mount.path("Target").asText()
                    + " ("
                    + mount.path("Type").asText("volume")
                    + " "
                    + mount.path("Source").asText("of no name")
                    + ")")
        .toList();
  }

  /// The container's port that it publishes first, empty if it publishes none.
  public OptionalInt publishedPort() {
    return tree.at("/Spec/EndpointSpec/Ports")
        .valueStream()
        .filter(port -> port.path("Protocol").asText("tcp").equals("tcp"))
        .mapToInt(port -> port.path("TargetPort").asInt())
        .findFirst();
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

  /// Whether its own settings start a new task before the old one is stopped.
  public boolean startsFirst() {
    return tree.at("/Spec/UpdateConfig/Order").asText().equals(ServiceLabels.START_FIRST);
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
