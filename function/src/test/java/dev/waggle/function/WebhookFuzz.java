package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.ThreadMXBean;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.MethodSource;

/// Whatever comes as an event, or as a body to whoever knows the token, is answered with one of the
/// verdicts on it, at once, with one line in the log, and leaves nothing behind.
///
/// A finding is printed and written below `src/test/resources`, where later runs begin with it.
class WebhookFuzz {
  /// The computing that there is for one request: far below the budget, far above a slow machine.
  private static final Duration AT_ONCE = Duration.ofMillis(500);

  /// How many bytes count as nothing, of what a collector may not have found yet.
  private static final long NOTHING = 8L << 20;

  private static final int INPUTS_BETWEEN_WEIGHINGS = 50_000;

  private static final Set<Integer> VERDICTS = Set.of(200, 202, 403, 409, 413, 422);
  private static final Instant NOW = Instant.parse("2022-12-17T20:06:04.5Z");

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final MemoryMXBean MEMORY = ManagementFactory.getMemoryMXBean();

  private static final ByteArrayOutputStream LOG = new ByteArrayOutputStream();
  private static final WebhookHandler HANDLER = handler();

  private static final Set<Integer> SEEN = new HashSet<>();
  private static int inputs;
  private static long weight;

  private static WebhookHandler handler() {
    Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
    Configuration configuration =
        Configuration.from(
            Map.of(
                "WAGGLE_TOKEN_SHA256",
                Sha256.hex("token"),
                "WAGGLE_REPOSITORIES",
                "bluebrown/busybox,busybox,karolisr/keel:0.*",
                "WAGGLE_QUEUE_URL",
                "https://sqs.eu-central-1.amazonaws.com/1/waggle.fifo"));
    Registry registry =
        (_, tag, _) ->
            tag.value().length() > 20
                ? new Registry.Finding.Missing()
                : new Registry.Finding.Found(Verdicts.DIGEST);
    return new WebhookHandler(
        new Judge(
            configuration,
            registry,
            PushRecords.NONE,
            (_, _) -> new PushQueue.Sending.Sent(),
            _ -> {},
            clock),
        new FunctionLog(new PrintStream(LOG, true, UTF_8), clock));
  }

  /// Real deliveries, alone and in events.
  static Stream<byte[]> seeds() {
    return Resources.payloads()
        .map(Resources::text)
        .flatMap(
            delivery ->
                Stream.of(delivery, Events.event("token", delivery, "JKJaXmPLvHcESHA=").toString()))
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "3m", maxExecutions = 300_000)
  void isAnsweredAtOnceAndLeavesNothing(byte[] input) {
    String text = new String(input, UTF_8);
    assertVerdict(() -> event(input));
    assertVerdict(() -> body(Base64.getEncoder().encodeToString(input), true));
    assertVerdict(() -> body(text, false));
    assertVerdict(() -> body(text, true));
    assertThat(statusOfToken(text)).isEqualTo(text.equals("token") ? 422 : 403);
    weighNowAndThen();
  }

  @AfterAll
  static void wentEverywhere() {
    assertThat(SEEN).contains(200, 202, 403, 409, 422);
    assertThat(inputs).isGreaterThan(200_000);
  }

  private static int event(byte[] event) {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    try {
      HANDLER.handleRequest(new ByteArrayInputStream(event), answer, null);
    } catch (IOException e) {
      throw new AssertionError("an exception instead of an answer", e);
    }
    JsonNode response = Resources.json(answer.toString(UTF_8));
    assertThat(Resources.json(response.get("body").asText()).get("verdict"))
        .isInstanceOf(JsonNode.class);
    return response.get("statusCode").intValue();
  }

  private static int body(String body, boolean base64) {
    return HANDLER
        .handle(
            APIGatewayV2HTTPEvent.builder()
                .withPathParameters(Map.of("token", "token"))
                .withBody(body)
                .withIsBase64Encoded(base64)
                .build())
        .getStatusCode();
  }

  private static int statusOfToken(String token) {
    return HANDLER
        .handle(APIGatewayV2HTTPEvent.builder().withPathParameters(Map.of("token", token)).build())
        .getStatusCode();
  }

  private static void assertVerdict(Supplier<Integer> request) {
    LOG.reset();
    long before = THREADS.getCurrentThreadCpuTime();
    Integer status = request.get();
    Duration spent = Duration.ofNanos(THREADS.getCurrentThreadCpuTime() - before);
    assertThat(VERDICTS).contains(status);
    SEEN.add(status);
    assertThat(spent).isLessThan(AT_ONCE);
    assertThat(LOG.toString(UTF_8)).endsWith("}\n").containsOnlyOnce("\n");
  }

  private static void weighNowAndThen() {
    if (++inputs % INPUTS_BETWEEN_WEIGHINGS != 0) {
      return;
    }
    MEMORY.gc();
    long now = MEMORY.getHeapMemoryUsage().getUsed();
    if (weight == 0) {
      weight = now;
    }
    assertThat(now).isLessThan(weight + NOTHING);
  }
}
