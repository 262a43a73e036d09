package dev.waggle.testhost;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.DockerHttpClient.Request;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// An engine's API as plain JSON, for what docker-java's model would change on the way.
public final class EngineHttp implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();

  private final DockerHttpClient http;
  private final String version;

  private EngineHttp(DockerHttpClient http) {
    this.http = http;
    try (DockerHttpClient.Response ping =
        http.execute(request(Request.Method.GET, "/_ping").build())) {
      this.version = Objects.requireNonNull(ping.getHeader("Api-Version"));
    }
  }

  /// Connects to an engine, in the newest version of the API that it speaks.
  public static EngineHttp connect(URI dockerHost) {
    return new EngineHttp(new ZerodepDockerHttpClient.Builder().dockerHost(dockerHost).build());
  }

  /// Gets a JSON value.
  ///
  /// @throws IllegalStateException with the engine's words if it refuses
  public JsonNode get(String path) {
    return send(Request.Method.GET, path, null);
  }

  /// Posts a JSON value.
  ///
  /// @throws IllegalStateException with the engine's words if it refuses
  public JsonNode post(String path, JsonNode body) {
    return send(Request.Method.POST, path, body);
  }

  /// Deletes what is at a path.
  ///
  /// @throws IllegalStateException with the engine's words if it refuses
  public void delete(String path) {
    send(Request.Method.DELETE, path, null);
  }

  /// The service of a name as the engine describes it.
  public JsonNode service(String name) {
    return get("/services/" + name);
  }

  /// The image that a service's specification names.
  public String image(String service) {
    return service(service).at("/Spec/TaskTemplate/ContainerSpec/Image").asText();
  }

  /// Every task of a service that Swarm remembers.
  public JsonNode tasks(String service) {
    String filters =
        JSON.createObjectNode().set("service", JSON.createArrayNode().add(service)).toString();
    return get("/tasks?filters=" + URLEncoder.encode(filters, StandardCharsets.UTF_8));
  }

  /// How many tasks run and shall run: Swarm also tells of some that are on their way out.
  public long running(String service) {
    return runningTasks(service).count();
  }

  /// The images that run and shall run in each slot of a replicated service.
  public Map<Integer, Set<String>> runningBySlot(String service) {
    return runningTasks(service)
        .collect(
            Collectors.groupingBy(
                task -> task.path("Slot").asInt(),
                Collectors.mapping(
                    task -> task.at("/Spec/ContainerSpec/Image").asText(), Collectors.toSet())));
  }

  private Stream<JsonNode> runningTasks(String service) {
    return tasks(service)
        .valueStream()
        .filter(task -> !task.path("DesiredState").asText().equals("shutdown"))
        .filter(task -> task.at("/Status/State").asText().equals("running"));
  }

  private JsonNode send(Request.Method method, String path, @Nullable JsonNode body) {
    Request.Builder request = request(method, "/v" + version + path);
    if (body != null) {
      request
          .putHeader("Content-Type", "application/json")
          .bodyBytes(body.toString().getBytes(StandardCharsets.UTF_8));
    }
    try (DockerHttpClient.Response response = http.execute(request.build())) {
      byte[] answer = response.getBody().readAllBytes();
      if (response.getStatusCode() / 100 != 2) {
        throw new IllegalStateException(
            method
                + " "
                + path
                + ": "
                + response.getStatusCode()
                + " "
                + new String(answer, StandardCharsets.UTF_8).strip());
      }
      return JSON.readTree(answer);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static Request.Builder request(Request.Method method, String path) {
    return Request.builder().method(method).path(path).putHeader("Connection", "close");
  }

  @Override
  public void close() {
    try {
      http.close();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
