package dev.waggle.chain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.SqsServer;
import dev.waggle.testhost.TestHost;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// What is rolled and what is not, on a real engine and a real queue, a stage for every rule.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.CONCURRENT)
class RolloutRulesIT {

  private static final Duration SOON = Duration.ofMinutes(1);
  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

  private final TestHost host = TestHost.take();
  private final PrivateEngine engine = host.engine();
  private final SqsServer sqs = host.sqs();

  @AfterAll
  void giveBack() {
    host.close();
  }

  @Test
  void settlesAThousandWaitingPushesWithOneRollout() {
    try (Stage stage = stage("thousand")) {
      String first = stage.image("1", Health.HEALTHY);
      String newest = stage.image("2", Health.HEALTHY);
      stage.create(Stage.spec("thousand", first, 1), 1);
      List<String> messages = new ArrayList<>();
      for (int push = 1; push < 1000; push++) {
        messages.add(
            stage.message(
                "push-" + push,
                "never",
                "sha256:" + "%064x".formatted(push),
                NOON.plusSeconds(push)));
      }
      messages.add(stage.message("newest", "2", Stage.digest(newest), NOON.plusSeconds(1000)));
      stage.send(messages);
      stage.startAgent();

      assertThat(stage.awaitOutcome("newest")).isEqualTo("updated");
      stage.awaitEmptyQueue();
      assertThat(stage.deadLetters()).isZero();
      assertThat(stage.imageOf("thousand")).isEqualTo(newest);
      assertThat(stage.imageBefore("thousand"))
          .as("the image before the only update")
          .isEqualTo(first);
      assertThat(stage.closings()).hasSize(1000);
      assertThat(stage.closings())
          .filteredOn(
              line -> outcome(line).equals("superseded") || isAloneOnAQueueThatSplitsGroups(line))
          .hasSize(999);
    }
  }

  /// One that came without the newest, which was in flight: its image does not exist.
  private boolean isAloneOnAQueueThatSplitsGroups(JsonNode line) {
    return !sqs.keepsGroupsTogether() && outcome(line).equals("refused by the registry");
  }

  @Test
  void rollsTheNextNewestOfThoseThatWaitWhenTheNewestIsRolledBack() {
    try (Stage stage = stage("next-newest")) {
      stage.create(Stage.spec("next-newest", stage.image("1", Health.HEALTHY), 1), 1);
      String oldest = stage.image("2", Health.HEALTHY);
      String good = stage.image("3", Health.HEALTHY);
      String bad = stage.image("4", Health.NEVER_HEALTHY);
      stage.push("oldest", oldest, NOON);
      stage.push("good", good, NOON.plusSeconds(1));
      stage.push("bad", bad, NOON.plusSeconds(2));
      stage.startAgent();

      assertThat(stage.awaitOutcome("oldest")).isEqualTo("superseded");
      assertThat(stage.awaitOutcome("good")).isEqualTo("updated");
      assertThat(stage.awaitOutcome("bad")).isEqualTo("rolled back");
      assertThat(stage.imageOf("next-newest")).isEqualTo(good);
      stage.awaitEmptyQueue();
    }
  }

  @Test
  @Tag("engines")
  void rollsOneDigestOnceUnderWhateverTags() {
    try (Stage stage = stage("two-tags")) {
      stage.create(Stage.spec("two-tags", stage.image("1", Health.HEALTHY), 1), 1);
      String sha = stage.image("2", Health.HEALTHY);
      stage.startAgent();
      stage.push("by number", sha);
      assertThat(stage.awaitOutcome("by number")).isEqualTo("updated");
      JsonNode service = stage.service("two-tags");
      stage.push("latest", sha.replace(":2@", ":latest@"));
      assertThat(stage.awaitOutcome("latest")).isEqualTo("already current");
      assertThat(stage.service("two-tags")).isEqualTo(service);
    }
  }

  @Test
  @Tag("engines")
  void leavesTheServiceAsItIsWhenAnOlderPushArrivesLast() {
    try (Stage stage = stage("older")) {
      stage.create(Stage.spec("older", stage.image("1", Health.HEALTHY), 1), 1);
      String older = stage.image("2", Health.HEALTHY);
      String newer = stage.image("3", Health.HEALTHY);
      stage.startAgent();
      stage.push("newer", newer, NOON.plusSeconds(1));
      assertThat(stage.awaitOutcome("newer")).isEqualTo("updated");
      JsonNode service = stage.service("older");
      stage.push("older", older, NOON);
      assertThat(stage.awaitClosing("older", null).path("detail").asText())
          .isEqualTo("by the push of 3 at 2026-11-01T12:00:01Z that the service has");
      assertThat(stage.service("older")).isEqualTo(service);
    }
  }

  @Test
  void leavesTheServiceAsItIsWhenAPushArrivesAfterANewerOneOfWhatItRunsAlready() {
    try (Stage stage = stage("late")) {
      String current = stage.image("1", Health.HEALTHY);
      stage.create(Stage.spec("late", current, 1), 1);
      String late = stage.image("2", Health.HEALTHY);
      JsonNode service = stage.service("late");
      stage.startAgent();
      stage.push("newer", current, NOON.plusSeconds(1));
      assertThat(stage.awaitOutcome("newer")).isEqualTo("already current");
      stage.push("late", late, NOON);
      assertThat(stage.awaitClosing("late", null).path("detail").asText())
          .isEqualTo("by the push of 1 at 2026-11-01T12:00:01Z that the service has");
      assertThat(stage.service("late")).isEqualTo(service);
    }
  }

  @Test
  void neverMovesAServiceThatWantsARangeToALowerVersion() {
    try (Stage stage = stage("range")) {
      ObjectNode spec = Stage.spec("range", stage.image("1.2.0", Health.HEALTHY), 1);
      spec.withObject("/Labels").put("waggle.tags", "semver:^1.2");
      stage.create(spec, 1);
      String backport = stage.image("1.1.9", Health.HEALTHY);
      String inRange = stage.image("1.3.0", Health.HEALTHY);
      String lower = stage.image("1.2.9", Health.HEALTHY);
      stage.startAgent();
      stage.push("outside", backport);
      assertThat(stage.awaitOutcome("outside")).isEqualTo("no service wants it");
      stage.push("higher", inRange);
      assertThat(stage.awaitOutcome("higher")).isEqualTo("updated");
      stage.push("lower", lower);
      assertThat(stage.awaitClosing("lower", null).path("detail").asText())
          .isEqualTo("by the higher version 1.3.0 that the service has");
      assertThat(stage.imageOf("range")).isEqualTo(inRange);
    }
  }

  /// An image that is never healthy, that again under the same and under another tag, a good one,
  /// the bad one once more, and at last with the operator's leave.
  @Test
  @Tag("engines")
  void keepsABadImageBadUntilTheOperatorWantsItTriedAgain() throws InterruptedException {
    try (Stage stage = stage("bad")) {
      ObjectNode spec = Stage.spec("bad", stage.image("1", Health.HEALTHY), 1);
      spec.withObject("/UpdateConfig").put("Parallelism", 1).put("Monitor", 1_000_000_000L);
      stage.create(spec, 1);
      String bad = stage.image("2", Health.EXITS);
      String good = stage.image("3", Health.HEALTHY);
      stage.startAgent();

      stage.push("bad", bad);
      assertThat(stage.awaitOutcome("bad")).isEqualTo("rolled back");
      JsonNode service = stage.service("bad");
      stage.push("again", bad);
      JsonNode again = stage.awaitClosing("again", null);
      assertThat(outcome(again)).isEqualTo("rolled back before");
      assertThat(again.path("detail").asText()).contains("non-zero exit (1)");
      stage.push("other tag", bad.replace(":2@", ":latest@"));
      assertThat(stage.awaitOutcome("other tag")).isEqualTo("rolled back before");
      assertThat(stage.service("bad")).isEqualTo(service);

      stage.push("good", good);
      assertThat(stage.awaitOutcome("good")).isEqualTo("updated");
      stage.push("after the good one", bad);
      assertThat(stage.awaitOutcome("after the good one")).isEqualTo("rolled back before");
      assertThat(stage.imageOf("bad")).isEqualTo(good);

      // The newest push that failed is the last one.
      assertThat(stage.run("redeploy", "bad").status()).isEqualTo(1);
      assertThat(stage.closings())
          .filteredOn(line -> line.path("cause").asText().equals("redeploy"))
          .singleElement()
          .satisfies(line -> assertThat(outcome(line)).isEqualTo("rolled back"));
      assertThat(stage.imageOf("bad")).isEqualTo(good);
    }
  }

  @Test
  @Tag("engines")
  void isSupersededByAnUpdateThatSomebodyMakesByHandInTheMiddle() {
    try (Stage stage = stage("by-hand")) {
      stage.create(Stage.spec("by-hand", stage.image("1", Health.HEALTHY), 2), 2);
      String ours = stage.image("2", Health.HEALTHY);
      String theirs = stage.image("3", Health.HEALTHY);
      AgentProcess agent = stage.startAgent();
      stage.push("ours", ours);
      agent.awaitMessage("update sent");
      Await.until("an update", SOON, () -> stage.updateState("by-hand").equals("updating"));
      stage.update("by-hand", spec -> setImage(spec, theirs));
      JsonNode closing = stage.awaitClosing("ours", null);
      assertThat(outcome(closing)).isEqualTo("superseded");
      assertThat(closing.path("detail").asText())
          .isEqualTo("by " + theirs + " that the service has");
      assertThat(stage.imageOf("by-hand")).isEqualTo(theirs);
    }
  }

  @Test
  @Tag("engines")
  void waitsForARolloutThatSomebodyElseStartedAndThenDecidesAgain() {
    try (Stage stage = stage("waits")) {
      stage.create(Stage.spec("waits", stage.image("1", Health.HEALTHY), 1), 1);
      String theirs = stage.image("2", Health.HEALTHY);
      String ours = stage.image("3", Health.HEALTHY);
      stage.startAgent().awaitMessage("agent started");
      stage.update("waits", spec -> setImage(spec, theirs));
      Await.until("an update", SOON, () -> stage.service("waits").has("UpdateStatus"));
      Instant theyBegan =
          Instant.parse(stage.service("waits").at("/UpdateStatus/StartedAt").asText());
      stage.push("ours", ours);
      JsonNode closing = stage.awaitClosing("ours", null);
      assertThat(outcome(closing)).isEqualTo("updated");
      assertThat(Instant.parse(closing.path("startedAt").asText()))
          .as("Swarm watches theirs for five seconds at least")
          .isAfter(theyBegan.plusSeconds(5));
      assertThat(stage.imageBefore("waits")).isEqualTo(theirs);
    }
  }

  @Test
  @Tag("engines")
  void refusesToStartFirstWithAPortInHostModeAndStopsFirstWhereTheLabelSaysSo() {
    try (Stage stage = stage("host-port")) {
      ObjectNode spec = Stage.spec("host-port", stage.image("1", Health.HEALTHY), 1);
      spec.withObject("/EndpointSpec")
          .putArray("Ports")
          .addObject()
          .put("Protocol", "tcp")
          .put("TargetPort", 8080)
          .put("PublishedPort", 18_081)
          .put("PublishMode", "host");
      stage.create(spec, 1);
      String next = stage.image("2", Health.HEALTHY);
      stage.startAgent();
      stage.push("refused", next);
      JsonNode refused = stage.awaitClosing("refused", null);
      assertThat(outcome(refused)).isEqualTo("left alone");
      assertThat(refused.path("detail").asText())
          .endsWith("set the label waggle.order to stop-first");
      stage.update(
          "host-port", changed -> changed.withObject("/Labels").put("waggle.order", "stop-first"));
      stage.push("stops first", next);
      assertThat(stage.awaitOutcome("stops first")).isEqualTo("updated");
    }
  }

  @Test
  @Tag("engines")
  void refusesToStartFirstWhereEveryNodeHasItsMostReplicas() {
    try (Stage stage = stage("full-node")) {
      ObjectNode spec = Stage.spec("full-node", stage.image("1", Health.HEALTHY), 2);
      spec.withObject("/TaskTemplate/Placement").put("MaxReplicas", 2);
      stage.create(spec, 2);
      stage.startAgent();
      stage.push("refused", stage.image("2", Health.HEALTHY));
      assertThat(stage.awaitClosing("refused", null).path("detail").asText())
          .startsWith("it cannot start first: max-replicas-per-node leaves room for 2 on a node");
    }
  }

  /// Every node is full: nothing fails, the new task only waits.
  @Test
  @Tag("engines")
  void goesBackFromAnUpdateThatFindsNoPlaceSoThatTheNextCanBegin() {
    try (Stage stage = stage("no-place")) {
      String first = stage.image("1", Health.HEALTHY);
      ObjectNode spec = Stage.spec("no-place", first, 1);
      spec.withObject("/Labels").put("waggle.timeout", "15s");
      long memory = stage.api().get("/info").path("MemTotal").asLong();
      spec.withObject("/TaskTemplate/Resources/Reservations").put("MemoryBytes", memory / 3 * 2);
      stage.create(spec, 1);
      stage.startAgent();
      stage.push("next", stage.image("2", Health.HEALTHY));
      JsonNode closing = stage.awaitClosing("next", null);
      assertThat(outcome(closing)).isEqualTo("timed out");
      assertThat(closing.path("detail").asText())
          .contains("insufficient resources")
          .endsWith("Waggle asked Swarm to roll back");
      awaitState(stage, "no-place", "rollback_completed");
      assertThat(stage.imageOf("no-place")).isEqualTo(first);
      assertThat(stage.running("no-place")).isEqualTo(1);
    }
  }

  @Test
  @Tag("engines")
  void rollsGlobalServicesAndServicesWithoutReplicasAndLeavesJobsAlone() {
    try (Stage stage = stage("modes")) {
      String first = stage.image("1", Health.HEALTHY);
      ObjectNode global = Stage.spec("modes-global", first, 1);
      global.putObject("Mode").putObject("Global");
      stage.create(global, 1);
      stage.create(Stage.spec("modes-none", first, 0), 0);
      ObjectNode job = Stage.spec("modes-job", first, 1);
      job.remove("EndpointSpec");
      job.putObject("Mode").putObject("ReplicatedJob");
      stage.create(job, 1);
      String next = stage.image("2", Health.HEALTHY);
      stage.startAgent();
      stage.push("next", next);
      assertThat(outcome(stage.awaitClosing("next", "modes-global"))).isEqualTo("updated");
      assertThat(outcome(stage.awaitClosing("next", "modes-none"))).isEqualTo("updated");
      JsonNode left = stage.awaitClosing("next", "modes-job");
      assertThat(outcome(left)).isEqualTo("left alone");
      assertThat(left.path("detail").asText()).isEqualTo("a job has no rolling update");
      assertThat(stage.imageOf("modes-job")).isEqualTo(first);
      assertThat(stage.closings()).hasSize(3);
    }
  }

  /// One service never gets healthy, one has a label that means nothing; the third does not wait
  /// for either.
  @Test
  @Tag("engines")
  void givesEveryServiceOfAnImageItsOwnOutcomeAndKeepsNoneWaiting() {
    try (Stage stage = stage("several")) {
      String first = stage.image("1", Health.HEALTHY);
      stage.create(Stage.spec("several-good", first, 1), 1);
      ObjectNode failing = Stage.spec("several-failing", first, 1);
      failing
          .withObject("/TaskTemplate/ContainerSpec")
          .putObject("HealthCheck")
          .put("Interval", 1_000_000_000L)
          .put("Retries", 20)
          .putArray("Test")
          .add("CMD-SHELL")
          .add("! busybox grep -q 2 /www/index.html");
      stage.create(failing, 1);
      ObjectNode typo = Stage.spec("several-typo", first, 1);
      typo.withObject("/Labels").put("waggle.tag", "*");
      stage.create(typo, 1);
      stage.startAgent();
      stage.push("next", stage.image("2", Health.HEALTHY));

      JsonNode good = stage.awaitClosing("next", "several-good");
      assertThat(outcome(good)).isEqualTo("updated");
      assertThat(stage.closings("next", "several-failing")).isEmpty();
      assertThat(stage.awaitClosing("next", "several-typo").path("detail").asText())
          .isEqualTo("waggle.tag is unknown; did you mean waggle.tags?");
      assertThat(outcome(stage.awaitClosing("next", "several-failing"))).isEqualTo("rolled back");
      stage.awaitEmptyQueue();
      assertThat(stage.closings()).hasSize(3);
    }
  }

  @Test
  void worksOffGoodMessagesBesideAMalformedOneThatEndsAmongTheDeadLetters() {
    try (Stage stage = stage("malformed")) {
      stage.create(Stage.spec("malformed", stage.image("1", Health.HEALTHY), 1), 1);
      String next = stage.image("2", Health.HEALTHY);
      stage.send(List.of("{\"version\":1}"));
      stage.push("good", next);
      AgentProcess agent = stage.startAgent();
      assertThat(stage.awaitOutcome("good")).isEqualTo("updated");
      Await.until("a dead letter", SOON, () -> stage.deadLetters() == 1);
      stage.awaitEmptyQueue();
      assertThat(agent.log().all())
          .anySatisfy(
              line ->
                  assertThat(line.path("reason").asText())
                      .isEqualTo("deliveryId: expected a text"));
    }
  }

  @Test
  void tellsAReceiverHowAPushEndedWithoutAWordOfTheServicesEnvironment(@TempDir Path directory)
      throws IOException {
    BlockingQueue<String> received = new LinkedBlockingQueue<>();
    HttpServer receiver =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext(
        "/",
        exchange -> {
          received.add(
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    receiver.start();
    Path addresses =
        Files.writeString(
            directory.resolve("addresses"),
            "cloudevents http://127.0.0.1:" + receiver.getAddress().getPort() + "/canary-path");
    try (Stage stage = stage("told").with("WAGGLE_NOTIFY_FILE", addresses.toString())) {
      ObjectNode spec = Stage.spec("told", stage.image("1", Health.HEALTHY), 1);
      spec.withObject("/TaskTemplate/ContainerSpec")
          .putArray("Env")
          .add("PASSWORD=canary-password");
      stage.create(spec, 1);
      AgentProcess agent = stage.startAgent();
      stage.push("told", stage.image("2", Health.HEALTHY));
      assertThat(stage.awaitOutcome("told")).isEqualTo("updated");
      Await.until("a notification", SOON, () -> !received.isEmpty());
      assertThat(received.element())
          .contains("\"type\":\"dev.waggle.rollout.updated\"")
          .contains("\"deliveryId\":\"told\"");
      assertThat(received + agent.log().all().toString() + agent.log().notJson())
          .doesNotContain("canary");
    } finally {
      receiver.stop(0);
    }
  }

  @Test
  void saysOnceThatTheQueueIsGoneAndThatItIsBackAndIsHealthyMeanwhile(@TempDir Path directory) {
    Path health = directory.resolve("health");
    try (Stage stage = stage("gone").with("WAGGLE_HEALTH_FILE", health.toString())) {
      stage.removeQueue();
      AgentProcess agent = stage.startAgent();
      assertThat(agent.awaitMessage("cannot receive").path("reason").asText())
          .contains("queue does not exist");
      Await.until(
          "a few more attempts",
          SOON,
          () ->
              Instant.now()
                  .isAfter(
                      Instant.parse(agent.awaitMessage("cannot receive").path("timestamp").asText())
                          .plusSeconds(8)));
      assertThat(agent.log().all())
          .extracting(line -> line.path("message").asText())
          .containsOnlyOnce("cannot receive");
      assertThat(health).as("a restart brings no queue back").exists();
      stage.createQueue();
      agent.awaitMessage("receiving again");
    }
  }

  @Test
  void sharesTheWorkOfOneQueueAmongTwoAgents() {
    try (Stage stage = stage("shared")) {
      stage.create(Stage.spec("shared", stage.image("0", Health.HEALTHY), 1), 1);
      String one = stage.image("1", Health.HEALTHY);
      String two = stage.image("2", Health.HEALTHY);
      String last = stage.image("3", Health.HEALTHY);
      stage.startAgent();
      stage.startAgent();
      for (int push = 0; push < 29; push++) {
        stage.push("push-" + push, push % 2 == 0 ? one : two, NOON.plusSeconds(push));
      }
      stage.push("push-29", last, NOON.plusSeconds(29));
      assertThat(stage.awaitOutcome("push-29")).isEqualTo("updated");
      stage.awaitEmptyQueue();
      assertThat(stage.deadLetters()).isZero();
      assertThat(stage.imageOf("shared")).isEqualTo(last);
      assertThat(stage.closings())
          .extracting(line -> line.path("deliveryId").asText())
          .doesNotHaveDuplicates()
          .hasSize(30);
    }
  }

  @Test
  @Tag("engines")
  void touchesNothingForAnImageThatNoNodeCanRun() {
    try (Stage stage = stage("platform")) {
      String first = stage.image("1", Health.HEALTHY);
      stage.create(Stage.spec("platform", first, 1), 1);
      JsonNode before = stage.service("platform");
      String foreign = stage.artifacts().pushFor("s390x", "1", "2");
      stage.startAgent();
      stage.push("foreign", "vorce/platform:2@" + foreign);

      JsonNode closing = stage.awaitClosing("foreign", null);
      assertThat(outcome(closing)).isEqualTo("not for this swarm");
      assertThat(closing.path("detail").asText())
          .matches(
              "built for linux/s390x, and the nodes are (linux/\\S+); build with --platform \\1");
      assertThat(stage.service("platform")).isEqualTo(before);
    }
  }

  @Test
  @Tag("engines")
  void touchesNothingForWhatIsNoImage() {
    try (Stage stage = stage("chart")) {
      String first = stage.image("1", Health.HEALTHY);
      stage.create(Stage.spec("chart", first, 1), 1);
      JsonNode before = stage.service("chart");
      String chart = stage.artifacts().pushChart("1.0.0");
      String signature = "sha256-" + Stage.digest(first).substring("sha256:".length()) + ".sig";
      stage.startAgent();
      stage.push("signature", "vorce/chart:" + signature + "@" + chart);
      assertThat(stage.awaitOutcome("signature")).isEqualTo("not an image");
      stage.push("chart", "vorce/chart:1.0.0@" + chart);
      assertThat(stage.awaitOutcome("chart")).isEqualTo("not an image");
      assertThat(stage.service("chart")).isEqualTo(before);
    }
  }

  @Test
  @Tag("engines")
  void saysThatNothingCouldKnowWhetherAnImageWithoutAHealthCheckServes() {
    try (Stage stage = stage("unchecked")) {
      stage.create(Stage.spec("unchecked", stage.image("1", Health.UNCHECKED), 1), 1);
      String next = stage.image("2", Health.UNCHECKED);
      stage.startAgent();
      stage.push("next", next);

      JsonNode closing = stage.awaitClosing("next", null);
      assertThat(outcome(closing)).isEqualTo("updated");
      assertThat(closing.path("detail").asText()).startsWith("there is no health check");
    }
  }

  /// One replica of a service without any settings: Swarm calls the rollback completed while
  /// nothing serves yet.
  @Test
  @Tag("engines")
  void saysRolledBackNoSoonerThanTheImageBeforeServesAgain() {
    try (Stage stage = stage("serving-again")) {
      String first = stage.image("1", Health.HEALTHY);
      ObjectNode plain = Stage.spec("serving-again", first, 1);
      plain.withObject("/TaskTemplate/ContainerSpec").remove("HealthCheck");
      stage.create(plain, 1);
      String crashing = stage.image("2", Health.CRASHES);
      stage.startAgent();
      stage.push("crashing", crashing);

      JsonNode closing = stage.awaitClosing("crashing", null);
      assertThat(outcome(closing)).isEqualTo("rolled back");
      assertThat(stage.running("serving-again")).isEqualTo(1);
      assertThat(stage.imageOf("serving-again")).isEqualTo(first);
      assertThat(closing.path("detail").asText()).doesNotContain("does not run");
      assertThat(closing.has("servingAgainAt")).isTrue();
    }
  }

  private static void awaitState(Stage stage, String service, String state) {
    Await.until(
        "an update that is " + state,
        Duration.ofMinutes(1),
        () -> stage.updateState(service).equals(state));
  }

  private Stage stage(String name) {
    return new Stage(engine, sqs, name);
  }

  private static String outcome(JsonNode line) {
    return line.path("outcome").asText();
  }

  private static void setImage(ObjectNode spec, String image) {
    spec.withObject("/TaskTemplate/ContainerSpec").put("Image", image);
  }
}
