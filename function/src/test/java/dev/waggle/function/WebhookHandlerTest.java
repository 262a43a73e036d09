package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookHandlerTest {
  private static final String TOKEN = "right-token";
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "WAGGLE_TOKEN_SHA256",
          Sha256.hex("other-token") + "," + Sha256.hex(TOKEN),
          "WAGGLE_REPOSITORIES",
          "bluebrown/busybox",
          "WAGGLE_QUEUE_URL",
          "https://sqs.eu-central-1.amazonaws.com/1/waggle.fifo");
  private static final String REAL =
      Resources.text("payloads/2022-12-17-bluebrown-busybox-manifest-list.json");
  private static final Digest DIGEST = new Digest("sha256:" + "a".repeat(64));

  private static final APIGatewayV2HTTPEvent.RequestContext REQUEST =
      APIGatewayV2HTTPEvent.RequestContext.builder().withRequestId("id").build();

  private final KnownTags registry =
      new KnownTags().knowing("bluebrown/busybox", "latest", new Registry.Finding.Found(DIGEST));
  private final KnownPushes records = new KnownPushes();
  private final List<Duration> pauses = new ArrayList<>();
  private final QueueInMemory queue = new QueueInMemory();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private WebhookHandler handler(Registry registry) {
    Clock clock = Clock.fixed(Instant.parse("2022-12-17T20:06:04.5Z"), ZoneOffset.UTC);
    return new WebhookHandler(
        new Judge(Configuration.from(ENVIRONMENT), registry, records, queue, pauses::add, clock),
        new FunctionLog(new PrintStream(out, true, UTF_8), clock));
  }

  private static ObjectNode event(String token, @Nullable String body) {
    return Events.event(token, body, "JKJaXmPLvHcESHA=");
  }

  private JsonNode answer(String event) {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    try {
      handler(registry)
          .handleRequest(new ByteArrayInputStream(event.getBytes(UTF_8)), output, null);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return Resources.json(output.toString(UTF_8));
  }

  private String logged() {
    return out.toString(UTF_8);
  }

  private void assertAnswer(JsonNode response, int status, String body) {
    assertThat(response.get("statusCode").asInt()).isEqualTo(status);
    assertThat(response.get("headers"))
        .isEqualTo(Resources.json("{\"Content-Type\":\"application/json\"}"));
    assertThat(response.get("isBase64Encoded").asBoolean()).isFalse();
    assertThat(response.get("body").asText()).isEqualTo(body);
  }

  private void assertLogged(String line) {
    assertThat(logged().replaceAll(",\"(lookups|queue)Ms\":[0-9]+\\.[0-9]{1,3}", ""))
        .isEqualTo(line + "\n");
  }

  @Test
  void pushAccepted() {
    assertAnswer(
        answer(event(TOKEN, REAL).toString()),
        202,
        """
        {"verdict":"accepted","deliveryId":"JKJaXmPLvHcESHA=",\
        "repository":"bluebrown/busybox","tag":"latest","digest":"%s",\
        "evidence":"unknown"}\
        """
            .formatted(DIGEST));
    assertLogged(
        """
        {"timestamp":"2022-12-17T20:06:04.500Z","level":"INFO","message":"push accepted",\
        "verdict":"accepted","deliveryId":"JKJaXmPLvHcESHA=","repository":"bluebrown/busybox","tag":"latest",\
        "digest":"%s","pushedAt":"2022-12-17T20:06:02Z","evidence":"unknown",\
        "evidenceReason":"Docker Hub's record could not be had","token":"second"}\
        """
            .formatted(DIGEST));
    assertThat(queue.held()).hasSize(1);
  }

  @Test
  void saysHowLongOthersMadeItWait() {
    answer(event(TOKEN, REAL).toString());
    answer(event("wrong-token", REAL).toString());
    assertThat(logged().lines().map(Resources::json))
        .satisfiesExactly(
            accepted -> {
              assertThat(accepted.get("lookupsMs").isNumber()).isTrue();
              assertThat(accepted.get("queueMs").doubleValue()).isBetween(0.0, 1_000.0);
            },
            refused -> {
              assertThat(refused.has("lookupsMs")).isFalse();
              assertThat(refused.has("queueMs")).isFalse();
            });
  }

  @Test
  void pushAcceptedThoughUnproven() {
    registry.knowing(
        "bluebrown/busybox", "latest", new Registry.Finding.Unproven(Registry.Doubt.RATE_LIMITED));
    assertAnswer(
        answer(event(TOKEN, REAL).toString()),
        202,
        """
        {"verdict":"accepted","deliveryId":"JKJaXmPLvHcESHA=",\
        "repository":"bluebrown/busybox","tag":"latest","evidence":"unknown",\
        "unproven":"the registry limits our rate"}\
        """);
    assertThat(logged())
        .contains(
            "\"message\":\"push accepted unproven\"",
            "\"reason\":\"the registry limits our rate\"");
  }

  @Test
  void deliveryIgnored() {
    registry.knowing("bluebrown/busybox", "latest", new Registry.Finding.Missing());
    assertAnswer(
        answer(event(TOKEN, REAL).toString()),
        200,
        """
        {"verdict":"ignored","reason":"tag not in the registry",\
        "deliveryId":"JKJaXmPLvHcESHA=","repository":"bluebrown/busybox","tag":"latest"}\
        """);
    assertThat(logged())
        .contains(
            "\"level\":\"WARN\",\"message\":\"tag not in the registry\",\"verdict\":\"ignored\"");
  }

  @Test
  void notAnImage() {
    registry.keepingAnArtifact(DIGEST);
    assertAnswer(
        answer(event(TOKEN, REAL).toString()),
        200,
        """
        {"verdict":"ignored","reason":"not an image","deliveryId":"JKJaXmPLvHcESHA=",\
        "repository":"bluebrown/busybox","tag":"latest","digest":"%s"}\
        """
            .formatted(DIGEST));
    assertLogged(
        """
        {"timestamp":"2022-12-17T20:06:04.500Z","level":"INFO","message":"not an image",\
        "verdict":"ignored","deliveryId":"JKJaXmPLvHcESHA=","repository":"bluebrown/busybox","tag":"latest",\
        "digest":"%s","token":"second"}\
        """
            .formatted(DIGEST));
    assertThat(queue.sent).isEmpty();
  }

  @Test
  void notAnImageByItsTag() {
    String tag = "sha256-" + "a".repeat(64) + ".sig";
    assertAnswer(
        answer(event(TOKEN, REAL.replace("\"latest\"", "\"" + tag + "\"")).toString()),
        200,
        """
        {"verdict":"ignored","reason":"not an image","deliveryId":"JKJaXmPLvHcESHA=",\
        "repository":"bluebrown/busybox","tag":"%s"}\
        """
            .formatted(tag));
    assertThat(registry.asked).isEmpty();
    assertThat(queue.sent).isEmpty();
  }

  @Test
  void pushContradicted() {
    String old = REAL.replace("1671307562", "1571307562");
    assertAnswer(
        answer(event(TOKEN, old).toString()),
        409,
        """
        {"verdict":"refused","reason":"push contradicted","deliveryId":"JKJaXmPLvHcESHA=",\
        "contradiction":"the push is more than a day old"}\
        """);
    assertThat(logged())
        .contains(
            "\"level\":\"WARN\",\"message\":\"push contradicted\",\"verdict\":\"refused\"",
            "\"evidence\":\"contradicted\",\"evidenceReason\":\"the push is more than a day old\"");
    assertThat(queue.sent).isEmpty();
  }

  @Test
  void saysSoWhenDockerHubLimitsUs() {
    records.limiting(2);
    assertThat(answer(event(TOKEN, REAL).toString()).get("statusCode").asInt()).isEqualTo(202);
    assertThat(logged())
        .contains(
            "\"level\":\"WARN\",\"message\":\"push accepted\"",
            "\"evidence\":\"unknown\",\"evidenceReason\":\"Docker Hub limits our"
                + " rate\",\"limited\":true");
  }

  @Test
  void saysSoWhenWhatIsKnownOfTheTagIsOlderThanThePush() {
    records.knowing("bluebrown/busybox", "latest", DIGEST, Instant.parse("2022-12-17T19:00:00Z"));
    answer(event(TOKEN, REAL).toString());
    assertThat(logged())
        .contains(
            "\"level\":\"WARN\",\"message\":\"push accepted\"",
            "\"evidenceReason\":\"Docker Hub recorded an earlier push\",\"lookAgain\":true");
  }

  @Test
  void saysSoWhenTheTimeOfAPushCannotBeUsed() {
    answer(event(TOKEN, REAL.replace("1671307562", "1671307562000")).toString());
    assertThat(logged()).contains("\"message\":\"push accepted\"", "\"time\":\"unusable\"");
    out.reset();
    answer(event(TOKEN, REAL.replace("1671307562", "null")).toString());
    assertThat(logged()).contains("\"message\":\"push accepted\"").doesNotContain("unusable");
  }

  @Test
  void wrongToken() {
    assertAnswer(
        answer(event("wrong-token", REAL).toString()),
        403,
        """
        {"verdict":"refused","reason":"wrong token","deliveryId":"JKJaXmPLvHcESHA="}\
        """);
    assertLogged(
        """
        {"timestamp":"2022-12-17T20:06:04.500Z","level":"WARN","message":"wrong token",\
        "verdict":"refused","deliveryId":"JKJaXmPLvHcESHA="}\
        """);
  }

  @Test
  void bodyTooLarge() {
    assertAnswer(
        answer(event(TOKEN, " ".repeat(Body.MAX_BYTES) + REAL).toString()),
        413,
        """
        {"verdict":"refused","reason":"body too large","deliveryId":"JKJaXmPLvHcESHA="}\
        """);
    assertThat(logged()).contains("\"message\":\"body too large\"");
  }

  @Test
  void notADelivery() {
    assertAnswer(
        answer(event(TOKEN, "{}").toString()),
        422,
        """
        {"verdict":"refused","reason":"not a delivery","deliveryId":"JKJaXmPLvHcESHA=",\
        "field":"repository","expected":"an object"}\
        """);
    assertThat(logged()).contains("\"message\":\"not a delivery\"");
    assertAnswer(
        answer(event(TOKEN, null).toString()),
        422,
        """
        {"verdict":"refused","reason":"not a delivery","deliveryId":"JKJaXmPLvHcESHA=",\
        "field":"body","expected":"a JSON object"}\
        """);
  }

  @Test
  void notOurRepository() {
    JsonNode response =
        answer(event(TOKEN, REAL.replace("bluebrown/busybox", "bluebrown/other")).toString());
    assertAnswer(
        response,
        422,
        """
        {"verdict":"refused","reason":"not our repository",\
        "deliveryId":"JKJaXmPLvHcESHA="}\
        """);
    assertThat(logged()).contains("\"message\":\"not our repository\"");
  }

  @Test
  void queueUnavailable() {
    queue.failing("the queue is unreachable: ConnectException");
    assertAnswer(
        answer(event(TOKEN, REAL).toString()),
        503,
        """
        {"verdict":"failed","reason":"queue unavailable","deliveryId":"JKJaXmPLvHcESHA="}\
        """);
    assertThat(logged())
        .contains(
            "\"level\":\"ERROR\",\"message\":\"queue unavailable\"",
            "\"reason\":\"the queue is unreachable: ConnectException\"",
            "\"tag\":\"latest\"");
  }

  @Test
  void unexpectedFailure() {
    WebhookHandler handler =
        handler(
            (repository, tag, deadline) -> {
              throw new IllegalStateException("canary", new IOException("canary"));
            });
    APIGatewayV2HTTPResponse response =
        handler.handle(
            APIGatewayV2HTTPEvent.builder()
                .withPathParameters(Map.of("token", TOKEN))
                .withBody(REAL)
                .build());
    assertThat(response.getStatusCode()).isEqualTo(500);
    assertThat(response.getBody()).contains("\"unexpected failure\"").doesNotContain("canary");
    assertThat(logged())
        .contains(
            "\"level\":\"ERROR\",\"message\":\"unexpected failure\"",
            "\"exception\":\"java.lang.IllegalStateException\"",
            "\"caused by java.io.IOException\"",
            getClass().getName())
        .doesNotContain("canary");
    assertThat(logged().lines()).hasSize(1);
  }

  @Test
  void readsAnEncodedBody() {
    String encoded = Base64.getEncoder().encodeToString(REAL.getBytes(UTF_8));
    ObjectNode event = event(TOKEN, encoded).put("isBase64Encoded", true);
    assertThat(answer(event.toString()).get("statusCode").asInt()).isEqualTo(202);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "application/json",
        "text/plain",
        "application/octet-stream",
        "",
        "; x",
        "application/x-www-form-urlencoded"
      })
  void readsADeliveryOfAnyContentType(@Nullable String type) {
    ObjectNode event = event(TOKEN, REAL);
    event.putObject("headers").put("content-type", type);
    assertThat(answer(event.toString()).get("statusCode").asInt()).isEqualTo(202);
    event.remove("headers");
    assertThat(answer(event.toString()).get("statusCode").asInt()).isEqualTo(202);
  }

  @Test
  void makesADeliveryIdWhereApiGatewayHasNone() {
    ObjectNode event = event(TOKEN, REAL);
    event.withObject("requestContext").put("requestId", "not one\n");
    JsonNode id = Resources.json(answer(event.toString()).get("body").asText()).get("deliveryId");
    assertThat(id.asText()).matches("[0-9a-f-]{36}");
    assertThat(queue.held().getFirst().deliveryId()).hasToString(id.asText());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "null",
        "7",
        "{",
        "not json",
        "{}",
        "\0\0\4\0",
        "{\"pathParameters\":null}",
        "{\"pathParameters\":[\"token\"]}",
        "{\"pathParameters\":{\"token\":null}}",
        "{\"pathParameters\":{\"token\":{\"token\":\"right-token\"}}}",
        "{\"pathParameters\":{\"proxy\":\"right-token\"},\"requestContext\":\"id\"}"
      })
  void takesAnEventWithoutATokenForOneWithAWrongToken(String event) {
    assertThat(answer(event).get("statusCode").asInt()).isEqualTo(403);
    assertThat(logged()).contains("\"message\":\"wrong token\"");
  }

  /// A busy machine may spoil one measurement; what tells tokens apart would show in all.
  @Test
  void refusesEveryWrongTokenWithTheSameAnswerInTheSameTime() {
    WebhookHandler handler = handler(registry);
    double ratio = Double.MAX_VALUE;
    for (int attempt = 0; attempt < 3 && ratio >= 2; attempt++) {
      ratio = Math.min(ratio, slowestToFastest(handler));
    }
    assertThat(ratio).isLessThan(2);
  }

  /// Of the medians of many requests of each kind, in turn: whatever the machine does meets all
  /// alike.
  private double slowestToFastest(WebhookHandler handler) {
    String right = "t".repeat(64);
    List<Map<String, String>> wrong = new ArrayList<>();
    wrong.add(Map.of());
    for (String token :
        List.of(
            "",
            "t",
            right,
            right + right,
            "%74".repeat(64),
            "t".repeat(512),
            "t".repeat(513),
            "t".repeat(8_000))) {
      wrong.add(Map.of("token", token));
    }
    int rounds = 1_500;
    long[][] times = new long[wrong.size()][rounds];
    for (int round = 0; round < rounds; round++) {
      out.reset();
      for (int kind = 0; kind < times.length; kind++) {
        APIGatewayV2HTTPEvent event =
            APIGatewayV2HTTPEvent.builder()
                .withPathParameters(wrong.get(kind))
                .withRequestContext(REQUEST)
                .withBody(REAL)
                .build();
        long began = System.nanoTime();
        APIGatewayV2HTTPResponse answer = handler.handle(event);
        times[kind][round] = System.nanoTime() - began;
        assertThat(answer.getStatusCode()).isEqualTo(403);
        assertThat(answer.getBody())
            .isEqualTo(
                """
                {"verdict":"refused","reason":"wrong token","deliveryId":"id"}\
                """);
      }
    }
    LongSummaryStatistics medians =
        Arrays.stream(times).mapToLong(of -> median(of)).summaryStatistics();
    return (double) medians.getMax() / medians.getMin();
  }

  private static long median(long[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  @Test
  void writesExactlyOneLineForEachRequest() {
    for (String token : List.of(TOKEN, "wrong", TOKEN)) {
      answer(event(token, REAL).toString());
    }
    assertThat(logged().lines().map(line -> Resources.json(line).get("message").asText()))
        .containsExactly("push accepted", "wrong token", "push accepted");
  }

  @Test
  void saysNothingOfWhatTheRequestHolds() {
    StringBuilder said = new StringBuilder();
    List<String> held =
        List.of(
            "canary 5b1f",
            "canary/5b1f",
            "ghcr.io/canary/5b1f",
            "\ud8005b1f",
            "https://canary.example/5b1f");
    for (String value : held) {
      for (String body : withEachFieldReplaced(value)) {
        for (String token : List.of(TOKEN, "5b1f-token")) {
          ObjectNode event = event(token, body).put("rawQueryString", "a=5b1f");
          event.withObject("headers").put("x-canary", "5b1f");
          event.withObject("requestContext").put("accountId", "5b1f");
          said.append(answer(event.toString()));
        }
      }
      said.append(answer(event(TOKEN, value).toString()));
    }
    assertThat(said + logged())
        .contains("push accepted", "not a delivery", "not our repository", "no tag")
        .doesNotContain("5b1f");
  }

  private static List<String> withEachFieldReplaced(String value) {
    List<String> bodies = new ArrayList<>();
    List<String> names = new ArrayList<>();
    Resources.json(REAL).fieldNames().forEachRemaining(names::add);
    for (String name : names) {
      ObjectNode body = (ObjectNode) Resources.json(REAL);
      bodies.add(body.put(name, value).toString());
      Resources.json(REAL)
          .get(name)
          .fieldNames()
          .forEachRemaining(
              inner -> {
                ObjectNode changed = (ObjectNode) Resources.json(REAL);
                changed.withObject(name).put(inner, value);
                bodies.add(changed.toString());
              });
    }
    ObjectNode noTag = (ObjectNode) Resources.json(REAL);
    noTag.withObject("push_data").putNull("tag").put("pusher", value);
    bodies.add(noTag.toString());
    return bodies;
  }

  @Test
  void doesNotStartWithABadConfiguration() {
    assertThatExceptionOfType(InvalidConfigurationException.class)
        .isThrownBy(
            () -> WebhookHandler.fromEnvironment(Map.of(), new PrintStream(out, true, UTF_8)));
  }
}
