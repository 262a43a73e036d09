package dev.waggle.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.chain.Delivery;
import dev.waggle.faults.Front.Trouble;
import dev.waggle.faults.Plan.Content;
import dev.waggle.faults.Plan.Moment;
import dev.waggle.faults.Plan.PlannedDelivery;
import dev.waggle.faults.Plan.PlannedFault;
import dev.waggle.faults.Plan.PlannedPush;
import dev.waggle.faults.Plan.PlannedService;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.DebianPackages;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.RequestingClient;
import dev.waggle.testhost.SqsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Carries a plan out on a lane, and collects what can be seen of it.
final class Run implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration VISIBILITY = Duration.ofSeconds(30);
  private static final Duration TO_BEGIN = Duration.ofMinutes(3);
  private static final Duration TO_AN_END = Duration.ofMinutes(3);

  /// Longer than whoever works needs between two steps; then the queue's time passes.
  private static final Duration QUIET = Duration.ofSeconds(3);

  /// Where the agent sends no update, what was to happen after it happens after this.
  private static final Duration LONGEST_BEFORE_AN_UPDATE = Duration.ofSeconds(6);

  /// Where no request comes by a place, what was to happen there happens after this.
  private static final Duration LONGEST_BEFORE_A_PLACE = Duration.ofSeconds(30);

  static final String MALFORMED = "{\"version\": 1}";

  /// The queue takes pushes of one content to one tag within a minute for one push.
  private static final Duration BETWEEN_PUSHES = Duration.ofSeconds(70);

  private static final String CLOCK_JUMP = "3600";

  private final Lane lane;
  private final Plan plan;
  private final SqsServer.FifoQueue queue;
  private final Path directory;
  private final Path clocks;
  private final Agents agents;
  private final Watch watch;
  private final Map<PlannedFault, Ambush> ambushes;
  private final Letterbox letterbox = new Letterbox();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Instant firstPush =
      Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(Duration.ofMinutes(15));
  private final List<Observation.Answered> answers =
      Collections.synchronizedList(new ArrayList<>());
  private final List<Operated> operations = Collections.synchronizedList(new ArrayList<>());
  private final Map<String, Instant> takenAway = new TreeMap<>();
  private final Map<String, List<String>> tags = new TreeMap<>();
  private final Map<String, JsonNode> before = new HashMap<>();
  private @Nullable RequestingClient client;
  private int malformed;
  private long began;

  private record Operated(Instant at, String pointer, JsonNode value) {}

  Run(Lane lane, Plan plan) {
    this.lane = lane;
    this.plan = plan;
    this.queue = lane.sqs.createFifoQueue("waggle-" + UUID.randomUUID() + ".fifo", VISIBILITY);
    this.ambushes = ambushes();
    lane.queue.of(queue.url(), List.copyOf(ambushes.values()));
    lane.engineFront.of(List.copyOf(ambushes.values()));
    try {
      this.directory = Files.createTempDirectory("waggle-run");
      // Not where the disk may be full.
      this.clocks = Files.createTempDirectory("waggle-clock");
      set("+0");
      Files.writeString(clocks.resolve("addresses"), letterbox.address());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    this.agents =
        new Agents(
            List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.io.tmpdir=" + directory),
            environment(),
            lane.queue);
    this.watch = new Watch(lane.api);
  }

  private Map<PlannedFault, Ambush> ambushes() {
    Map<PlannedFault, Ambush> waiting = new LinkedHashMap<>();
    for (PlannedFault fault : plan.faults()) {
      if (fault.moment() instanceof Moment.AtPlace(int others)) {
        waiting.put(
            fault,
            new Ambush(
                fault.kind().place().orElseThrow(),
                others,
                fault.kind().killsTheEngine() ? lane.engine::killEngine : this::killAgent));
      }
    }
    return waiting;
  }

  private void killAgent() {
    agents.kill();
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>(lane.sqs.environment());
    environment.put("AWS_ENDPOINT_URL_SQS", lane.queue.endpoint());
    environment.put("WAGGLE_QUEUE_URL", queue.url());
    environment.put("DOCKER_HOST", lane.engineFront.dockerHost().toString());
    environment.put("WAGGLE_ROLLOUT_TIMEOUT", "1m");
    environment.put("WAGGLE_HEALTH_FILE", directory.resolve("healthy").toString());
    environment.put("WAGGLE_NOTIFY_FILE", clocks.resolve("addresses").toString());
    environment.put("WAGGLE_NOTIFY_EVENTS", "all");
    if (has(FaultKind.DISK_FULL)) {
      command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory.toString());
    }
    if (has(FaultKind.CLOCK_BACK) || has(FaultKind.CLOCK_FORWARD)) {
      environment.put(
          "LD_PRELOAD",
          DebianPackages.libfaketime(step -> System.out.println("clock: " + step)).toString());
      environment.put("FAKETIME_TIMESTAMP_FILE", clocks.resolve("clock").toString());
      // As on a machine whose clock is set: what counts time since its start does not jump.
      environment.put("FAKETIME_DONT_FAKE_MONOTONIC", "1");
      environment.put("FAKETIME_CACHE_DURATION", "1");
    }
    return environment;
  }

  private boolean has(FaultKind kind) {
    return plan.kinds().contains(kind);
  }

  private static void command(String... command) {
    try {
      Process process = new ProcessBuilder(command).inheritIO().start();
      if (process.waitFor() != 0) {
        throw new IllegalStateException(String.join(" ", command) + " failed");
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  /// Returns when all is quiet, or when it does not become so.
  Observation observe() throws InterruptedException {
    prepare();
    began = System.nanoTime();
    List<Future<?>> steps = new ArrayList<>();
    for (PlannedPush push : plan.pushes()) {
      steps.add(
          threads.submit(
              () -> {
                at(push.atMs());
                push(push);
                return null;
              }));
    }
    for (PlannedDelivery delivery : plan.deliveries()) {
      steps.add(
          threads.submit(
              () -> {
                at(delivery.atMs());
                deliver(plan.pushes().get(delivery.push()));
                return null;
              }));
    }
    for (PlannedFault fault : plan.faults()) {
      steps.add(
          threads.submit(
              () -> {
                await(fault);
                inject(fault);
                return null;
              }));
    }
    Optional<String> unfinished = awaitQuiet(steps);
    for (Future<?> step : steps) {
      if (step.isDone()) {
        try {
          step.get();
        } catch (ExecutionException failed) {
          throw new IllegalStateException("a step of the run failed", failed.getCause());
        }
      }
    }
    return observation(unfinished);
  }

  private void prepare() {
    for (String tag : plan.pushes().stream().map(PlannedPush::tag).distinct().toList()) {
      lane.untag(tag);
    }
    for (PlannedService service : plan.services()) {
      lane.api.post("/services/create", lane.specification(service));
    }
    for (PlannedService service : plan.services()) {
      Await.until(
          service + " running",
          TO_BEGIN,
          () -> lane.api.running(service.name()) == service.replicas());
      before.put(service.name(), lane.api.service(service.name()).path("Spec"));
    }
    plan.requested()
        .ifPresent(
            service -> {
              RequestingClient started =
                  RequestingClient.start(lane.engine, service.name(), PlaylistlogImages.PORT);
              client = started;
              started.awaitAnswer(Content.GOOD_1.toString(), TO_BEGIN);
            });
    Await.until("an agent", TO_BEGIN, () -> !agents.lines("agent started").isEmpty());
  }

  private void pause(long ms) throws InterruptedException {
    if (closed.await(ms, TimeUnit.MILLISECONDS)) {
      throw new InterruptedException("the run was given up");
    }
  }

  private void at(long ms) throws InterruptedException {
    pause(ms - Duration.ofNanos(System.nanoTime() - began).toMillis());
  }

  private void await(PlannedFault fault) throws InterruptedException {
    switch (fault.moment()) {
      case Moment.AtPlace _ -> {
        if (!Objects.requireNonNull(ambushes.get(fault)).await(LONGEST_BEFORE_A_PLACE)) {
          System.out.println("seed " + plan.seed() + ": no request came by, " + fault.kind());
        }
      }
      case Moment.At(long ms) -> at(ms);
      case Moment.AfterUpdate(long ms) -> {
        long end = System.nanoTime() + LONGEST_BEFORE_AN_UPDATE.toNanos();
        while (agents.lines("update sent").isEmpty() && System.nanoTime() < end) {
          pause(20);
        }
        pause(ms);
      }
    }
  }

  private void push(PlannedPush push) {
    if (push.repository().equals(Plan.REPOSITORY)) {
      synchronized (tags) {
        if (push.content() == Content.ABSENT) {
          if (tags.containsKey(push.tag())) {
            takenAway.putIfAbsent(push.tag(), Instant.now());
          }
          lane.untag(push.tag());
        } else {
          tags.computeIfAbsent(push.tag(), tag -> new ArrayList<>())
              .add(lane.digest(push.content()));
          lane.tag(push.tag(), push.content());
        }
      }
    }
  }

  private void deliver(PlannedPush push) throws IOException {
    Delivery delivery =
        Delivery.of(
            push.repository(),
            push.tag(),
            firstPush.plus(BETWEEN_PUSHES.multipliedBy(push.number())));
    HttpResponse<byte[]> answer =
        lane.ask(
            HttpRequest.newBuilder(lane.webhook)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(delivery.json())));
    answers.add(
        new Observation.Answered(
            push.number(),
            answer.statusCode(),
            JSON.readTree(answer.body()).path("deliveryId").asText()));
  }

  private void inject(PlannedFault fault) throws InterruptedException, IOException {
    switch (fault.kind()) {
      case AGENT_KILLED -> agents.kill();
      case AGENT_TERMINATED -> agents.terminate();
      case ENGINE_STOPPED -> {
        lane.engine.stopEngine();
        pause(fault.forMs());
        lane.engine.startEngine();
      }
      case ENGINE_KILLED -> {
        lane.engine.killEngine();
        pause(fault.forMs());
        lane.engine.startEngine();
      }
      case AGENT_KILLED_BEFORE_DELETE,
          AGENT_KILLED_BEFORE_UPDATE,
          AGENT_KILLED_AFTER_UPDATE,
          AGENT_KILLED_BEFORE_ENDING,
          AGENT_KILLED_BEFORE_MARK -> {
        // It has happened, and the next was started.
      }
      case ENGINE_KILLED_BEFORE_DELETE,
          ENGINE_KILLED_BEFORE_UPDATE,
          ENGINE_KILLED_AFTER_UPDATE,
          ENGINE_KILLED_BEFORE_ENDING,
          ENGINE_KILLED_BEFORE_MARK -> {
        pause(fault.forMs());
        lane.engine.startEngine();
      }
      case ENGINE_PAUSED -> {
        lane.engine.run("kill -STOP \"$(cat \"$engine_pid_file\")\"");
        pause(fault.forMs());
        lane.engine.run("kill -CONT \"$(cat \"$engine_pid_file\")\"");
      }
      case REGISTRY_DOWN -> registry(fault, new Trouble.Refusing());
      case REGISTRY_SLOW -> registry(fault, new Trouble.Slow(Duration.ofMillis(1500)));
      case REGISTRY_401 -> registry(fault, refusal(401, "UNAUTHORIZED"));
      case REGISTRY_429 -> registry(fault, refusal(429, "TOOMANYREQUESTS"));
      case REGISTRY_500 -> registry(fault, refusal(500, "UNKNOWN"));
      case QUEUE_REFUSING -> queue(fault, new Trouble.Refusing());
      case QUEUE_SILENT -> queue(fault, new Trouble.Silent());
      case QUEUE_FAILING ->
          queue(
              fault,
              new Trouble.Answering(
                  500,
                  "{\"__type\":\"com.amazon.coral.service#InternalFailure\",\"message\":\"unwell\"}"));
      case QUEUE_DELIVERS_TWICE -> {
        lane.queue.loseNextDeletion();
        pause(fault.forMs());
        lane.queue.expireVisibility();
      }
      case QUEUE_DELIVERS_LATE -> lane.queue.holdNext(Duration.ofMillis(fault.forMs()));
      case VISIBILITY_EXPIRED -> lane.queue.expireVisibility();
      case CLOCK_FORWARD -> set("+" + CLOCK_JUMP);
      case CLOCK_BACK -> set("-" + CLOCK_JUMP);
      case DISK_FULL -> fill();
      case SECOND_OPERATOR -> operate();
      case MESSAGE_MALFORMED -> {
        malformed++;
        lane.sqs
            .client()
            .sendMessage(
                request ->
                    request
                        .queueUrl(queue.url())
                        .messageBody(MALFORMED)
                        .messageGroupId(Plan.REPOSITORY)
                        .messageDeduplicationId(UUID.randomUUID().toString()));
      }
      case DELIVERY_DUPLICATED, DELIVERY_REORDERED, DELIVERY_DROPPED ->
          throw new IllegalArgumentException("shown by the deliveries");
    }
  }

  private static Trouble refusal(int status, String code) {
    return new Trouble.Answering(
        status, "{\"errors\":[{\"code\":\"" + code + "\",\"message\":\"unwell\"}]}");
  }

  private void registry(PlannedFault fault, Trouble trouble) throws InterruptedException {
    lane.registry.suffer(trouble);
    try {
      pause(fault.forMs());
    } finally {
      lane.registry.recover();
    }
  }

  private void queue(PlannedFault fault, Trouble trouble) throws InterruptedException {
    lane.queue.suffer(trouble);
    try {
      pause(fault.forMs());
    } finally {
      lane.queue.recover();
    }
  }

  /// Whoever reads an empty file in the middle of this would give up.
  private void set(String offset) throws IOException {
    Path next = Files.writeString(clocks.resolve("next"), offset);
    Files.move(next, clocks.resolve("clock"), StandardCopyOption.ATOMIC_MOVE);
  }

  private void fill() {
    try (OutputStream file = Files.newOutputStream(directory.resolve("full"))) {
      byte[] block = new byte[4096];
      for (int i = 0; i < 100; i++) {
        file.write(block);
      }
      throw new IllegalStateException("the disk is not full");
    } catch (IOException full) {
      // As it shall be.
    }
  }

  /// Sets a variable or one more replica, as `docker service update` does.
  private void operate() throws InterruptedException {
    String service = plan.services().getFirst().name();
    boolean even = plan.seed() % 2 == 0;
    String pointer = even ? "/TaskTemplate/ContainerSpec/Env" : "/Mode/Replicated/Replicas";
    JsonNode value =
        even
            ? JSON.createArrayNode().add("OPERATOR=was here")
            : JSON.getNodeFactory().numberNode(3);
    while (true) {
      JsonNode seen = lane.api.service(service);
      ObjectNode spec = seen.path("Spec").deepCopy();
      int name = pointer.lastIndexOf('/');
      spec.withObject(pointer.substring(0, name)).set(pointer.substring(name + 1), value);
      try {
        lane.api.post(
            "/services/"
                + seen.path("ID").asText()
                + "/update?version="
                + seen.at("/Version/Index").asText(),
            spec);
        operations.add(new Operated(Instant.now(), pointer, value));
        return;
      } catch (IllegalStateException outOfSequence) {
        pause(50);
      }
    }
  }

  private Optional<String> awaitQuiet(List<Future<?>> steps) throws InterruptedException {
    long end = System.nanoTime() + TO_AN_END.toNanos();
    // An engine that has come back takes a while to see which of its tasks have not.
    Duration calm =
        Duration.ofSeconds(plan.kinds().stream().anyMatch(FaultKind::isOfTheEngine) ? 4 : 1);
    String waiting = "";
    long since = System.nanoTime();
    while (System.nanoTime() < end) {
      agents.lookAfter();
      try {
        waiting = unrest(steps);
      } catch (RuntimeException engineIsAway) {
        waiting = engineIsAway.toString();
      }
      if (!waiting.isEmpty()) {
        since = System.nanoTime();
      } else if (System.nanoTime() - since > calm.toNanos()) {
        return Optional.empty();
      }
      pause(100);
    }
    return Optional.of("not within " + TO_AN_END.toSeconds() + " s: " + waiting);
  }

  /// What is not quiet yet, empty if all is.
  private String unrest(List<Future<?>> steps) {
    String unrest = "";
    for (PlannedService service : plan.services()) {
      JsonNode now = lane.api.service(service.name());
      String state = now.at("/UpdateStatus/State").asText();
      if (state.equals("updating") || state.equals("rollback_started")) {
        return service.name() + " is " + state;
      }
      int replicas = now.at("/Spec/Mode/Replicated/Replicas").asInt();
      long running = running(service.name());
      if (running != replicas) {
        unrest = service.name() + " runs " + running + " of " + replicas;
      }
    }
    int messages = lane.sqs.messages(queue.url());
    if (messages > 0) {
      unrest = messages + " messages are on the queue";
      if (agents.quiet().compareTo(QUIET) > 0 && lane.queue.quiet().compareTo(QUIET) > 0) {
        lane.queue.expireVisibility();
      }
    }
    for (JsonNode record : lane.records().values()) {
      if (!record
          .path("rollouts")
          .valueStream()
          .allMatch(of -> of.at("/ending/told").asBoolean())) {
        unrest = "a record is not done with: " + record;
      }
    }
    return steps.stream().allMatch(Future::isDone) ? unrest : "not all has been done";
  }

  /// How many tasks are wanted and run. An engine that was started again says of tasks that they
  /// run until it has missed their containers; and where it was killed there may be two of a slot.
  private long running(String service) {
    Set<String> containers =
        lane.api
            .get("/containers/json")
            .valueStream()
            .map(container -> container.path("Id").asText())
            .collect(Collectors.toSet());
    Stream<String> slots =
        lane.api
            .tasks(service)
            .valueStream()
            .filter(task -> task.path("DesiredState").asText().equals("running"))
            .filter(task -> task.at("/Status/State").asText().equals("running"))
            .filter(
                task ->
                    containers.contains(task.at("/Status/ContainerStatus/ContainerID").asText()))
            .map(task -> task.path("Slot").asText());
    return plan.kinds().stream().anyMatch(FaultKind::killsTheEngine)
        ? slots.distinct().count()
        : slots.count();
  }

  private Set<Observation.Settled> settled() {
    Set<Observation.Settled> settled = new HashSet<>();
    lane.engineFront
        .marked()
        .forEach(
            (ending, agent) ->
                settled.add(new Observation.Settled(agent, ending.deliveryId(), ending.service())));
    Map<String, String> bodies = lane.queue.taken();
    lane.queue
        .deleted()
        .forEach(
            (id, agent) ->
                settled.add(
                    new Observation.Settled(
                        agent,
                        json(bodies.getOrDefault(id, "{}")).path("deliveryId").asText(),
                        "all")));
    return settled;
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException notJson) {
      throw new UncheckedIOException(notJson);
    }
  }

  private List<String> deadLetters() {
    int all = lane.sqs.messages(queue.deadLetterUrl());
    List<String> letters = new ArrayList<>();
    lane.sqs
        .client()
        .receiveMessage(request -> request.queueUrl(queue.deadLetterUrl()).maxNumberOfMessages(10))
        .messages()
        .forEach(message -> letters.add(message.body()));
    letters.addAll(Collections.nCopies(all - letters.size(), "a message"));
    return letters;
  }

  /// By the names of the services; by its own name where there is no such service.
  private Map<String, JsonNode> records() {
    Map<String, String> names = new HashMap<>();
    for (PlannedService service : plan.services()) {
      names.put("waggle." + lane.api.service(service.name()).path("ID").asText(), service.name());
    }
    Map<String, JsonNode> records = new TreeMap<>();
    lane.records().forEach((name, record) -> records.put(names.getOrDefault(name, name), record));
    return records;
  }

  private Observation observation(Optional<String> unfinished) {
    watch.look();
    agents.close();
    Optional<RequestingClient.Counts> counts =
        Optional.ofNullable(client).map(RequestingClient::stop);
    Map<String, Observation.Observed> services = new TreeMap<>();
    for (PlannedService service : plan.services()) {
      JsonNode first = before.getOrDefault(service.name(), JSON.nullNode());
      List<Observation.Running> running = new ArrayList<>();
      lane.api
          .tasks(service.name())
          .forEach(
              task -> {
                if (task.path("DesiredState").asText().equals("running")) {
                  running.add(
                      new Observation.Running(
                          task.path("Slot").asText(),
                          Watch.digest(task.at("/Spec/ContainerSpec/Image").asText())));
                }
              });
      services.put(
          service.name(),
          new Observation.Observed(
              first,
              lane.api.service(service.name()).path("Spec"),
              running,
              watch.of(service.name())));
    }
    return new Observation(
        List.copyOf(answers),
        taken(),
        lane.sqs.messages(queue.url()),
        deadLetters(),
        malformed,
        services,
        tags,
        Map.copyOf(takenAway),
        lane.healthyDigests(),
        agents.numberedLines("push closed"),
        letterbox.letters(),
        agents.killed(),
        settled(),
        records(),
        agents.otherLines(),
        operations(),
        counts,
        unfinished.or(
            () ->
                agents.endedByThemselves() > 0
                    ? Optional.of("the agent ended by itself: " + agents.lines("agent failed"))
                    : Optional.empty()));
  }

  private List<Observation.Operation> operations() {
    String service = plan.services().getFirst().name();
    return List.copyOf(operations).stream()
        .map(
            of ->
                new Observation.Operation(
                    service, of.pointer, of.value, watch.sawRollback(service, of.at)))
        .toList();
  }

  private List<Observation.Message> taken() {
    List<Observation.Message> messages = new ArrayList<>();
    for (String body : lane.queue.taken().values()) {
      JsonNode message = json(body);
      Instant pushedAt = Instant.parse(message.path("pushedAt").asText());
      messages.add(
          new Observation.Message(
              message.path("deliveryId").asText(),
              message.path("tag").asText(),
              Optional.ofNullable(message.path("digest").textValue()),
              pushedAt.toString(),
              (int) Duration.between(firstPush, pushedAt).dividedBy(BETWEEN_PUSHES)));
    }
    return messages;
  }

  /// Everything that the agents said, and what the services are, for whoever looks for a failure's
  /// reason.
  List<String> log() {
    List<String> log = new ArrayList<>();
    agents.lines().forEach(line -> log.add(line.toString()));
    log.addAll(agents.otherLines());
    log.addAll(watch.history());
    try {
      lane.records().forEach((name, record) -> log.add(name + " " + record));
    } catch (RuntimeException engineIsAway) {
      log.add("no records: " + engineIsAway);
    }
    return log;
  }

  @Override
  public void close() {
    closed.countDown();
    threads.shutdownNow();
    watch.close();
    agents.close();
    letterbox.close();
    lane.registry.recover();
    lane.queue.recover();
    if (client != null) {
      client.close();
    }
    if (has(FaultKind.DISK_FULL)) {
      command("umount", directory.toString());
    }
    Lane.delete(directory);
    Lane.delete(clocks);
  }
}
