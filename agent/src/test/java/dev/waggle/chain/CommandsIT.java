package dev.waggle.chain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.EngineHttp;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.SqsServer;
import dev.waggle.testhost.TestHost;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/// `status` and `doctor` against a real engine and a real queue server, set up well and wrongly.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class CommandsIT {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String SECRET = "kCanarySecretAccessKeyThatNobodyMaySee";

  /// Of the report of a dead network, with the start of the JVM.
  private static final Duration LONGEST_REPORT = Duration.ofSeconds(30);

  private final List<String> services = new ArrayList<>();
  private final TestHost host = TestHost.take();
  private PrivateEngine engine;
  private SqsServer sqs;
  private EngineHttp api;
  private Map<String, String> environment = Map.of();

  @BeforeAll
  void start() {
    engine = host.engine();
    sqs = host.sqs();
    api = EngineHttp.connect(engine.dockerHost());
    new PlaylistlogImages(engine).push("1", Health.HEALTHY);
  }

  @AfterAll
  void stop() {
    api.close();
    host.close();
  }

  @BeforeEach
  void setUpWell() {
    Map<String, String> good = new HashMap<>(sqs.environment());
    good.put("AWS_ACCESS_KEY_ID", "AKIACANARYKEYWXYZ");
    good.put("AWS_SECRET_ACCESS_KEY", SECRET);
    good.put("DOCKER_HOST", engine.dockerHost().toString());
    good.put(
        "WAGGLE_QUEUE_URL",
        sqs.createFifoQueue(UUID.randomUUID() + ".fifo", Duration.ofSeconds(60)).url());
    environment = good;
  }

  @AfterEach
  void removeServices() {
    services.forEach(service -> api.delete("/services/" + service));
    services.clear();
  }

  @Test
  void findNothingWrongWithAGoodSetUp() throws InterruptedException, JsonProcessingException {
    create("playlistlog", "vorce/playlistlog:1", 1, Map.of("waggle.tags", "*"));
    create("other", "vorce/playlistlog:1", 0, Map.of());
    awaitRunning("playlistlog");

    CommandOfTheJar doctor = run("doctor");
    assertThat(doctor.status()).as(doctor.toString()).isZero();
    assertThat(doctor.err()).isEmpty();
    assertThat(doctor.out().lines()).allMatch(line -> line.startsWith("ok "));
    assertThat(doctor.out())
        .contains("access key ending in WXYZ")
        .contains("1 of 2 opted in: playlistlog")
        .containsPattern("ok +health +all have a health check")
        .containsPattern("ok +mounts +no service has two tasks that write to one place")
        .contains("vorce/playlistlog:1 (playlistlog) is there")
        .contains("Docker " + engine.version());
    assertThat(JSON.readTree(run("doctor", "--json").out()).path("good").asBoolean()).isTrue();

    CommandOfTheJar status = run("status");
    assertThat(status.status()).as(status.toString()).isZero();
    assertThat(status.err()).isEmpty();
    assertThat(status.out())
        .isEqualTo(
            """
            SERVICE      IMAGE                TAGS  PUSHED  LAST PUSH    RUNNING
            playlistlog  vorce/playlistlog:1  *     -       no push yet  1 of 1
            """);
    JsonNode json = JSON.readTree(run("status", "--json").out());
    assertThat(json.at("/services/0/running").asInt()).isEqualTo(1);
  }

  @Test
  void findThatNoEngineAnswers() throws InterruptedException {
    environment.put("DOCKER_HOST", "unix:///nonexistent/docker.sock");

    assertProblem("engine", "start Docker");
    assertThat(run("status").status()).isEqualTo(1);
  }

  @Test
  void findThatTheEngineIsInNoSwarm() throws InterruptedException {
    try (PrivateEngine other = PrivateEngine.start()) {
      other.docker().leaveSwarmCmd().withForceEnabled(true).exec();
      environment.put("DOCKER_HOST", other.dockerHost().toString());

      assertProblem("swarm", "docker swarm init");
      assertThat(run("status").status()).isEqualTo(1);
    }
  }

  @Test
  void findALabelThatHasNoMeaningAndOneThatIsMisspelt() throws InterruptedException {
    create(
        "wrong",
        "vorce/playlistlog:1",
        0,
        Map.of("waggle.tags", "*", "waggle.order", "start_first"));
    create("misspelt", "vorce/playlistlog:1", 0, Map.of("waggle.tag", "*"));

    assertProblem("labels", "wrong is left alone: waggle.order must be one of start-first");
    assertProblem("services", "misspelt is not opted in: waggle.tag is unknown");
    CommandOfTheJar status = run("status");
    assertThat(status.status()).isEqualTo(1);
    assertThat(status.out())
        .contains("wrong: waggle.order must be")
        .contains("misspelt is not opted in: waggle.tag is unknown");
  }

  @Test
  void findLabelsWhereWaggleDoesNotLook() throws InterruptedException {
    create("prefix", "vorce/playlistlog:1", 0, Map.of("wagle.tags", "*"));
    ObjectNode compose = spec("compose", "vorce/playlistlog:1", 0, Map.of());
    compose.withObject("/TaskTemplate/ContainerSpec/Labels").put("waggle.tags", "1");
    create(compose);

    assertProblem("services", "compose has waggle.tags on its containers");
    assertProblem("services", "prefix is not opted in: wagle.tags is unknown");
    CommandOfTheJar status = run("status");
    assertThat(status.status()).isEqualTo(1);
    assertThat(status.out())
        .contains("compose is not opted in: it has waggle.tags on its containers")
        .contains("prefix is not opted in: wagle.tags is unknown");
  }

  @Test
  void findServicesWithoutHealthCheckAndWithTwoWritersAndLeaveItAtWarnings()
      throws InterruptedException {
    ObjectNode off = spec("off", "vorce/playlistlog:1", 0, Map.of("waggle.tags", "*"));
    ObjectNode container = off.withObject("/TaskTemplate/ContainerSpec");
    container.withObject("/Healthcheck").putArray("Test").add("NONE");
    container
        .putArray("Mounts")
        .addObject()
        .put("Type", "volume")
        .put("Source", "pages")
        .put("Target", "/pages");
    create(off);

    CommandOfTheJar doctor = run("doctor");

    assertThat(doctor.status()).as(doctor.toString()).isZero();
    assertThat(doctor.out())
        .containsPattern("warning +health +off has its health check switched off")
        .containsPattern("warning +mounts +off has two tasks .* write to /pages \\(pages\\)");
  }

  @Test
  void findATaskThatDoesNotRun() throws InterruptedException {
    create("idle", "vorce/absent:1", 1, Map.of("waggle.tags", "*"));

    CommandOfTheJar status = run("status");

    assertThat(status.status()).isEqualTo(1);
    assertThat(status.out()).contains("0 of 1");
  }

  @Test
  void findAnImageThatIsNotThere() throws InterruptedException {
    create("absent", "vorce/absent:1", 0, Map.of("waggle.tags", "*"));

    assertProblem("registry", "vorce/absent:1 (absent)");
  }

  @Test
  void findThatNoServiceIsOptedInAndLeaveItAtAWarning() throws InterruptedException {
    CommandOfTheJar doctor = run("doctor");

    assertThat(doctor.status()).isZero();
    assertThat(doctor.out()).contains("warning  services ");
  }

  @Test
  void findAStandardQueue() throws InterruptedException {
    environment.put(
        "WAGGLE_QUEUE_URL",
        sqs.client().createQueue(request -> request.queueName("standard")).queueUrl());

    assertProblem("settings", "WAGGLE_QUEUE_URL: expected the FIFO queue's URL");
  }

  @Test
  void findAQueueWithoutADeadLetterQueue() throws InterruptedException {
    environment.put(
        "WAGGLE_QUEUE_URL",
        sqs.client()
            .createQueue(
                request ->
                    request
                        .queueName("lonely.fifo")
                        .attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")))
            .queueUrl());

    assertProblem("dead letters", "no dead-letter queue");
  }

  @Test
  void findThatThereIsNoSuchQueue() throws InterruptedException {
    environment.compute("WAGGLE_QUEUE_URL", (name, url) -> url + "-of-nobody.fifo");

    assertProblem("queue", "QueueUrl, and AWS_REGION");
  }

  /// ElasticMQ takes every signature. What is answered here is AWS's, as its documentation has it.
  @Test
  void findThatTheCredentialsAreWrong() throws InterruptedException, IOException {
    HttpServer aws = HttpServer.create(local(), 0);
    aws.createContext(
        "/",
        exchange -> {
          byte[] body =
              """
              {"__type":"com.amazon.coral.service#UnrecognizedClientException",
               "message":"The security token included in the request is invalid."}\
              """
                  .getBytes(StandardCharsets.UTF_8);
          exchange.getRequestBody().readAllBytes();
          exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
          exchange.sendResponseHeaders(403, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    aws.start();
    try {
      environment.put("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:" + aws.getAddress().getPort());

      assertProblem("queue", "refused: UnrecognizedClientException");
    } finally {
      aws.stop(0);
    }
  }

  @Test
  void findThatThereAreNoCredentials() throws InterruptedException {
    environment
        .keySet()
        .removeIf(name -> name.startsWith("AWS_ACCESS") || name.startsWith("AWS_SECRET"));
    environment.put("AWS_EC2_METADATA_DISABLED", "true");
    environment.put("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials");

    assertProblem("identity", "set AWS_ACCESS_KEY_ID");
    assertProblem("queue", "there are no credentials to ask with");
  }

  @Test
  void giveTheWholeReportSoonWhereNothingEverAnswers() throws InterruptedException, IOException {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      environment.put("DOCKER_HOST", "tcp://127.0.0.1:" + silent.getLocalPort());
      environment.put("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:" + silent.getLocalPort());
      Instant start = Instant.now();

      CommandOfTheJar doctor = run("doctor");

      assertThat(Duration.between(start, Instant.now())).isLessThan(LONGEST_REPORT);
      assertThat(doctor.status()).isEqualTo(1);
      assertThat(doctor.out())
          .contains("problem  engine ")
          .contains("problem  queue ")
          .contains("ok       notifications ");
    }
  }

  @Test
  void findAnAddressOfNotificationsThatIsOutOfReachWithoutNamingIt(@TempDir Path directory)
      throws InterruptedException, IOException {
    Path file = directory.resolve("notify");
    Files.writeString(file, "cloudevents http://127.0.0.1:1/" + SECRET + "\n");
    environment.put("WAGGLE_NOTIFY_FILE", file.toString());

    assertProblem("notifications", "cloudevents in line 1 at 127.0.0.1 is out of reach");
  }

  private void assertProblem(String check, String words) throws InterruptedException {
    CommandOfTheJar doctor = run("doctor");
    assertThat(doctor.out().lines())
        .as(doctor.toString())
        .anySatisfy(line -> assertThat(line).matches("problem +" + check + " .*").contains(words));
    assertThat(doctor.status()).isEqualTo(1);
  }

  private CommandOfTheJar run(String... arguments) throws InterruptedException {
    CommandOfTheJar command = CommandOfTheJar.run(environment, arguments);
    assertThat(command.out() + command.err()).doesNotContain(SECRET);
    return command;
  }

  private static InetSocketAddress local() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private void create(String name, String image, int replicas, Map<String, String> labels) {
    create(spec(name, image, replicas, labels));
  }

  private void create(ObjectNode spec) {
    api.post("/services/create", spec);
    services.add(spec.path("Name").asText());
  }

  private static ObjectNode spec(
      String name, String image, int replicas, Map<String, String> labels) {
    ObjectNode spec = JSON.createObjectNode().put("Name", name);
    labels.forEach(spec.withObject("/Labels")::put);
    spec.withObject("/TaskTemplate/ContainerSpec").put("Image", image);
    spec.withObject("/Mode/Replicated").put("Replicas", replicas);
    spec.withObject("/EndpointSpec").put("Mode", "dnsrr");
    return spec;
  }

  private void awaitRunning(String name) {
    Await.until(
        "a running task of " + name,
        Duration.ofSeconds(60),
        () ->
            api.get("/tasks?filters=%7B%22service%22%3A%5B%22" + name + "%22%5D%7D")
                .valueStream()
                .anyMatch(task -> task.at("/Status/State").asText().equals("running")));
  }
}
