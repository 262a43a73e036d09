package dev.waggle.comparison;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.EngineHttp;
import dev.waggle.testhost.NamespacedEngine;
import dev.waggle.testhost.PlaylistlogImages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The engine that all share, and what is asked of it from outside.
final class Scene implements AutoCloseable {

  /// That of the engine's own package: another version's answers would not be the package's.
  private static final String DOCKER = "/usr/bin/docker";

  private static final Set<String> OVER =
      Set.of("complete", "failed", "shutdown", "rejected", "remove", "orphaned");
  private static final Duration SETTLED = Duration.ofMinutes(1);
  private static final JsonMapper JSON = new JsonMapper();

  private final NamespacedEngine engine;
  private final EngineHttp api;
  private final PlaylistlogImages images;

  Scene(NamespacedEngine engine) {
    this.engine = engine;
    this.api = EngineHttp.connect(engine.dockerHost());
    this.images = new PlaylistlogImages(engine);
  }

  NamespacedEngine engine() {
    return engine;
  }

  EngineHttp api() {
    return api;
  }

  PlaylistlogImages images() {
    return images;
  }

  /// What a process needs in its environment for docker to talk to this engine and to ignore the
  /// user's settings.
  Map<String, String> environment() {
    return Map.of(
        "DOCKER_HOST",
        engine.dockerHost().toString(),
        "DOCKER_CONFIG",
        engine.log().resolveSibling("docker-config").toString(),
        "PATH",
        "/usr/bin:/bin");
  }

  /// Starts a process whose docker is the engine's.
  TimedLines start(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment());
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      return TimedLines.of(process);
    } catch (IOException notStarted) {
      throw new UncheckedIOException(notStarted);
    }
  }

  /// Starts the docker command.
  TimedLines docker(String... arguments) {
    List<String> command = new ArrayList<>(List.of(DOCKER));
    command.addAll(List.of(arguments));
    return start(command);
  }

  /// The specification of a service of the playlistlog images.
  ObjectNode specification(String name, String image, int replicas, Map<String, String> labels) {
    ObjectNode spec = JSON.createObjectNode().put("Name", name);
    labels.forEach(spec.withObject("/Labels")::put);
    spec.withObject("/TaskTemplate/ContainerSpec").put("Image", image);
    spec.withObject("/Mode/Replicated").put("Replicas", replicas);
    spec.withObject("/EndpointSpec").put("Mode", "dnsrr");
    return spec;
  }

  /// Creates a service and waits until it serves.
  void create(JsonNode spec) {
    api.post("/services/create", spec);
    awaitSettled(spec.path("Name").asText(), spec.at("/Mode/Replicated/Replicas").asInt());
  }

  /// Waits until so many tasks run, and none besides is left.
  void awaitSettled(String service, int replicas) {
    Await.until(
        "nothing but " + replicas + " running tasks of " + service,
        SETTLED,
        () -> api.running(service) == replicas && unfinished(service) == replicas);
  }

  private long unfinished(String service) {
    return api.tasks(service)
        .valueStream()
        .filter(task -> !OVER.contains(task.at("/Status/State").asText()))
        .count();
  }

  /// Removes services and waits until their containers are gone.
  void remove(List<String> services) {
    services.forEach(service -> api.delete("/services/" + service));
    Await.until(
        "the end of " + services,
        SETTLED,
        () ->
            services.stream()
                .noneMatch(
                    service ->
                        api.get(
                                "/containers/json?filters=%7B%22label%22%3A%5B%22com.docker.swarm.service.name%3D"
                                    + service
                                    + "%22%5D%7D")
                            .iterator()
                            .hasNext()));
  }

  @Override
  public void close() {
    api.close();
  }
}
