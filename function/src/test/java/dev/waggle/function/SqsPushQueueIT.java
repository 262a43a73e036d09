package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

@Timeout(30)
class SqsPushQueueIT {
  private static final Repository PLAYLISTLOG = new Repository("vorce/playlistlog");
  private static final Digest DIGEST = new Digest("sha256:" + "a".repeat(64));
  private static final Digest NEW_DIGEST = new Digest("sha256:" + "b".repeat(64));
  private static final Instant PUSHED = Instant.parse("2026-11-01T10:00:00Z");
  private static final Duration BUDGET = Duration.ofSeconds(5);

  private final LocalQueue local = new LocalQueue();

  @AfterEach
  void stop() {
    local.close();
  }

  private SqsPushQueue queue() {
    return SqsPushQueue.connect(local.url(), local.environment());
  }

  private static PushMessage push(Repository repository, String tag, Digest digest) {
    return new PushMessage(
        DeliveryId.of(null),
        repository,
        new Tag(tag),
        digest,
        new PushTime(PUSHED, false, Evidence.NO_RECORD),
        PUSHED);
  }

  private static Optional<String> warmedUp(SqsPushQueue queue) {
    try (SqsPushQueue.Call call = queue.warmUp(Deadline.in(BUDGET))) {
      return call.await();
    }
  }

  private void send(PushMessage push) {
    assertThat(queue().send(push, Deadline.in(BUDGET))).isEqualTo(new PushQueue.Sending.Sent());
  }

  @Test
  void sendsTheMessageInTheGroupOfItsRepository() {
    PushMessage push = push(PLAYLISTLOG, "2", DIGEST);
    send(push);
    assertThat(local.drain())
        .singleElement()
        .satisfies(
            message -> {
              assertThat(message.body()).isEqualTo(push.json());
              assertThat(message.attributes())
                  .containsEntry(MessageSystemAttributeName.MESSAGE_GROUP_ID, "vorce/playlistlog");
            });
  }

  @Test
  void hashesTheNameOfAGroupThatWouldBeTooLong() {
    Repository longest = new Repository("vorce/" + "a".repeat(122));
    Repository tooLong = new Repository("vorce/" + "a".repeat(123));
    send(push(longest, "2", DIGEST));
    send(push(tooLong, "2", DIGEST));
    assertThat(local.drain())
        .extracting(
            message -> message.attributes().get(MessageSystemAttributeName.MESSAGE_GROUP_ID))
        .containsExactlyInAnyOrder(longest.value(), Sha256.hex(tooLong.value()));
  }

  @Test
  void makesOneMessageOfTheSameDigestAndTwoOfANewOne() {
    send(push(PLAYLISTLOG, "latest", DIGEST));
    send(push(PLAYLISTLOG, "latest", DIGEST));
    send(push(PLAYLISTLOG, "latest", NEW_DIGEST));
    send(push(PLAYLISTLOG, "2", NEW_DIGEST));
    assertThat(local.drain())
        .extracting(message -> Resources.json(message.body()))
        .extracting(json -> json.get("tag").asText() + "@" + json.get("digest").asText())
        .containsExactly("latest@" + DIGEST, "latest@" + NEW_DIGEST, "2@" + NEW_DIGEST);
  }

  @Test
  void warmsUp() {
    assertThat(warmedUp(queue())).isEmpty();
  }

  @Test
  void saysWithItsCodeThatTheQueueRefused() {
    SqsPushQueue queue =
        SqsPushQueue.connect(URI.create(local.url() + ".fifo"), local.environment());
    assertThat(queue.send(push(PLAYLISTLOG, "2", DIGEST), Deadline.in(BUDGET)))
        .isInstanceOfSatisfying(
            PushQueue.Sending.NotSent.class,
            notSent ->
                assertThat(notSent.reason())
                    .startsWith("the queue refused: ")
                    .contains("QueueDoesNotExist"));
    assertThat(warmedUp(queue))
        .hasValueSatisfying(reason -> assertThat(reason).startsWith("the queue refused: "));
  }

  private static int unusedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void saysThatTheQueueIsUnreachable() throws IOException {
    String address = "http://127.0.0.1:" + unusedPort();
    SqsPushQueue queue =
        SqsPushQueue.connect(
            URI.create(address + "/1/waggle.fifo"), LocalQueue.environment(address));
    assertThat(queue.send(push(PLAYLISTLOG, "2", DIGEST), Deadline.in(BUDGET)))
        .isEqualTo(new PushQueue.Sending.NotSent("the queue is unreachable"));
  }

  @Test
  void givesUpOnAQueueThatHangs() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      String address = "http://127.0.0.1:" + socket.getLocalPort();
      SqsPushQueue queue =
          SqsPushQueue.connect(
              URI.create(address + "/1/waggle.fifo"), LocalQueue.environment(address));
      long began = System.nanoTime();
      assertThat(queue.send(push(PLAYLISTLOG, "2", DIGEST), Deadline.in(Duration.ofMillis(600))))
          .isEqualTo(new PushQueue.Sending.NotSent("the queue did not answer in time"));
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(2));
    }
  }

  @Test
  void startsWhenTheQueueIsUnavailableAndAnswers503() throws IOException {
    String address = "http://127.0.0.1:" + unusedPort();
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    try (FakeRegistry registry =
        new FakeRegistry().holding("bluebrown/busybox", "latest", DIGEST)) {
      Map<String, String> environment = new HashMap<>(LocalQueue.environment(address));
      environment.putAll(
          Map.of(
              "WAGGLE_TOKEN_SHA256",
              Sha256.hex("token"),
              "WAGGLE_REPOSITORIES",
              "bluebrown/busybox",
              "WAGGLE_QUEUE_URL",
              address + "/1/waggle.fifo",
              "WAGGLE_REGISTRY_URL",
              registry.base().toString(),
              "WAGGLE_HUB_URL",
              "none"));
      WebhookHandler handler =
          WebhookHandler.fromEnvironment(environment, new PrintStream(log, true, UTF_8));
      APIGatewayV2HTTPResponse response =
          handler.handle(
              APIGatewayV2HTTPEvent.builder()
                  .withPathParameters(Map.of("token", "token"))
                  .withBody(Events.delivery("latest").toString())
                  .build());
      assertThat(response.getStatusCode()).isEqualTo(503);
    }
    assertThat(
            log.toString(UTF_8).lines().map(line -> Resources.json(line).get("message").asText()))
        .containsExactly("queue not warmed up", "queue unavailable");
    assertThat(log.toString(UTF_8)).contains("the queue is unreachable");
  }
}
