package dev.waggle.agent.swarm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import dev.waggle.agent.doctor.ExaminedEngine;
import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.Records;
import dev.waggle.agent.service.NodeState;
import dev.waggle.agent.service.RegistryUnavailableException;
import dev.waggle.agent.service.ResolvedImage;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Swarm;
import dev.waggle.agent.service.SwarmUnavailableException;
import dev.waggle.agent.service.TaskState;
import dev.waggle.agent.swarm.EngineApi.Answer;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The swarm that a Docker engine manages.
public final class DockerSwarm implements Swarm, ExaminedEngine, AutoCloseable {

  private static final int BAD_REQUEST = 400;
  private static final int UNAUTHORISED = 401;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int UNAVAILABLE = 503;

  private final EngineApi engine;
  private final RegistryCredentials credentials;

  DockerSwarm(EngineApi engine, RegistryCredentials credentials) {
    this.engine = engine;
    this.credentials = credentials;
  }

  /// The swarm of the engine at an address.
  ///
  /// @param dockerHost the engine's address, as in Docker's `DOCKER_HOST`: `unix://` and a path, or
  ///   `tcp://`
  /// @param credentials for the registries that the engine is sent to
  public static DockerSwarm at(URI dockerHost, RegistryCredentials credentials) {
    return new DockerSwarm(
        new EngineApi(new ZerodepDockerHttpClient.Builder().dockerHost(dockerHost).build()),
        credentials);
  }

  @Override
  public Readiness readiness() throws InterruptedException {
    try {
      // Only a manager lists nodes.
      Answer answer = engine.get("/nodes");
      if (answer.succeeded()) {
        return new Readiness.Ready();
      }
      return new Readiness.NotReady(
          isNoManager(answer)
              ? "the engine manages no swarm: run the agent on a manager, or 'docker swarm init'"
                  + " first"
              : "the engine does not list its nodes: " + answer.message());
    } catch (SwarmUnavailableException unavailable) {
      return new Readiness.NotReady("the engine does not answer: " + unavailable.getMessage());
    }
  }

  /// A manager of a swarm that is locked or has no leader gives the same status, and would be told
  /// the wrong remedy.
  private static boolean isNoManager(Answer answer) {
    return answer.status() == UNAVAILABLE
        && Stream.of("not a swarm manager", "not part of a swarm")
            .anyMatch(answer.message().toLowerCase(Locale.ROOT)::contains);
  }

  @Override
  public List<ServiceState> servicesWithLabel(String label) throws InterruptedException {
    return services(engine.get("/services?filters=" + filters("label", label)));
  }

  @Override
  public List<ServiceState> services() throws InterruptedException {
    return services(engine.get("/services"));
  }

  private static List<ServiceState> services(Answer answer) {
    return required(answer, "list services")
        .valueStream()
        .filter(ObjectNode.class::isInstance)
        .map(service -> new ServiceState((ObjectNode) service))
        .toList();
  }

  @Override
  public Optional<ServiceState> service(String id) throws InterruptedException {
    Answer answer = engine.get("/services/" + id);
    if (answer.status() == NOT_FOUND) {
      return Optional.empty();
    }
    // The engine takes a prefix of an id for the id.
    return required(answer, "inspect service") instanceof ObjectNode tree
            && tree.path("ID").asText().equals(id)
        ? Optional.of(new ServiceState(tree))
        : Optional.empty();
  }

  @Override
  public List<TaskState> tasks(String serviceId) throws InterruptedException {
    List<TaskState> tasks = new ArrayList<>();
    for (JsonNode task :
        required(engine.get("/tasks?filters=" + filters("service", serviceId)), "list tasks")) {
      String nodeId = task.path("NodeID").asText("");
      tasks.add(
          new TaskState(
              task.has("Slot") ? task.path("Slot").asText() : "node " + nodeId,
              nodeId,
              task.at("/Spec/ContainerSpec/Image").asText(),
              task.path("DesiredState").asText().equals("running"),
              task.at("/Status/State").asText().equals("running"),
              error(task.path("Status")),
              time(task.at("/Status/Timestamp").asText(""))));
    }
    return tasks;
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

  private static @Nullable Instant time(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException none) {
      return null;
    }
  }

  @Override
  public List<NodeState> nodes() throws InterruptedException {
    return required(engine.get("/nodes"), "list nodes")
        .valueStream()
        .map(
            node ->
                new NodeState(
                    node.path("ID").asText(),
                    node.at("/Description/Hostname").asText(),
                    node.at("/Spec/Role").asText(),
                    node.at("/Description/Platform/OS").asText(),
                    node.at("/Description/Platform/Architecture").asText(),
                    texts(node.at("/Spec/Labels")),
                    texts(node.at("/Description/Engine/Labels")),
                    !isReady(node),
                    isReady(node) && node.at("/Spec/Availability").asText().equals("active")))
        .toList();
  }

  private static boolean isReady(JsonNode node) {
    return node.at("/Status/State").asText().equals("ready");
  }

  private static Map<String, String> texts(JsonNode object) {
    return object
        .propertyStream()
        .collect(Collectors.toMap(Map.Entry::getKey, text -> text.getValue().asText()));
  }

  @Override
  public EngineState engine() throws InterruptedException {
    Answer answer = engine.get("/info");
    JsonNode info = required(answer, "inspect the engine");
    JsonNode swarm = info.path("Swarm");
    return new EngineState(
        info.path("ServerVersion").asText("?"),
        answer.apiVersion() == null ? "?" : answer.apiVersion(),
        swarm.path("LocalNodeState").asText("?"),
        swarm.path("ControlAvailable").asBoolean(),
        swarm.path("Managers").asInt(),
        swarm.path("Nodes").asInt(),
        Optional.ofNullable(time(info.path("SystemTime").asText(""))));
  }

  @Override
  public Resolution resolve(ImageReference image) throws InterruptedException {
    RegistryAuth auth = credentials.of(image.repository()).orElse(null);
    Answer answer = engine.get("/distribution/" + image + "/json", auth);
    if (answer.succeeded()) {
      Digest digest = new Digest(answer.body().at("/Descriptor/digest").asText());
      return new Resolution.Resolved(
          new ResolvedImage(
              new ImageReference(image.repository(), image.tag(), digest),
              platforms(answer.body())));
    }
    if (isForLackOfRights(answer)) {
      return new Resolution.Unauthorised(
          answer.message()
              + (auth == null
                  ? "; the agent has no credentials for it: WAGGLE_REGISTRY_CONFIG_FILE gives them"
                  : "; the credentials of WAGGLE_REGISTRY_CONFIG_FILE do not open it: log in again,"
                      + " with an account that may pull"));
    }
    if (answer.status() == BAD_REQUEST || answer.status() == NOT_FOUND) {
      return new Resolution.Refused(answer.message());
    }
    throw new RegistryUnavailableException(
        "the registry does not answer the engine: " + answer.message());
  }

  /// Engine 20.10 says 403 "denied" where a token opens nothing, be the repository private or not
  /// there at all; 401 "unauthorized" where a registry without tokens does not know the password;
  /// and 500 with these words where the token service does not know it, or where a registry without
  /// tokens was asked without a password.
  private static boolean isForLackOfRights(Answer answer) {
    return switch (answer.status()) {
      case UNAUTHORISED, FORBIDDEN -> true;
      default ->
          Stream.of("no basic auth credentials", "unauthorized:", "denied:")
              .anyMatch(answer.message().toLowerCase(Locale.ROOT)::contains);
    };
  }

  /// As the docker command does it: entries of attestations are `unknown`, and `arm` is left open
  /// since its variants are not told apart by Swarm (moby/swarmkit#2294).
  private static List<ResolvedImage.Platform> platforms(JsonNode distribution) {
    return distribution
        .path("Platforms")
        .valueStream()
        .map(
            platform ->
                new ResolvedImage.Platform(
                    platform.path("architecture").asText(""), platform.path("os").asText("")))
        .filter(
            platform ->
                !platform.architecture().equals("unknown") && !platform.os().equals("unknown"))
        .map(
            platform ->
                platform.architecture().equals("arm")
                    ? new ResolvedImage.Platform("", platform.os())
                    : platform)
        .distinct()
        .toList();
  }

  @Override
  public UpdateAnswer update(ServiceState seen, ObjectNode spec) throws InterruptedException {
    return update(seen, spec, "");
  }

  @Override
  public UpdateAnswer rollBack(ServiceState seen) throws InterruptedException {
    return update(seen, seen.spec(), "&rollback=previous");
  }

  private UpdateAnswer update(ServiceState seen, ObjectNode spec, String parameter)
      throws InterruptedException {
    // With credentials in the header the engine does not look at registryAuthFrom.
    Answer answer =
        engine.post(
            "/services/"
                + seen.id()
                + "/update?version="
                + seen.version()
                + "&registryAuthFrom=spec"
                + parameter,
            spec,
            ImageReference.parse(spec.at("/TaskTemplate/ContainerSpec/Image").asText())
                .flatMap(image -> credentials.of(image.repository()))
                .orElse(null));
    if (answer.succeeded()) {
      return new UpdateAnswer.Taken();
    }
    if (answer.message().contains("update out of sequence")) {
      return new UpdateAnswer.OutOfSequence();
    }
    if (answer.status() / 100 == 4) {
      return new UpdateAnswer.Rejected(answer.message());
    }
    throw new SwarmUnavailableException("update service: " + answer.message());
  }

  @Override
  public void listen(Listener listener) throws InterruptedException {
    new SwarmEvents(engine).listen(listener);
  }

  /// The records that are kept in this swarm.
  public Records records() {
    return new ConfigRecords(engine);
  }

  static JsonNode required(Answer answer, String what) {
    if (!answer.succeeded()) {
      throw new SwarmUnavailableException(what + ": " + answer.status() + " " + answer.message());
    }
    return answer.body();
  }

  static String filters(String name, String value) {
    ObjectNode filters = JsonNodeFactory.instance.objectNode();
    filters.putArray(name).add(value);
    return encoded(filters);
  }

  static String encoded(ObjectNode filters) {
    return URLEncoder.encode(filters.toString(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    engine.close();
  }
}
