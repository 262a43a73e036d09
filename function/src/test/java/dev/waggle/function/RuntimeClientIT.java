package dev.waggle.function;

import static dev.waggle.function.Events.delivery;
import static dev.waggle.function.Events.event;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The jar that is deployed, under Lambda's own runtime interface client and with nothing else
/// beside it, before a real SQS server.
@EnabledOnOs(
    value = OS.LINUX,
    disabledReason = "Lambda's client has native libraries for Linux alone")
@Timeout(60)
class RuntimeClientIT {
  private static final Path JAR = Path.of("target", "function.jar");
  private static final String HANDLER = "dev.waggle.function.WebhookHandler::handleRequest";
  private static final String TOKEN = "right-token";
  private static final String REPOSITORY = "bluebrown/busybox";
  private static final Digest DIGEST = new Digest("sha256:" + "a".repeat(64));
  private static final String CANARY = "canary zq7k";

  /// Docker Hub's patience is not documented; five seconds is an ordinary sender's.
  private static final Duration COLD_START = Duration.ofSeconds(5);

  /// Lambda's own limit, and the template's.
  private static final Duration INITIALISATION = Duration.ofSeconds(10);

  private static final Duration INVOCATION = Duration.ofSeconds(4);

  /// What a request may take: all calls to the outside, and computing on a busy machine.
  private static final Duration REQUEST = Judge.BUDGET.plusSeconds(1);

  @TempDir private static Path folder;

  private static ExecutionEnvironment.Deployment deployment;
  private static LocalQueue queue;
  private static FakeRegistry registry;

  @BeforeAll
  static void deploy() {
    deployment = ExecutionEnvironment.Deployment.unpack(JAR, HANDLER, folder);
    queue = new LocalQueue();
    registry = new FakeRegistry().withTokens();
  }

  @AfterAll
  static void stop() {
    registry.close();
    queue.close();
  }

  private static Map<String, String> settings(Map<String, String> queueEnvironment) {
    Map<String, String> settings = new HashMap<>(queueEnvironment);
    settings.put("AWS_SESSION_TOKEN", CANARY);
    settings.put("WAGGLE_TOKEN_SHA256", Sha256.hex(TOKEN));
    settings.put("WAGGLE_REPOSITORIES", REPOSITORY);
    settings.put("WAGGLE_QUEUE_URL", queue.url().toString());
    settings.put("WAGGLE_REGISTRY_URL", registry.base().toString());
    settings.put("WAGGLE_HUB_URL", "none");
    return settings;
  }

  /// The function in an execution environment of its own.
  private static final class Function implements AutoCloseable {
    private final RuntimeApi api = new RuntimeApi();
    private final ExecutionEnvironment environment;

    Function(Map<String, String> settings) {
      environment = new ExecutionEnvironment(deployment, api, settings);
    }

    JsonNode answer(ObjectNode event) {
      RuntimeApi.Outcome outcome = api.invoke(event.toString(), INITIALISATION.plus(INVOCATION));
      assertThat(outcome.error()).isNull();
      return Resources.json(outcome.body());
    }

    /// Ends the function and returns its log lines.
    List<JsonNode> log() {
      List<String> lines = environment.end();
      assertThat(api.refused()).isEmpty();
      return lines.stream().map(Resources::json).toList();
    }

    /// Ends the function and returns all that it has written and sent.
    String everything() {
      return String.join("\n", environment.end()) + String.join("\n", api.said());
    }

    @Override
    public void close() {
      environment.close();
      api.close();
    }
  }

  private static void assertAnswer(JsonNode response, int status, String body) {
    assertThat(response.get("statusCode").asInt()).isEqualTo(status);
    assertThat(response.get("headers"))
        .isEqualTo(Resources.json("{\"Content-Type\":\"application/json\"}"));
    assertThat(response.get("isBase64Encoded").asBoolean()).isFalse();
    assertThat(response.get("body").asText()).isEqualTo(body);
  }

  private static void assertLogged(JsonNode line, String level, String message, String id) {
    assertThat(line.get("level").asText()).isEqualTo(level);
    assertThat(line.get("message").asText()).isEqualTo(message);
    assertThat(line.get("deliveryId").asText()).isEqualTo(id);
  }

  private static String accepted(String id, String tag) {
    return """
    {"verdict":"accepted","deliveryId":"%s","repository":"%s","tag":"%s","digest":"%s",\
    "evidence":"unknown"}\
    """
        .formatted(id, REPOSITORY, tag, DIGEST);
  }

  private static List<String> messages() {
    return queue.drain().stream()
        .map(message -> Resources.json(message.body()))
        .map(message -> message.get("tag").asText() + "@" + message.get("digest").asText())
        .toList();
  }

  @Test
  void acceptsAPush() {
    registry.holding(REPOSITORY, "1", DIGEST);
    try (Function function = new Function(settings(queue.environment()))) {
      assertAnswer(
          function.answer(event(TOKEN, delivery("1").toString(), "first")),
          202,
          accepted("first", "1"));
      assertThat(messages()).containsExactly("1@" + DIGEST);
      assertThat(function.log())
          .singleElement()
          .satisfies(
              line -> {
                assertLogged(line, "INFO", "push accepted", "first");
                assertThat(line.get("digest").asText()).isEqualTo(DIGEST.value());
              });
    }
  }

  @Test
  void readsABodyInBase64() {
    registry.holding(REPOSITORY, "2", DIGEST);
    try (Function function = new Function(settings(queue.environment()))) {
      String body = Base64.getEncoder().encodeToString(delivery("2").toString().getBytes(UTF_8));
      assertAnswer(
          function.answer(event(TOKEN, body, "encoded").put("isBase64Encoded", true)),
          202,
          accepted("encoded", "2"));
      assertThat(messages()).containsExactly("2@" + DIGEST);
    }
  }

  @Test
  void refusesWhatIsNoDeliveryAndGoesOn() {
    registry.holding(REPOSITORY, "3", DIGEST);
    try (Function function = new Function(settings(queue.environment()))) {
      assertAnswer(
          function.answer(event("wrong-token", delivery("3").toString(), "stranger")),
          403,
          """
          {"verdict":"refused","reason":"wrong token","deliveryId":"stranger"}\
          """);
      assertAnswer(
          function.answer(event(TOKEN, "{\"push_data\":", "malformed")),
          422,
          """
          {"verdict":"refused","reason":"not a delivery","deliveryId":"malformed",\
          "field":"push_data","expected":"well-formed JSON"}\
          """);
      assertAnswer(
          function.answer(event(TOKEN, null, "empty")),
          422,
          """
          {"verdict":"refused","reason":"not a delivery","deliveryId":"empty",\
          "field":"body","expected":"a JSON object"}\
          """);
      ObjectNode scheduled =
          (ObjectNode)
              Resources.json("{\"source\":\"aws.events\",\"detail-type\":\"Scheduled Event\"}");
      assertThat(function.answer(scheduled).get("statusCode").asInt()).isEqualTo(403);
      assertThat(messages()).isEmpty();

      assertAnswer(
          function.answer(event(TOKEN, delivery("3").toString(), "genuine")),
          202,
          accepted("genuine", "3"));
      assertThat(messages()).containsExactly("3@" + DIGEST);
      assertThat(function.log())
          .extracting(line -> line.get("message").asText())
          .containsExactly(
              "wrong token", "not a delivery", "not a delivery", "wrong token", "push accepted");
    }
  }

  @Test
  void makesOneMessageOfThreeDeliveriesToThreeColdEnvironments() throws Exception {
    registry.holding(REPOSITORY, "4", DIGEST);
    String delivery = delivery("4").toString();
    List<Function> functions = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<RuntimeApi.Outcome>> answers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        Function function = new Function(settings(queue.environment()));
        functions.add(function);
        String event = event(TOKEN, delivery, "cold-" + i).toString();
        Callable<RuntimeApi.Outcome> invocation =
            () -> function.api.invoke(event, INITIALISATION.plus(INVOCATION));
        answers.add(threads.submit(invocation));
      }
      for (int i = 0; i < 3; i++) {
        RuntimeApi.Outcome outcome = answers.get(i).get();
        assertAnswer(Resources.json(outcome.body()), 202, accepted("cold-" + i, "4"));
        assertThat(Duration.ofNanos(outcome.answered() - functions.get(i).environment.started()))
            .as("from the start of the process to the answer")
            .isLessThan(COLD_START);
      }
      assertThat(messages()).containsExactly("4@" + DIGEST);
    } finally {
      functions.forEach(Function::close);
    }
  }

  @Test
  void startsWhileTheQueueIsDownAndAnswersWithoutIt() {
    registry.holding(REPOSITORY, "5", DIGEST);
    try (QueueFront front = new QueueFront(queue.endpoint())) {
      front.goDown();
      try (Function function = new Function(settings(front.environment()))) {
        long _ = function.api.awaitReady(INITIALISATION);
        ObjectNode event = event(TOKEN, delivery("5").toString(), "down");
        RuntimeApi.Outcome outcome = function.api.invoke(event.toString(), REQUEST);
        assertAnswer(
            Resources.json(outcome.body()),
            503,
            """
            {"verdict":"failed","reason":"queue unavailable","deliveryId":"down"}\
            """);
        front.comeBack();
        assertAnswer(
            function.answer(event(TOKEN, delivery("5").toString(), "back")),
            202,
            accepted("back", "5"));
        assertThat(messages()).containsExactly("5@" + DIGEST);
        assertThat(function.log())
            .extracting(line -> line.get("message").asText())
            .containsExactly("queue not warmed up", "queue unavailable", "push accepted");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(QueueFront.Illness.class)
  void sendsAgainWhenTheQueueIsUnwellOnce(QueueFront.Illness illness) {
    String tag = "once-" + illness;
    registry.holding(REPOSITORY, tag, DIGEST);
    try (QueueFront front = new QueueFront(queue.endpoint());
        Function function = new Function(settings(front.environment()))) {
      long _ = function.api.awaitReady(INITIALISATION);
      ObjectNode event = event(TOKEN, delivery(tag).toString(), "once");
      front.suffering(illness, 1);
      RuntimeApi.Outcome outcome = function.api.invoke(event.toString(), REQUEST);
      assertAnswer(Resources.json(outcome.body()), 202, accepted("once", tag));
      assertThat(front.asked()).filteredOn(action -> action.endsWith(".SendMessage")).hasSize(2);
      assertThat(messages()).containsExactly(tag + "@" + DIGEST);
      assertThat(function.log())
          .singleElement()
          .satisfies(line -> assertLogged(line, "INFO", "push accepted", "once"));
    }
  }

  @ParameterizedTest
  @EnumSource(QueueFront.Illness.class)
  void answersWithinTheBudgetWhenTheQueueStaysUnwell(QueueFront.Illness illness) {
    String tag = "always-" + illness;
    registry.holding(REPOSITORY, tag, DIGEST);
    try (QueueFront front = new QueueFront(queue.endpoint());
        Function function = new Function(settings(front.environment()))) {
      long _ = function.api.awaitReady(INITIALISATION);
      front.suffering(illness, Integer.MAX_VALUE);
      ObjectNode event = event(TOKEN, delivery(tag).toString(), "always");
      RuntimeApi.Outcome outcome = function.api.invoke(event.toString(), REQUEST);
      assertAnswer(
          Resources.json(outcome.body()),
          503,
          """
          {"verdict":"failed","reason":"queue unavailable","deliveryId":"always"}\
          """);
      assertThat(messages()).isEmpty();
      assertThat(function.log())
          .singleElement()
          .satisfies(line -> assertLogged(line, "ERROR", "queue unavailable", "always"));
    }
  }

  @Test
  void saysAllThatIsWrongWithItsSettingsAtOnceAndEnds() {
    Map<String, String> settings = settings(queue.environment());
    settings.put("WAGGLE_TOKEN_SHA256", CANARY);
    settings.remove("WAGGLE_REPOSITORIES");
    settings.put("WAGGLE_QUEUE_URL", "https://user:" + CANARY + "@sqs.example/1/waggle");
    settings.put("WAGGLE_REGISTRY_URL", "ftp://registry.example");
    settings.put("WAGGLE_HUB_URL", "nowhere");
    settings.put("WAGGLE_CONTRADICTED_PUSHES", "perhaps");
    settings.put("WAGGLE_REPOSITORY", "vorce/playlistlog");
    try (Function function = new Function(settings)) {
      RuntimeApi.InitError error = function.api.awaitInitError(INITIALISATION);
      assertThat(Resources.json(error.body()).get("errorMessage").asText())
          .contains(
              "WAGGLE_TOKEN_SHA256 has a hash that is not 64 hexadecimal digits",
              "WAGGLE_REPOSITORIES is not set",
              "WAGGLE_QUEUE_URL is not an address",
              "WAGGLE_REGISTRY_URL is not a plain http or https address",
              "WAGGLE_HUB_URL is not a plain http or https address",
              "WAGGLE_CONTRADICTED_PUSHES is neither refuse nor mark",
              "WAGGLE_REPOSITORY is unknown: did you mean WAGGLE_REPOSITORIES?");
      assertThat(function.environment.awaitEnd(INITIALISATION)).isNotZero();
      assertThat(function.everything()).doesNotContain("zq7k");
    }
  }

  @Test
  void saysNothingOfWhatARequestHolds() {
    registry.holding(REPOSITORY, "6", DIGEST);
    try (Function function = new Function(settings(queue.environment()))) {
      List<String> bodies = withEachFieldReplaced(delivery("6"));
      bodies.add(CANARY);
      for (String body : bodies) {
        for (String token : List.of(TOKEN, CANARY)) {
          ObjectNode event = event(token, body, CANARY).put("rawQueryString", "a=" + CANARY);
          event.withObject("headers").put("x-canary", CANARY).put(CANARY, "x");
          event.withObject("queryStringParameters").put("a", CANARY);
          event.withObject("requestContext").put("accountId", CANARY);
          assertThat(function.answer(event)).isNotNull();
        }
      }
      assertThat(function.everything())
          .contains("push accepted", "wrong token", "not a delivery", "not our repository")
          .doesNotContain("zq7k");
    }
    assertThat(queue.drain())
        .isNotEmpty()
        .allSatisfy(message -> assertThat(message.body()).doesNotContain("zq7k"));
  }

  private static List<String> withEachFieldReplaced(ObjectNode delivery) {
    List<String> bodies = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : delivery.properties()) {
      bodies.add(delivery.deepCopy().put(field.getKey(), CANARY).toString());
      for (Map.Entry<String, JsonNode> inner : field.getValue().properties()) {
        ObjectNode changed = delivery.deepCopy();
        changed.withObject("/" + field.getKey()).put(inner.getKey(), CANARY);
        bodies.add(changed.toString());
      }
    }
    ObjectNode stranger = delivery.deepCopy();
    stranger.withObject("/repository").put("repo_name", "canary-zq7k/busybox");
    bodies.add(stranger.toString());
    return bodies;
  }
}
