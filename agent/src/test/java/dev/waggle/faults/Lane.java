package dev.waggle.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.chain.WebhookFront;
import dev.waggle.faults.Plan.Content;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.EngineHttp;
import dev.waggle.testhost.NamespacedEngine;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.SqsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A chain of its own with a front before its queue and its registry, for one run after the other.
final class Lane implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String TOKEN = "token-of-the-lane";
  private static final Duration SOON = Duration.ofSeconds(30);

  final NamespacedEngine engine;
  final EngineHttp api;
  final SqsServer sqs;
  final QueueFront queue;
  final EngineFront engineFront;
  final RegistryFront registry;
  final URI webhook;
  final Map<Content, String> digests = new EnumMap<>(Content.class);
  private final Path folder;
  private final FunctionProcess function;
  private final WebhookFront front;
  private final HttpClient http = HttpClient.newHttpClient();
  private final String torture;

  Lane() {
    engine = NamespacedEngine.start(step -> System.out.println("private engine: " + step));
    api = EngineHttp.connect(engine.dockerHost());
    sqs = SqsServer.startInJvm(engine);
    queue = new QueueFront(sqs, "127.0.0.1");
    engineFront = new EngineFront(engine, queue::consumer);
    registry = new RegistryFront(engine.registry(), engine.hostAddress().orElseThrow());
    engine.mirror(registry.address());
    Map<String, String> settings = new HashMap<>(sqs.environment());
    settings.put("AWS_ENDPOINT_URL_SQS", queue.endpoint());
    settings.put("WAGGLE_QUEUE_URL", queue.endpoint() + "/000000000000/waggle.fifo");
    settings.put("WAGGLE_TOKEN_SHA256", WebhookFront.hashOf(TOKEN));
    settings.put("WAGGLE_REPOSITORIES", Plan.REPOSITORY);
    settings.put("WAGGLE_REGISTRY_URL", registry.address().toString());
    settings.put("WAGGLE_HUB_URL", "none");
    try {
      folder = Files.createTempDirectory("waggle-function");
      function = new FunctionProcess(folder, settings);
      front = WebhookFront.start(function);
      torture =
          new String(
                  Objects.requireNonNull(Lane.class.getResourceAsStream("/torture-service.json"))
                      .readAllBytes(),
                  StandardCharsets.UTF_8)
              .replace("SECRET", create("/secrets/create", "torture-secret"))
              .replace("CONFIG", create("/configs/create", "torture-config"));
    } catch (IOException notStarted) {
      throw new UncheckedIOException(notStarted);
    }
    webhook = front.webhook(TOKEN);
    PlaylistlogImages images = new PlaylistlogImages(engine);
    for (Content content : Content.values()) {
      if (content != Content.ABSENT) {
        digests.put(
            content,
            images.push(Plan.REPOSITORY, poolTag(content), content.toString(), health(content)));
      }
    }
  }

  private static Health health(Content content) {
    return switch (content) {
      case GOOD_1, GOOD_2, GOOD_3, GOOD_4 -> Health.HEALTHY;
      case NEVER_HEALTHY -> Health.NEVER_HEALTHY;
      case CRASHING, ABSENT -> Health.EXITS;
    };
  }

  private String create(String path, String name) {
    String content = Base64.getEncoder().encodeToString(name.getBytes(StandardCharsets.UTF_8));
    return api.post(path, JSON.createObjectNode().put("Name", name).put("Data", content))
        .path("ID")
        .asText();
  }

  private static String poolTag(Content content) {
    return "pool-" + content.name().toLowerCase(Locale.ROOT);
  }

  Set<String> healthyDigests() {
    return digests.entrySet().stream()
        .filter(of -> of.getKey().isHealthy())
        .map(Map.Entry::getValue)
        .collect(Collectors.toUnmodifiableSet());
  }

  String digest(Content content) {
    return Objects.requireNonNull(digests.get(content));
  }

  /// Has a tag name a content, in the registry itself.
  void tag(String tag, Content content) {
    String type = "application/vnd.docker.distribution.manifest.v2+json";
    HttpResponse<byte[]> manifest =
        ask(HttpRequest.newBuilder(manifest(poolTag(content))).header("Accept", type));
    HttpResponse<byte[]> put =
        ask(
            HttpRequest.newBuilder(manifest(tag))
                .header("Content-Type", type)
                .PUT(HttpRequest.BodyPublishers.ofByteArray(manifest.body())));
    if (put.statusCode() != 201) {
      throw new IllegalStateException("not tagged: " + put.statusCode());
    }
  }

  /// Takes a tag away, as if it had never been pushed.
  void untag(String tag) {
    // The registry has no other way: the deletion of a manifest takes its other tags away, too.
    engine.run(
        "rm -rf \"$directory/registry/docker/registry/v2/repositories/"
            + Plan.REPOSITORY
            + "/_manifests/tags/"
            + tag
            + "\"");
  }

  private URI manifest(String tag) {
    return engine.registry().resolve("/v2/" + Plan.REPOSITORY + "/manifests/" + tag);
  }

  HttpResponse<byte[]> ask(HttpRequest.Builder request) {
    try {
      return http.send(request.timeout(SOON).build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  /// What a planned service is created from.
  ObjectNode specification(Plan.PlannedService service) {
    String image = Plan.REPOSITORY + ":v0@" + digest(Content.GOOD_1);
    if (service.shape() == Plan.Shape.TORTURE) {
      return ((ObjectNode) read(torture.replace("IMAGE", image))).put("Name", service.name());
    }
    ObjectNode spec = JSON.createObjectNode().put("Name", service.name());
    if (service.shape() == Plan.Shape.BYSTANDER) {
      // Nobody waits for its health, and each check costs the engine as much as a start.
      spec.withObject("/TaskTemplate/ContainerSpec/HealthCheck").putArray("Test").add("NONE");
    }
    if (!service.wish().label().isEmpty()) {
      spec.withObject("/Labels").put("waggle.tags", service.wish().label());
    }
    spec.withObject("/TaskTemplate/ContainerSpec").put("Image", image);
    spec.withObject("/Mode/Replicated").put("Replicas", service.replicas());
    if (service.shape() == Plan.Shape.PLAIN) {
      return spec;
    }
    spec.withObject("/TaskTemplate/ContainerSpec")
        .put("StopGracePeriod", Duration.ofSeconds(2).toNanos());
    spec.withObject("/TaskTemplate/RestartPolicy")
        .put("Condition", "any")
        .put("Delay", Duration.ofMillis(500).toNanos());
    spec.withObject("/TaskTemplate").putArray("Networks").addObject().put("Target", "app");
    for (String phase : new String[] {"/UpdateConfig", "/RollbackConfig"}) {
      spec.withObject(phase)
          .put("Parallelism", 1)
          .put("Monitor", Duration.ofSeconds(1).toNanos())
          .put("MaxFailureRatio", 0)
          .put("FailureAction", phase.equals("/UpdateConfig") ? "rollback" : "pause")
          .put("Order", "start-first");
    }
    spec.withObject("/EndpointSpec").put("Mode", "dnsrr");
    return spec;
  }

  private static JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /// What the agent remembers: the configs of its records, by their names.
  Map<String, JsonNode> records() {
    Map<String, JsonNode> records = new TreeMap<>();
    for (JsonNode config : api.get("/configs")) {
      JsonNode record = config.at("/Spec/Labels").path("waggle.record");
      if (!record.isMissingNode()) {
        records.put(config.at("/Spec/Name").asText(), read(record.asText()));
      }
    }
    return records;
  }

  /// Removes what a run has left in the engine, images included: the next has to pull them again.
  void clear() {
    api.get("/services").forEach(service -> api.delete("/services/" + service.path("ID").asText()));
    records().keySet().forEach(record -> api.delete("/configs/" + record));
    Await.until(
        "an engine without containers", SOON, () -> api.get("/containers/json?all=1").isEmpty());
    api.get("/images/json")
        .forEach(
            image -> {
              if (image.path("RepoDigests").toString().contains(Plan.REPOSITORY)) {
                api.delete("/images/" + image.path("Id").asText() + "?force=1");
              }
            });
  }

  @Override
  public void close() {
    front.close();
    function.close();
    queue.close();
    engineFront.close();
    registry.close();
    http.close();
    api.close();
    sqs.close();
    engine.close();
    delete(folder);
  }

  static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
