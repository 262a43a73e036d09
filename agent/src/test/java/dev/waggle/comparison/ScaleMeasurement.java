package dev.waggle.comparison;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.chain.AgentStack;
import dev.waggle.comparison.Results.Cell;
import dev.waggle.image.MeasuredContainer;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.SqsServer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/// The agent in larger and larger swarms before longer and longer queues, started anew for each,
/// with a socket between it and the engine that counts.
final class ScaleMeasurement {

  /// What the stack's file gives the container.
  static final int LIMIT_MEBIBYTES = 128;

  private static final String SERVICE = "scale";

  /// One in so many services opted in, to other images.
  private static final int OPTED_IN = 10;

  private static final int MAX_AT_ONCE = 10;
  private static final Duration VISIBILITY = Duration.ofSeconds(60);
  private static final Duration LONGEST = Duration.ofMinutes(3);
  private static final JsonMapper JSON = new JsonMapper();

  private final Scene scene;
  private final SqsServer sqs;
  private final List<String> contents;
  private int services;
  private int cells;

  ScaleMeasurement(Scene scene, SqsServer sqs) {
    this.scene = scene;
    this.sqs = sqs;
    this.contents =
        List.of(
            scene.images().push("scale-1", Health.HEALTHY),
            scene.images().push("scale-2", Health.HEALTHY));
  }

  List<Cell> measure(List<Integer> sizesOfSwarm, List<Integer> sizesOfQueue)
      throws InterruptedException {
    ObjectNode rolled = scene.specification(SERVICE, image(1), 0, Map.of("waggle.tags", "*"));
    // Without tasks to change there is nothing to watch for long.
    rolled.withObject("/UpdateConfig").put("Parallelism", 1).put("Monitor", 1_000_000_000L);
    scene.create(rolled);
    services = 1;
    List<Cell> measured = new ArrayList<>();
    try (CountingSocket socket = CountingSocket.before(scene.engine())) {
      for (int size : sizesOfSwarm) {
        grow(size);
        for (int pushes : sizesOfQueue) {
          Cell cell = cell(socket, size, pushes);
          System.out.println(cell);
          measured.add(cell);
        }
      }
    }
    return measured;
  }

  private String image(int content) {
    return PlaylistlogImages.REPOSITORY
        + ":scale-"
        + (content % 2 + 1)
        + "@"
        + contents.get(content % 2);
  }

  private void grow(int size) throws InterruptedException {
    System.out.println("creating services, " + size + " in all");
    try (ExecutorService creating = Executors.newFixedThreadPool(4)) {
      List<Future<?>> created =
          IntStream.range(services, size)
              .<Future<?>>mapToObj(number -> creating.submit(() -> create(number)))
              .toList();
      for (Future<?> one : created) {
        one.get();
      }
    } catch (ExecutionException refused) {
      throw new IllegalStateException(refused.getCause());
    }
    services = size;
  }

  private void create(int number) {
    ObjectNode spec =
        scene.specification(
            "other-" + number,
            "vorce/other:1@" + contents.getFirst(),
            0,
            number % OPTED_IN == 0 ? Map.of("waggle.tags", "*") : Map.of());
    spec.withObject("/TaskTemplate/ContainerSpec")
        .putArray("Env")
        .add("A_SETTING=as services have them")
        .add("ANOTHER=https://example.com/" + number);
    scene.api().post("/services/create", spec);
  }

  private Cell cell(CountingSocket socket, int size, int pushes) throws InterruptedException {
    String queue = sqs.createFifoQueue("scale-" + UUID.randomUUID() + ".fifo", VISIBILITY).url();
    fill(queue, pushes, cells++);
    Map<String, String> environment = new HashMap<>(sqs.environment());
    environment.put("WAGGLE_QUEUE_URL", queue);
    socket.forget();
    try (AgentStack agent =
        AgentStack.deploy(scene.engine(), socket.path(), environment, "--resolve-image", "never")) {
      Await.until(
          "the end of " + pushes + " pushes",
          LONGEST,
          () -> closings(agent).size() == pushes,
          () -> closings(agent).size() + " of them");
      Instant received =
          closings(agent).stream()
              .map(line -> Instant.parse(line.path("receivedAt").asText()))
              .min(Instant::compareTo)
              .orElseThrow();
      CountingSocket.Call update =
          socket.calls().stream()
              .filter(call -> call.request().matches("POST /services/.*/update"))
              .findFirst()
              .orElseThrow();
      List<CountingSocket.Call> between =
          socket.calls().stream()
              .filter(call -> !call.at().isBefore(received) && !call.at().isAfter(update.at()))
              .toList();
      return new Cell(
          size,
          pushes,
          TimeMeasurement.milliseconds(received, update.at()),
          between.size(),
          Math.round(between.stream().mapToLong(call -> call.answered().get()).sum() / 102.4)
              / 10.0,
          Math.round(
                  MeasuredContainer.ofService(scene.engine(), agent.service()).mostMebibytes() * 10)
              / 10.0);
    } finally {
      Await.until(
          "the end of the agent",
          LONGEST,
          () ->
              !scene
                  .api()
                  .get(
                      "/containers/json?filters=%7B%22label%22%3A%5B%22com.docker.stack.namespace%22%5D%7D")
                  .iterator()
                  .hasNext());
    }
  }

  private static List<JsonNode> closings(AgentStack agent) {
    return agent.log().all().stream()
        .filter(line -> line.path("message").asText().equals("push closed"))
        .toList();
  }

  /// All but the last are of images that are gone since.
  private void fill(String queue, int pushes, int cell) {
    Instant first = Instant.now().truncatedTo(ChronoUnit.SECONDS).minusSeconds(pushes);
    List<String> messages =
        IntStream.rangeClosed(1, pushes)
            .mapToObj(number -> message(cell, number, number == pushes, first))
            .toList();
    for (int from = 0; from < pushes; from += MAX_AT_ONCE) {
      List<SendMessageBatchRequestEntry> batch =
          messages.subList(from, Math.min(from + MAX_AT_ONCE, pushes)).stream()
              .map(
                  body ->
                      SendMessageBatchRequestEntry.builder()
                          .id(UUID.randomUUID().toString())
                          .messageBody(body)
                          .messageGroupId(PlaylistlogImages.REPOSITORY)
                          .messageDeduplicationId(UUID.randomUUID().toString())
                          .build())
              .toList();
      sqs.client().sendMessageBatch(request -> request.queueUrl(queue).entries(batch));
    }
  }

  private String message(int cell, int number, boolean last, Instant first) {
    Instant pushed = first.plusSeconds(number);
    return JSON.createObjectNode()
        .put("version", 1)
        .put("deliveryId", "cell-" + cell + "-push-" + number)
        .put("repository", PlaylistlogImages.REPOSITORY)
        .put("tag", last ? "scale-" + (cell % 2 + 1) : "gone")
        .put("digest", last ? contents.get(cell % 2) : "sha256:" + "%064x".formatted(number))
        .put("pushedAt", pushed.toString())
        .put("evidence", "confirmed")
        .put("acceptedAt", pushed.toString())
        .toString();
  }
}
