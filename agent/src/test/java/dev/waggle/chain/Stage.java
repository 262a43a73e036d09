package dev.waggle.chain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.testhost.AgentImage;
import dev.waggle.testhost.Artifacts;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.EngineHttp;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.SqsServer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/// A repository, a queue and services of a test's own, beside those of others in one engine, and
/// the agents that the test starts. The queue is written as the function would.
final class Stage implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration VISIBILITY = Duration.ofSeconds(60);
  private static final Duration LONGEST_ROLLOUT = Duration.ofMinutes(2);
  private static final int MAX_AT_ONCE = 10;

  private final PrivateEngine engine;
  private final SqsServer sqs;
  private final EngineHttp api;
  private final String queueName;
  private final SqsServer.FifoQueue queue;
  private final PlaylistlogImages images;
  private final String repository;
  private final Map<String, String> settings = new HashMap<>();
  private final List<RunningAgent> agents = new ArrayList<>();
  private final List<String> services = new ArrayList<>();

  /// @param name of the repository, the queue and the first service
  Stage(PrivateEngine engine, SqsServer sqs, String name) {
    this.engine = engine;
    this.sqs = sqs;
    this.api = EngineHttp.connect(engine.dockerHost());
    this.images = new PlaylistlogImages(engine);
    this.repository = "vorce/" + name;
    this.queueName = name + "-" + UUID.randomUUID() + ".fifo";
    this.queue = createQueue();
  }

  SqsServer.FifoQueue createQueue() {
    return sqs.createFifoQueue(queueName, VISIBILITY);
  }

  void removeQueue() {
    sqs.client().deleteQueue(request -> request.queueUrl(queue.url()));
  }

  /// Gives agents that start from now on a setting.
  Stage with(String variable, String value) {
    settings.put(variable, value);
    return this;
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>(sqs.environment());
    environment.put("WAGGLE_QUEUE_URL", queue.url());
    environment.put("DOCKER_HOST", engine.dockerHost().toString());
    environment.putAll(settings);
    return environment;
  }

  /// Runs a command as in the agent's container.
  CommandOfTheJar run(String... arguments) throws InterruptedException {
    return CommandOfTheJar.run(environment(), arguments);
  }

  AgentProcess startAgent() {
    AgentProcess agent = AgentProcess.start(environment());
    agents.add(agent);
    return agent;
  }

  /// Deploys the agent as users do; every node of the swarm finds its image in the registry.
  AgentStack deployAgent() {
    AgentImage.build(engine, step -> System.out.println("agent's image: " + step));
    String inRegistry = PrivateEngine.LOCAL_REGISTRY + "/" + AgentImage.NAME;
    AgentImage.docker(engine, "tag", AgentImage.NAME, inRegistry);
    AgentImage.docker(engine, "push", "--quiet", inRegistry);
    Map<String, String> environment = new HashMap<>(sqs.environment());
    environment.put("WAGGLE_QUEUE_URL", queue.url());
    environment.putAll(settings);
    AgentStack agent = AgentStack.deployUnheard(engine, environment);
    agents.add(agent);
    return agent;
  }

  EngineHttp api() {
    return api;
  }

  /// Builds and pushes an image of the repository.
  ///
  /// @return `REPOSITORY:TAG@DIGEST`
  String image(String tag, Health health) {
    return repository + ":" + tag + "@" + images.push(repository, tag, health);
  }

  /// Puts into the repository what no `docker build` of this machine makes.
  Artifacts artifacts() {
    return new Artifacts(engine.registry(), repository);
  }

  static String digest(String image) {
    return image.substring(image.indexOf('@') + 1);
  }

  /// A message of the function's.
  ///
  /// @param digest null where the registry did not prove the push
  String message(String id, String tag, @Nullable String digest, Instant pushed) {
    ObjectNode message =
        JSON.createObjectNode()
            .put("version", 1)
            .put("deliveryId", id)
            .put("repository", repository)
            .put("tag", tag);
    if (digest != null) {
      message.put("digest", digest);
    }
    return message
        .put("pushedAt", pushed.toString())
        .put("evidence", "confirmed")
        .put("acceptedAt", pushed.plusSeconds(1).toString())
        .toString();
  }

  /// Puts the push of an image on the queue, made now.
  void push(String id, String image) {
    push(id, image, Instant.now().truncatedTo(ChronoUnit.SECONDS));
  }

  void push(String id, String image, Instant pushed) {
    String tag = image.substring(image.indexOf(':') + 1, image.indexOf('@'));
    send(List.of(message(id, tag, digest(image), pushed)));
  }

  /// Puts messages on the queue, in this order.
  void send(List<String> messages) {
    for (int from = 0; from < messages.size(); from += MAX_AT_ONCE) {
      List<SendMessageBatchRequestEntry> batch =
          messages.subList(from, Math.min(from + MAX_AT_ONCE, messages.size())).stream()
              .map(
                  body ->
                      SendMessageBatchRequestEntry.builder()
                          .id(UUID.randomUUID().toString())
                          .messageGroupId(repository)
                          .messageDeduplicationId(UUID.randomUUID().toString())
                          .messageBody(body)
                          .build())
              .toList();
      sqs.client().sendMessageBatch(request -> request.queueUrl(queue.url()).entries(batch));
    }
  }

  /// Messages in the queue, those in flight included.
  int messages() {
    return sqs.messages(queue.url());
  }

  int deadLetters() {
    return sqs.messages(queue.deadLetterUrl());
  }

  void awaitEmptyQueue() {
    Await.until("an empty queue", Duration.ofSeconds(10), () -> messages() == 0);
  }

  /// A replicated service that wants every tag.
  static ObjectNode spec(String name, String image, int replicas) {
    ObjectNode spec = JSON.createObjectNode().put("Name", name);
    spec.withObject("/Labels").put("waggle.tags", "*");
    // Each check takes a tenth of a second of a processor, and many stages stand side by side.
    spec.withObject("/TaskTemplate/ContainerSpec")
        .put("Image", image)
        .putObject("HealthCheck")
        .put("Interval", 2_000_000_000L);
    spec.withObject("/Mode/Replicated").put("Replicas", replicas);
    spec.withObject("/EndpointSpec").put("Mode", "dnsrr");
    return spec;
  }

  /// Creates a service and waits until so many tasks of it run.
  void create(ObjectNode spec, int running) {
    String name = spec.path("Name").asText();
    api.post("/services/create", spec);
    services.add(name);
    Await.until(
        running + " running tasks of " + name, LONGEST_ROLLOUT, () -> running(name) == running);
  }

  long running(String service) {
    return api.running(service);
  }

  Map<Integer, Set<String>> runningBySlot(String service) {
    return api.runningBySlot(service);
  }

  JsonNode tasks(String service) {
    return api.tasks(service);
  }

  JsonNode service(String name) {
    return api.service(name);
  }

  String imageOf(String service) {
    return api.image(service);
  }

  /// The image that the last update took away.
  String imageBefore(String service) {
    return service(service).at("/PreviousSpec/TaskTemplate/ContainerSpec/Image").asText();
  }

  String updateState(String service) {
    return service(service).at("/UpdateStatus/State").asText();
  }

  /// Updates a service by hand, as an operator does: again, where Swarm wrote into it meanwhile.
  void update(String service, Consumer<ObjectNode> change) {
    Await.until("an update by hand", Duration.ofSeconds(10), () -> tryToUpdate(service, change));
  }

  private boolean tryToUpdate(String service, Consumer<ObjectNode> change) {
    JsonNode seen = service(service);
    ObjectNode spec = seen.path("Spec").deepCopy();
    change.accept(spec);
    try {
      api.post(
          "/services/"
              + seen.path("ID").asText()
              + "/update?version="
              + seen.at("/Version/Index").asText(),
          spec);
      return true;
    } catch (IllegalStateException refused) {
      if (String.valueOf(refused.getMessage()).contains("update out of sequence")) {
        return false;
      }
      throw refused;
    }
  }

  /// Every line that closed a push, of all agents.
  List<JsonNode> closings() {
    return agents.stream()
        .flatMap(agent -> agent.log().all().stream())
        .filter(line -> line.path("message").asText().equals("push closed"))
        .toList();
  }

  /// How a push ended for a service, once it has.
  ///
  /// @param service null for the only one
  JsonNode awaitClosing(String id, @Nullable String service) {
    Await.until(
        "the end of " + id,
        LONGEST_ROLLOUT,
        () -> !closings(id, service).isEmpty(),
        () -> agents.stream().map(agent -> agent.log().all()).toList());
    return closings(id, service).getFirst();
  }

  String awaitOutcome(String id) {
    return awaitClosing(id, null).path("outcome").asText();
  }

  List<JsonNode> closings(String id, @Nullable String service) {
    return closings().stream()
        .filter(line -> line.path("deliveryId").asText().equals(id))
        .filter(line -> service == null || line.path("service").asText().equals(service))
        .toList();
  }

  /// Ends the agents and removes the services.
  @Override
  public void close() {
    agents.forEach(RunningAgent::close);
    services.forEach(service -> api.delete("/services/" + service));
    api.close();
  }
}
