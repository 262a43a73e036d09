package dev.waggle.chain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.Fields;
import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.SqsServer;
import dev.waggle.testhost.TestHost;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// What Waggle remembers of a service, and what people do with that, on a real engine and a real
/// queue, a stage for every rule.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.CONCURRENT)
class RecordIT {

  private static final JsonMapper JSON = new JsonMapper();
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
  @Tag("engines")
  void keepsABadImageBadThoughAPersonChangedTheServiceAndAllItsLabelsRightAfterTheRollback() {
    try (Stage stage = stage("kept-bad")) {
      String first = stage.image("1", Health.HEALTHY);
      stage.create(quick("kept-bad", first), 1);
      String bad = stage.image("2", Health.EXITS);
      stage.startAgent();
      stage.push("bad", bad);
      assertThat(stage.awaitOutcome("bad")).isEqualTo("rolled back");

      stage.update(
          "kept-bad",
          spec ->
              spec.withObject("/TaskTemplate/ContainerSpec").putArray("Env").add("BY=a person"));
      // As `docker stack deploy` does: what is not in the file is gone.
      stage.update(
          "kept-bad",
          spec ->
              spec.putObject("Labels")
                  .put("waggle.tags", "*")
                  .put("com.docker.stack.namespace", "app"));
      assertThat(stage.service("kept-bad").path("PreviousSpec").toString())
          .as("what Swarm itself remembers")
          .doesNotContain(bad);
      JsonNode spec = stage.service("kept-bad").path("Spec");

      stage.push("again", bad);
      assertThat(stage.awaitOutcome("again")).isEqualTo("rolled back before");
      stage.push("other tag", bad.replace(":2@", ":latest@"));
      assertThat(stage.awaitOutcome("other tag")).isEqualTo("rolled back before");
      assertThat(stage.imageOf("kept-bad")).isEqualTo(first);
      assertThat(stage.service("kept-bad").path("Spec")).isEqualTo(spec);
    }
  }

  /// The two newest end at once, the seven after them are in no registry.
  @Test
  void bringsTheNewestGoodOneOfTwelveWaitingPushesLiveAndEndsEachOnce() {
    try (Stage stage = stage("twelve")) {
      String first = stage.image("first", Health.HEALTHY);
      stage.create(quick("twelve", first), 1);
      String good = stage.image("good", Health.HEALTHY);
      List<String> messages = new ArrayList<>();
      messages.add(message(stage, 1, first));
      messages.add(message(stage, 2, stage.image("old", Health.HEALTHY)));
      messages.add(message(stage, 3, good));
      for (int push = 4; push <= 10; push++) {
        messages.add(
            stage.message(
                "push-" + push,
                "never",
                "sha256:" + "%064x".formatted(push),
                NOON.plusSeconds(push)));
      }
      messages.add(message(stage, 11, stage.image("bad", Health.EXITS)));
      messages.add(message(stage, 12, stage.image("worse", Health.EXITS)));
      stage.send(messages);
      stage.startAgent();

      assertThat(stage.awaitOutcome("push-3")).isEqualTo("updated");
      for (int push : new int[] {1, 2}) {
        assertThat(stage.awaitOutcome("push-" + push)).isEqualTo("superseded");
      }
      for (int push = 4; push <= 10; push++) {
        assertThat(stage.awaitOutcome("push-" + push)).isEqualTo("refused by the registry");
      }
      for (int push : new int[] {11, 12}) {
        assertThat(stage.awaitOutcome("push-" + push)).isEqualTo("rolled back");
      }
      assertThat(stage.imageOf("twelve")).isEqualTo(good);
      assertThat(stage.imageBefore("twelve")).isEqualTo(first);
      stage.awaitEmptyQueue();
      awaitTold(stage, "twelve");
      assertThat(stage.closings()).hasSize(12);
    }
  }

  private static String message(Stage stage, int push, String image) {
    String tag = image.substring(image.indexOf(':') + 1, image.indexOf('@'));
    return stage.message("push-" + push, tag, Stage.digest(image), NOON.plusSeconds(push));
  }

  @Test
  @Tag("engines")
  void supersedesAnOlderPushThatArrivesWhenTheAgentThatSawTheNewerOneIsGone() {
    try (Stage stage = stage("older-late")) {
      stage.create(quick("older-late", stage.image("1", Health.HEALTHY)), 1);
      String older = stage.image("2", Health.HEALTHY);
      String newer = stage.image("3", Health.HEALTHY);
      AgentProcess agent = stage.startAgent();
      stage.push("newer", newer, NOON.plusSeconds(1));
      assertThat(stage.awaitOutcome("newer")).isEqualTo("updated");
      agent.terminate();
      JsonNode service = stage.service("older-late");

      stage.startAgent();
      stage.push("older", older, NOON);
      JsonNode closing = stage.awaitClosing("older", null);
      assertThat(outcome(closing)).isEqualTo("superseded");
      assertThat(closing.path("detail").asText())
          .isEqualTo("by the push of 3 at 2026-11-01T12:00:01Z that the service has");
      assertThat(stage.service("older-late")).isEqualTo(service);
    }
  }

  @Test
  void endsAPushOnceThoughTheAgentIsAnotherAndTheMessageComesAgain() {
    try (Stage stage = stage("ends-once")) {
      stage.create(quick("ends-once", stage.image("1", Health.HEALTHY)), 1);
      String next = stage.image("2", Health.HEALTHY);
      String last = stage.image("3", Health.HEALTHY);
      AgentProcess agent = stage.startAgent();
      stage.push("next", next, NOON);
      assertThat(stage.awaitOutcome("next")).isEqualTo("updated");
      awaitTold(stage, "ends-once");
      agent.kill();

      stage.push("next", next, NOON);
      stage.push("last", last, NOON.plusSeconds(1));
      stage.startAgent();
      assertThat(stage.awaitOutcome("last")).isEqualTo("updated");
      stage.awaitEmptyQueue();
      assertThat(stage.closings("next", null)).hasSize(1);
      assertThat(stage.closings()).hasSize(2);
    }
  }

  @Test
  @Tag("engines")
  void saysWithinFiveSecondsOfItsStartWhatBecameOfTheUpdateOfAnAgentThatWasKilled()
      throws InterruptedException {
    try (Stage stage = stage("killed")) {
      String first = stage.image("1", Health.HEALTHY);
      stage.create(Stage.spec("killed", first, 1), 1);
      String next = stage.image("2", Health.HEALTHY);
      AgentProcess killed = stage.startAgent();
      stage.push("next", next);
      killed.awaitMessage("update sent");
      killed.kill();
      Duration before = commandTakes(stage);
      AgentProcess agent = stage.startAgent();
      Instant started = time(agent.awaitMessage("agent started"));

      JsonNode closing = stage.awaitClosing("next", null);
      assertThat(outcome(closing)).isEqualTo("updated");
      Instant completed =
          Instant.parse(stage.service("killed").at("/UpdateStatus/CompletedAt").asText());
      assertThat(time(closing))
          .isBefore(
              (completed.isAfter(started) ? completed : started)
                  .plus(fiveSeconds(before, commandTakes(stage))));
      awaitTold(stage, "killed");
      stage.awaitEmptyQueue();
      assertThat(stage.closings()).hasSize(1);
      assertThat(agent.log().all())
          .extracting(line -> line.path("message").asText())
          .doesNotContain("update sent");
      assertThat(stage.imageBefore("killed")).isEqualTo(first);
    }
  }

  /// How long a new process takes until it has asked the engine: a second at most, if the machine
  /// is not busy.
  private static Duration commandTakes(Stage stage) throws InterruptedException {
    long began = System.nanoTime();
    CommandOfTheJar _ = stage.run("status");
    return Duration.ofNanos(System.nanoTime() - began);
  }

  /// Of a machine that is not busy: on one that is, as many times longer as a command takes.
  private static Duration fiveSeconds(Duration one, Duration other) {
    Duration second = Duration.ofSeconds(1);
    return Stream.of(one, other, second)
        .max(Comparator.naturalOrder())
        .orElse(second)
        .multipliedBy(5);
  }

  @Test
  @Tag("engines")
  void changesOfAServiceNoMoreThanTheImageAndTheUpdateAndRemembersItInAConfig()
      throws JsonProcessingException {
    try (Stage stage = stage("untouched")) {
      ObjectNode spec = Stage.spec("untouched", stage.image("1", Health.HEALTHY), 1);
      spec.withObject("/Labels").put("com.example.of", "a person");
      spec.withObject("/TaskTemplate/ContainerSpec").putArray("Env").add("BY=a person");
      stage.create(spec, 1);
      String next = stage.image("2", Health.HEALTHY);
      JsonNode before = stage.service("untouched").path("Spec");
      stage.startAgent();
      stage.push("next", next);
      assertThat(stage.awaitOutcome("next")).isEqualTo("updated");
      awaitTold(stage, "untouched");

      JsonNode service = stage.service("untouched");
      JsonNode after = service.path("Spec");
      assertThat(stage.imageOf("untouched")).isEqualTo(next);
      assertThat(after.path("Labels")).isEqualTo(before.path("Labels"));
      assertThat(differences(before, after))
          .contains("/TaskTemplate/ContainerSpec/Image", "/UpdateConfig/Order")
          .allMatch(
              field ->
                  field.equals("/TaskTemplate/ContainerSpec/Image")
                      || field.matches("/TaskTemplate/Placement(/Platforms/.*)?")
                      || field.startsWith("/UpdateConfig/"));

      JsonNode config = stage.api().get("/configs/waggle." + service.path("ID").asText());
      assertThat(config.at("/Spec/Name").asText())
          .isEqualTo("waggle." + service.path("ID").asText());
      JsonNode record = JSON.readTree(config.at("/Spec/Labels/waggle.record").asText());
      assertThat(record.path("service").asText()).isEqualTo("untouched");
      assertThat(record.at("/rollouts/0/id").asText()).isEqualTo("next");
      assertThat(record.at("/rollouts/0/ending/outcome").asText()).isEqualTo("updated");
    }
  }

  private static Set<String> differences(JsonNode before, JsonNode after) {
    Map<String, JsonNode> old = Fields.of(before);
    Map<String, JsonNode> now = Fields.of(after);
    Set<String> fields = new TreeSet<>(old.keySet());
    fields.addAll(now.keySet());
    fields.removeIf(field -> Objects.equals(old.get(field), now.get(field)));
    return fields;
  }

  /// What the one service wants is never healthy there, for as long as the test lasts.
  @Test
  @Tag("engines")
  void letsNoServiceWaitForANeighbourOfTheSameRepository() {
    try (Stage stage = stage("side")) {
      String first = stage.image("first", Health.HEALTHY);
      ObjectNode stuck = Stage.spec("side-stuck", first, 1);
      stuck.withObject("/Labels").put("waggle.tags", "stuck-*");
      stuck
          .withObject("/TaskTemplate/ContainerSpec/HealthCheck")
          .put("Retries", 60)
          .putArray("Test")
          .add("CMD-SHELL")
          .add("! busybox grep -q stuck /www/index.html");
      stage.create(stuck, 1);
      ObjectNode free = quick("side-free", first);
      free.withObject("/Labels").put("waggle.tags", "free-*");
      stage.create(free, 1);
      String ofStuck = stage.image("stuck-1", Health.HEALTHY);
      String ofFree = stage.image("free-1", Health.HEALTHY);
      AgentProcess agent = stage.startAgent();

      stage.push("stuck", ofStuck);
      agent.awaitMessage("update sent");
      stage.push("free", ofFree);
      JsonNode closing = stage.awaitClosing("free", null);
      assertThat(outcome(closing)).isEqualTo("updated");
      assertThat(closing.path("service").asText()).isEqualTo("side-free");
      assertThat(closing.path("startedAfterMs").asLong())
          .as("from the receive to the update")
          .isLessThan(5_000);
      assertThat(stage.closings("stuck", null)).isEmpty();
      assertThat(stage.imageOf("side-stuck")).isEqualTo(ofStuck);
      assertThat(stage.updateState("side-stuck")).isEqualTo("updating");
      assertThat(stage.imageOf("side-free")).isEqualTo(ofFree);
    }
  }

  @Test
  void tellsTheHistoryOfAServiceTheNewestFirst()
      throws InterruptedException, JsonProcessingException {
    try (Stage stage = stage("history")) {
      stage.create(quick("history", stage.image("1", Health.HEALTHY)), 1);
      String next = stage.image("2", Health.HEALTHY);
      stage.startAgent();
      stage.push("next", next, NOON);
      assertThat(stage.awaitOutcome("next")).isEqualTo("updated");
      stage.send(
          List.of(
              stage.message("never", "3", "sha256:" + "%064x".formatted(3), NOON.plusSeconds(1))));
      JsonNode refused = stage.awaitClosing("never", null);

      CommandOfTheJar text = good(stage.run("history", "history"));
      assertThat(text.out().lines()).hasSize(3);
      assertThat(text.out().lines().toList().get(0))
          .matches("ENDED +TAG +DIGEST +OUTCOME +TOOK +DETAIL");
      assertThat(text.out().lines().toList().get(1))
          .matches("\\S+Z +3 +sha256:000000000000 +refused by the registry +\\S+ s +.+");
      assertThat(text.out().lines().toList().get(2))
          .matches("\\S+Z +2 +" + Stage.digest(next).substring(0, 19) + " +updated +\\S+ s *");

      String id = stage.service("history").path("ID").asText();
      JsonNode json = JSON.readTree(good(stage.run("history", id, "--json")).out());
      assertThat(json.path("service").asText()).isEqualTo("history");
      assertThat(json.path("history")).hasSize(2);
      assertThat(json.at("/history/0/id").asText()).isEqualTo("never");
      assertThat(json.at("/history/0/detail")).isEqualTo(refused.path("detail"));
      assertThat(json.at("/history/1/digest").asText()).isEqualTo(Stage.digest(next));
      assertThat(json.at("/history/1/outcome").asText()).isEqualTo("updated");
      assertThat(json.at("/history/1/cause").asText()).isEqualTo("push");
    }
  }

  @Test
  void takesNoBeginningOfANameOrAnIdForAService() throws InterruptedException {
    try (Stage stage = stage("whole-name")) {
      stage.create(Stage.spec("whole-name", stage.image("1", Health.HEALTHY), 0), 0);
      String id = stage.service("whole-name").path("ID").asText();
      for (String beginning : List.of("whole", id.substring(0, 12))) {
        for (String command : List.of("history", "hold", "release", "rollback", "redeploy")) {
          refused(stage.run(command, beginning), "no service has the name or the id " + beginning);
        }
      }
      assertThat(stage.api().get("/configs").toString())
          .as("nothing is remembered")
          .doesNotContain(id);
    }
  }

  @Test
  @Tag("engines")
  void recordsPushesOfAServiceThatIsHeldAndRollsTheNewestWhenItIsReleased()
      throws InterruptedException {
    try (Stage stage = stage("held")) {
      stage.create(quick("held", stage.image("1", Health.HEALTHY)), 1);
      String older = stage.image("2", Health.HEALTHY);
      String newest = stage.image("3", Health.HEALTHY);
      stage.startAgent();
      assertThat(good(stage.run("hold", "held", "--reason", "until Monday")).out())
          .isEqualTo("held is held; 0 pushes wait\n");
      JsonNode service = stage.service("held");
      stage.push("older", older, NOON);
      stage.push("newest", newest, NOON.plusSeconds(1));
      Await.until(
          "two pushes that wait", SOON, () -> record(stage, "held").at("/rollouts/1").has("id"));
      stage.awaitEmptyQueue();

      // Exit status and other lines are of services of other tests, too.
      String status = stage.run("status").out();
      assertThat(status.lines())
          .anyMatch(line -> line.matches("held +vorce/held:1 +\\* +- +held +1 of 1"))
          .anyMatch(
              line ->
                  line.matches(
                      "held: held for \\d+ \\w+, since \\S+Z \\(until Monday\\), 2 pushes wait:"
                          + " agent release held"));
      assertThat(stage.closings()).isEmpty();
      assertThat(stage.service("held")).isEqualTo(service);

      assertThat(good(stage.run("release", "held")).out())
          .isEqualTo("held is released; 2 pushes wait\n");
      assertThat(stage.awaitOutcome("newest")).isEqualTo("updated");
      assertThat(stage.awaitOutcome("older")).isEqualTo("superseded");
      assertThat(stage.imageOf("held")).isEqualTo(newest);
      assertThat(stage.run("status").out().lines())
          .anyMatch(line -> line.matches("held +vorce/held:3 .* updated +1 of 1"));
    }
  }

  @Test
  @Tag("engines")
  void rollsBackWhatAPersonWantsRolledBackTellsOfItAndDoesNotTryAgainWhatItLeft()
      throws InterruptedException {
    try (Stage stage = stage("back")) {
      String first = stage.image("1", Health.HEALTHY);
      stage.create(quick("back", first), 1);
      String left = stage.image("2", Health.HEALTHY);
      stage.startAgent();
      refused(stage.run("rollback", "back"), "nothing is known of what back had before");
      stage.push("left", left);
      assertThat(stage.awaitOutcome("left")).isEqualTo("updated");

      CommandOfTheJar rollback = good(stage.run("rollback", "back"));
      assertThat(rollback.out().lines().toList())
          .hasSize(2)
          .startsWith("rolling back to " + first)
          .last()
          .asString()
          .startsWith("back: rollback: updated 1 at ");
      assertThat(stage.imageOf("back")).isEqualTo(first);
      assertThat(told(stage, "rollback", 1))
          .allSatisfy(
              line -> {
                assertThat(outcome(line)).isEqualTo("updated");
                assertThat(line.path("tag").asText()).isEqualTo("1");
                assertThat(line.path("service").asText()).isEqualTo("back");
              });

      stage.push("again", left, Instant.now().plusSeconds(1));
      assertThat(stage.awaitOutcome("again")).isEqualTo("rolled back before");
      assertThat(stage.imageOf("back")).isEqualTo(first);

      refused(stage.run("rollback", "back", "--to", "7"), "back had no image 7");
      good(stage.run("rollback", "back", "--to", "2"));
      assertThat(stage.imageOf("back")).isEqualTo(left);
      assertThat(told(stage, "rollback", 2)).extracting(RecordIT::outcome).containsOnly("updated");
    }
  }

  /// An image that needs what the service does not give it, until a person sees to that.
  @Test
  @Tag("engines")
  void redeploysADigestThatFailedBeforeAndSaysWhetherItIsLiveNow()
      throws InterruptedException, JsonProcessingException {
    try (Stage stage = stage("once-more")) {
      String first = stage.image("1", Health.HEALTHY);
      ObjectNode spec = quick("once-more", first);
      spec.withObject("/TaskTemplate/ContainerSpec/HealthCheck")
          .put("Retries", 1)
          .putArray("Test")
          .add("CMD-SHELL")
          .add("! busybox grep -q 2 /www/index.html");
      stage.create(spec, 1);
      String next = stage.image("2", Health.HEALTHY);
      stage.startAgent();
      refused(stage.run("redeploy", "once-more"), "no push of once-more is known to Waggle");
      stage.push("next", next);
      assertThat(stage.awaitOutcome("next")).isEqualTo("rolled back");

      CommandOfTheJar failed = stage.run("redeploy", "once-more");
      assertThat(failed.status()).as(failed.toString()).isEqualTo(1);
      assertThat(failed.out())
          .startsWith("rolling once-more to " + next + "\n")
          .contains("once-more: redeploy: rolled back 2 at ");
      assertThat(stage.imageOf("once-more")).isEqualTo(first);
      assertThat(told(stage, "redeploy", 1))
          .extracting(RecordIT::outcome)
          .containsExactly("rolled back");

      stage.update(
          "once-more",
          changed ->
              changed
                  .withObject("/TaskTemplate/ContainerSpec/Healthcheck")
                  .remove(List.of("Test", "Retries")));
      Await.until(
          "the person's update",
          SOON,
          () -> stage.updateState("once-more").equals("completed"),
          () -> stage.service("once-more"));
      CommandOfTheJar live = good(stage.run("redeploy", "once-more", "--json"));
      JsonNode json = JSON.readTree(live.out());
      assertThat(json.path("service").asText()).isEqualTo("once-more");
      assertThat(json.path("cause").asText()).isEqualTo("redeploy");
      assertThat(json.path("outcome").asText()).isEqualTo("updated");
      assertThat(stage.imageOf("once-more")).isEqualTo(next);
      assertThat(told(stage, "redeploy", 2))
          .extracting(RecordIT::outcome)
          .containsExactly("rolled back", "updated");

      stage.push("again", next, Instant.now().plusSeconds(1));
      assertThat(stage.awaitOutcome("again")).isEqualTo("already current");
    }
  }

  /// A service that Swarm watches for a second after every update.
  private static ObjectNode quick(String name, String image) {
    ObjectNode spec = Stage.spec(name, image, 1);
    for (String config : List.of("/UpdateConfig", "/RollbackConfig")) {
      spec.withObject(config).put("Parallelism", 1).put("Monitor", 1_000_000_000L);
    }
    return spec;
  }

  private static CommandOfTheJar good(CommandOfTheJar command) {
    assertThat(command.status()).as(command.toString()).isZero();
    assertThat(command.err()).isEmpty();
    return command;
  }

  private static void refused(CommandOfTheJar command, String sentence) {
    assertThat(command.status()).as(command.toString()).isEqualTo(1);
    assertThat(command.out()).isEmpty();
    assertThat(command.err().lines()).singleElement().asString().startsWith(sentence);
  }

  /// What the log tells of what a person asked for.
  private static List<JsonNode> told(Stage stage, String cause, int times) {
    Await.until(times + " lines about " + cause, SOON, () -> of(stage, cause).size() >= times);
    assertThat(of(stage, cause)).hasSize(times);
    return of(stage, cause);
  }

  private static List<JsonNode> of(Stage stage, String cause) {
    return stage.closings().stream()
        .filter(line -> line.path("cause").asText().equals(cause))
        .toList();
  }

  private static JsonNode record(Stage stage, String service) throws JsonProcessingException {
    String id = stage.service(service).path("ID").asText();
    return JSON.readTree(
        stage.api().get("/configs/waggle." + id).at("/Spec/Labels/waggle.record").asText());
  }

  private static void awaitTold(Stage stage, String service) {
    Await.until(
        "endings that are all told",
        SOON,
        () ->
            record(stage, service)
                .path("rollouts")
                .valueStream()
                .allMatch(rollout -> rollout.at("/ending/told").asBoolean()));
  }

  private static Instant time(JsonNode line) {
    return Instant.parse(line.path("timestamp").asText());
  }

  private static String outcome(JsonNode line) {
    return line.path("outcome").asText();
  }

  private Stage stage(String name) {
    return new Stage(engine, sqs, name);
  }
}
