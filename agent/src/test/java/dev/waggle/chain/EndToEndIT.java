package dev.waggle.chain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.RequestingClient;
import dev.waggle.testhost.SqsServer;
import dev.waggle.testhost.TestHost;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// A delivery goes in at the webhook, and what the engine and a client on the service's network see
/// is compared with what the agent says.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("engines")
class EndToEndIT {

  private static final String SERVICE = "playlistlog";
  private static final Map<String, String> WANTS_ALL = Map.of("waggle.tags", "*");

  private final TestHost host = TestHost.take();
  private final PrivateEngine engine = host.engine();
  private final PlaylistlogImages images = new PlaylistlogImages(engine);
  private String first = "";
  private final SqsServer sqs = host.sqs();
  private Chain chain;

  @BeforeAll
  void pushTheFirstVersion() {
    first = "vorce/playlistlog:1@" + images.push("1", Health.HEALTHY);
  }

  @BeforeEach
  void startChain() {
    chain = Chain.start(engine, sqs);
  }

  @AfterEach
  void removeServices() {
    chain
        .api()
        .get("/services")
        .valueStream()
        .forEach(service -> chain.api().delete("/services/" + service.path("ID").asText()));
    chain.close();
  }

  @AfterAll
  void giveBack() {
    host.close();
  }

  @Test
  void rollsAServiceToAPushWithoutAFailedRequest() {
    chain.createService(SERVICE, first, 2, WANTS_ALL);
    try (RequestingClient client =
        RequestingClient.start(engine, SERVICE, PlaylistlogImages.PORT)) {
      client.awaitAnswer("playlistlog 1", Duration.ofSeconds(20));
      String digest = images.push("2", Health.HEALTHY);

      Chain.Answer answer = chain.deliver("2");
      assertThat(answer.status()).isEqualTo(202);
      JsonNode outcome = chain.agent().awaitOutcome(answer.deliveryId());

      assertThat(outcome.path("outcome").asText()).isEqualTo("updated");
      assertThat(outcome.path("service").asText()).isEqualTo(SERVICE);
      assertThat(chain.image(SERVICE)).isEqualTo("vorce/playlistlog:2@" + digest);
      assertThat(chain.service(SERVICE).at("/Spec/UpdateConfig/Order").asText())
          .isEqualTo("start-first");
      assertThat(chain.service(SERVICE).at("/UpdateStatus/State").asText()).isEqualTo("completed");
      assertThat(stations(outcome)).isSorted().hasSize(6);
      RequestingClient.Counts counts = client.stop();
      assertThat(counts.failures()).isZero();
      assertThat(counts.answers()).containsOnlyKeys("playlistlog 1", "playlistlog 2");
      awaitEmptyQueue();
      assertThat(chain.functionLog().all())
          .anySatisfy(
              line -> assertThat(line.path("deliveryId").asText()).isEqualTo(answer.deliveryId()));
    }
  }

  @Test
  void rollsBackAnImageThatIsNeverHealthyAndSaysSo() {
    chain.createService(SERVICE, first, 2, WANTS_ALL);
    try (RequestingClient client =
        RequestingClient.start(engine, SERVICE, PlaylistlogImages.PORT)) {
      client.awaitAnswer("playlistlog 1", Duration.ofSeconds(20));
      images.push("unhealthy", Health.NEVER_HEALTHY);

      JsonNode outcome = chain.agent().awaitOutcome(chain.deliver("unhealthy").deliveryId());

      assertThat(outcome.path("outcome").asText()).isEqualTo("rolled back");
      assertThat(outcome.path("detail").asText()).contains("unhealthy container");
      assertThat(outcome.path("level").asText()).isEqualTo("ERROR");
      assertThat(chain.image(SERVICE)).isEqualTo(first);
      RequestingClient.Counts counts = client.stop();
      assertThat(counts.failures()).isZero();
      assertThat(counts.answers()).containsOnlyKeys("playlistlog 1");
      awaitEmptyQueue();
    }
  }

  @Test
  void rollsToTheContentThatWasPushedWhereTheTagHasMovedOnSince() {
    chain.createService(SERVICE, first, 1, WANTS_ALL);
    images.push("2", Health.HEALTHY);
    chain.deliver("2");
    // Until that rollout is over, the queue gives nothing else of the repository.
    chain.agent().awaitMessage("update sent");
    String pushed = images.push(PlaylistlogImages.REPOSITORY, "moving", "before", Health.HEALTHY);
    Chain.Answer accepted = chain.deliver("moving");
    String movedOn = images.push(PlaylistlogImages.REPOSITORY, "moving", "after", Health.HEALTHY);
    Instant moved = Instant.now();
    assertThat(movedOn).isNotEqualTo(pushed);

    JsonNode outcome = chain.agent().awaitOutcome(accepted.deliveryId());
    assertThat(outcome.path("outcome").asText()).isEqualTo("updated");
    assertThat(outcome.path("digest").asText()).isEqualTo(pushed);
    assertThat(Instant.parse(outcome.path("startedAt").asText())).isAfter(moved);
    assertThat(chain.image(SERVICE)).isEqualTo("vorce/playlistlog:moving@" + pushed);

    assertThat(
            chain
                .agent()
                .awaitOutcome(chain.deliver("moving").deliveryId())
                .path("outcome")
                .asText())
        .isEqualTo("updated");
    assertThat(chain.image(SERVICE)).isEqualTo("vorce/playlistlog:moving@" + movedOn);
  }

  @Test
  void reportsAnImageThatEndsAtOnceWithItsExitCode() {
    chain.createService(SERVICE, first, 1, WANTS_ALL);
    images.push("exits", Health.EXITS);
    JsonNode outcome = chain.agent().awaitOutcome(chain.deliver("exits").deliveryId());
    assertThat(outcome.path("outcome").asText()).isEqualTo("rolled back");
    assertThat(outcome.path("detail").asText()).contains("non-zero exit (1)");
    assertThat(chain.image(SERVICE)).isEqualTo(first);
  }

  @Test
  void leavesTheFailedUpdatePausedWhereTheLabelSaysSo() {
    chain.createService(
        SERVICE, first, 1, Map.of("waggle.tags", "*", "waggle.failure-action", "pause"));
    String digest = images.push("exits", Health.EXITS);
    JsonNode outcome = chain.agent().awaitOutcome(chain.deliver("exits").deliveryId());
    assertThat(outcome.path("outcome").asText()).isEqualTo("paused");
    assertThat(outcome.path("detail").asText()).contains("non-zero exit (1)");
    assertThat(chain.image(SERVICE)).isEqualTo("vorce/playlistlog:exits@" + digest);
  }

  @Test
  void doesNothingForContentThatRunsAlreadyUnderWhateverTag() {
    chain.createService(SERVICE, first, 1, WANTS_ALL);
    JsonNode before = chain.service(SERVICE);
    assertThat(images.push(PlaylistlogImages.REPOSITORY, "latest", "playlistlog 1", Health.HEALTHY))
        .isEqualTo(first.substring(first.indexOf('@') + 1));
    JsonNode outcome = chain.agent().awaitOutcome(chain.deliver("latest").deliveryId());
    assertThat(outcome.path("outcome").asText()).isEqualTo("already current");
    assertThat(chain.service(SERVICE)).isEqualTo(before);
    awaitEmptyQueue();
  }

  @Test
  void putsOneMessageOnTheQueueForTheManyDeliveriesOfOnePush() {
    chain.createService(SERVICE, first, 1, WANTS_ALL);
    Delivery delivery = Delivery.of(PlaylistlogImages.REPOSITORY, "1", Instant.now());
    String deliveryId = chain.deliver(delivery).deliveryId();
    for (int repeat = 0; repeat < 5; repeat++) {
      assertThat(chain.deliver(delivery).status()).isEqualTo(202);
    }
    chain.agent().awaitOutcome(deliveryId);
    awaitEmptyQueue();
    assertThat(chain.agent().log().all().stream().map(line -> line.path("message").asText()))
        .containsOnlyOnce("push received");
  }

  @Test
  void ignoresATagThatNobodyPushed() {
    Chain.Answer answer = chain.deliver("nobody-pushed-this");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body().path("verdict").asText()).isEqualTo("ignored");
    assertThat(chain.messages()).isZero();
  }

  @Test
  void refusesAWrongToken() {
    assertThat(chain.deliverWithToken("wrong", "1").status()).isEqualTo(403);
    assertThat(chain.messages()).isZero();
  }

  @Test
  void saysSoWhenTheRegistryRefusesTheEngineTheImage() {
    chain.createService(SERVICE, first, 1, WANTS_ALL);
    chain.send(message("gone", "sha256:" + "0".repeat(64)));
    JsonNode outcome = chain.agent().awaitOutcome("test-delivery");
    assertThat(outcome.path("outcome").asText()).isEqualTo("refused by the registry");
    assertThat(outcome.path("detail").asText()).contains("manifest unknown");
    assertThat(chain.image(SERVICE)).isEqualTo(first);
    awaitEmptyQueue();
  }

  @Test
  void touchesNoServiceThatDidNotOptInForTheTag() {
    chain.createService("unlabelled", first, 1, Map.of());
    chain.createService("other-tags", first, 1, Map.of("waggle.tags", "v*"));
    JsonNode unlabelled = chain.service("unlabelled");
    JsonNode otherTags = chain.service("other-tags");
    images.push("2", Health.HEALTHY);
    JsonNode outcome = chain.agent().awaitOutcome(chain.deliver("2").deliveryId());
    assertThat(outcome.path("outcome").asText()).isEqualTo("no service wants it");
    assertThat(chain.service("unlabelled")).isEqualTo(unlabelled);
    assertThat(chain.service("other-tags")).isEqualTo(otherTags);
  }

  @Test
  void provesAPushItselfThatTheFunctionCouldNotProve() {
    chain.createService(SERVICE, first, 1, WANTS_ALL);
    String digest = images.push("2", Health.HEALTHY);
    chain.send(message("2", null));
    assertThat(chain.agent().awaitOutcome("test-delivery").path("outcome").asText())
        .isEqualTo("updated");
    assertThat(chain.image(SERVICE)).isEqualTo("vorce/playlistlog:2@" + digest);
  }

  @Test
  void finishesARolloutAfterSigtermBeforeItEnds() {
    chain.createService(SERVICE, first, 2, WANTS_ALL);
    images.push("2", Health.HEALTHY);
    String deliveryId = chain.deliver("2").deliveryId();
    chain.agent().awaitMessage("update sent");
    chain.agent().terminate();
    assertThat(chain.agent().awaitOutcome(deliveryId).path("outcome").asText())
        .isEqualTo("updated");
    assertThat(chain.agent().log().all().getLast().path("message").asText())
        .isEqualTo("agent stopped");
    assertThat(chain.agent().log().notJson()).isEmpty();
    assertThat(chain.messages()).isZero();
  }

  @Test
  void keepsTheSecretOfTheAddressOutOfEveryLog() {
    chain.createService(SERVICE, first, 1, WANTS_ALL);
    chain.agent().awaitOutcome(chain.deliver("1").deliveryId());
    assertThat(
            chain.functionLog().all().toString()
                + chain.functionLog().notJson()
                + chain.agent().log().all())
        .doesNotContain(chain.token());
  }

  private static List<Instant> stations(JsonNode outcome) {
    return Stream.of(
            "acceptedAt", "queuedAt", "receivedAt", "startedAt", "firstServingAt", "closedAt")
        .map(station -> outcome.path(station).asText())
        .map(Instant::parse)
        .toList();
  }

  private static String message(String tag, @Nullable String digest) {
    return "{\"version\":1,\"deliveryId\":\"test-delivery\",\"repository\":\"vorce/playlistlog\",\"tag\":\""
        + tag
        + "\""
        + (digest == null ? "" : ",\"digest\":\"" + digest + "\"")
        + ",\"acceptedAt\":\"2026-11-01T10:00:02.123Z\"}";
  }

  private void awaitEmptyQueue() {
    Await.until("an empty queue", Duration.ofSeconds(10), () -> chain.messages() == 0);
  }
}
