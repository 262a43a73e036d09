package dev.waggle.chain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.RequestingClient;
import dev.waggle.testhost.SqsServer;
import dev.waggle.testhost.SwarmOfNodes;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A swarm of three managers, of which one is lost in the middle of a rollout; the other two go on.
@Tag("nodes")
class ThreeNodesIT {

  private static final Duration SOON = Duration.ofMinutes(1);
  private static final Integer[] SLOTS = {1, 2, 3, 4, 5, 6};
  private static final int REPLICAS = SLOTS.length;

  /// An agent of Swarm is heard of every five seconds, and missed after three times as long.
  private static final Duration UNTIL_A_NODE_IS_MISSED = Duration.ofSeconds(25);

  private final SwarmOfNodes swarm =
      SwarmOfNodes.start(3, step -> System.out.println("swarm of three: " + step));
  private final PrivateEngine manager = swarm.withRegistry();
  private final SqsServer sqs = SqsServer.startInJvm(manager);
  private final Stage stage = new Stage(manager, sqs, "three");

  @AfterEach
  void stopServers() {
    stage.close();
    sqs.close();
    swarm.close();
  }

  @Test
  void rollsFromAManagerThatDoesNotLeadWithoutAFailedRequest() {
    String next = createAndBuildTheNext();
    assertThat(nodesOf("three")).hasSize(3);
    stage.startAgent();
    try (RequestingClient client =
        RequestingClient.start(manager, "three", PlaylistlogImages.PORT)) {
      client.awaitAnswer("three 1", SOON);
      stage.push("next", next);
      assertThat(stage.awaitOutcome("next")).isEqualTo("updated");
      assertThatAllRun(next);
      assertThat(stage.running("three")).isEqualTo(REPLICAS);
      client.awaitAnswer("three 2", SOON);
      assertThat(client.stop().failures()).isZero();
    }
  }

  @Test
  void saysUpdatedOnlyWhenItIsSoAlthoughTheLeaderIsLostInTheMiddle() {
    String next = createAndBuildTheNext();
    rollIntoTheMiddle(next, 1);
    swarm.lose(swarm.leader());
    assertThat(stage.awaitOutcome("next")).isEqualTo("updated");
    assertThatAllRun(next);
    assertThat(stage.closings()).hasSize(1);
    stage.awaitEmptyQueue();
  }

  /// With a delay in which nothing is given to the worker until Swarm has missed it, after the
  /// first two tasks: one that were still starting there would never end.
  @Test
  void saysUpdatedOnlyWhenItIsSoAlthoughAWorkerIsLostInTheMiddle() {
    demote(swarm.last());
    String next =
        createAndBuildTheNext(
            spec ->
                spec.withObject("/UpdateConfig")
                    .put("Parallelism", 2)
                    .put("Delay", UNTIL_A_NODE_IS_MISSED.toNanos()));
    rollIntoTheMiddle(next, 2);
    swarm.lose(swarm.last());
    assertThat(stage.awaitOutcome("next")).isEqualTo("updated");
    assertThatAllRun(next);
    assertThat(stage.closings()).hasSize(1);
    stage.awaitEmptyQueue();
  }

  /// Swarm waits for that task without an end, and tells of no error.
  @Test
  void goesBackFromAnUpdateThatSwarmCannotEndSinceTheNodeOfANewTaskIsLost() {
    String worker = demote(swarm.last());
    String next =
        createAndBuildTheNext(spec -> spec.withObject("/Labels").put("waggle.timeout", "45s"));
    String first = stage.imageOf("three");
    stage.startAgent();
    stage.push("next", next);
    Await.until(
        "a task of the next image that starts on the worker",
        SOON,
        () ->
            tasksOf(next)
                .anyMatch(
                    task ->
                        task.path("NodeID").asText().equals(worker)
                            && task.at("/Status/State").asText().equals("starting")));
    swarm.lose(swarm.last());
    JsonNode closing = stage.awaitClosing("next", null);
    assertThat(closing.path("outcome").asText()).isEqualTo("timed out");
    assertThat(closing.path("detail").asText())
        .endsWith("Swarm was told to go back to the image before");
    Await.until(
        "the image before on the other nodes",
        SOON,
        () -> stage.updateState("three").equals("rollback_completed"));
    assertThatAllRun(first);
    stage.awaitEmptyQueue();
  }

  /// The agent as a stack: Swarm starts it on another manager, to which the message comes when it
  /// is visible again.
  @Test
  void closesThePushOnceAfterTheManagerOfTheAgentItselfIsLostInTheMiddle() {
    String lost = SwarmOfNodes.id(swarm.last());
    Set<String> others =
        Set.of(SwarmOfNodes.id(swarm.leader()), SwarmOfNodes.id(swarm.withRegistry()));
    others.forEach(id -> swarm.update(id, node -> node.put("Availability", "drain")));
    AgentStack agent = stage.deployAgent();
    agent.followOn(swarm.last());
    agent.awaitMessage("agent started");
    others.forEach(id -> swarm.update(id, node -> node.put("Availability", "active")));
    String next =
        createAndBuildTheNext(
            spec ->
                spec.withObject("/TaskTemplate/Placement")
                    .putArray("Constraints")
                    .add("node.id != " + lost));
    stage.push("next", next);
    agent.awaitMessage("update sent");
    swarm.lose(swarm.last());
    agent.followOn(theOtherNodeOf(agent.service(), lost));

    assertThat(stage.awaitOutcome("next")).isEqualTo("updated");
    assertThatAllRun(next);
    assertThat(stage.closings()).hasSize(1);
    stage.awaitEmptyQueue();
  }

  private PrivateEngine theOtherNodeOf(String service, String lost) {
    String node =
        Await.value(
            "another task of " + service,
            SOON,
            () ->
                stage
                    .tasks(service)
                    .valueStream()
                    .filter(task -> task.path("DesiredState").asText().equals("running"))
                    .map(task -> task.path("NodeID").asText())
                    .filter(id -> !id.isEmpty() && !id.equals(lost))
                    .findFirst());
    return node.equals(SwarmOfNodes.id(manager)) ? manager : swarm.leader();
  }

  /// @return what the swarm calls the node
  private String demote(PrivateEngine manager) {
    String id = SwarmOfNodes.id(manager);
    swarm.update(id, node -> node.put("Role", "worker"));
    Await.until("a worker", SOON, () -> !stage.api().get("/nodes/" + id).has("ManagerStatus"));
    return id;
  }

  private String createAndBuildTheNext() {
    return createAndBuildTheNext(spec -> {});
  }

  private String createAndBuildTheNext(Consumer<ObjectNode> change) {
    ObjectNode spec = Stage.spec("three", stage.image("1", Health.HEALTHY), REPLICAS);
    spec.withObject("/TaskTemplate")
        .putArray("Networks")
        .addObject()
        .put("Target", PrivateEngine.NETWORK);
    change.accept(spec);
    stage.create(spec, REPLICAS);
    return stage.image("2", Health.HEALTHY);
  }

  private void rollIntoTheMiddle(String next, int tasks) {
    stage.startAgent();
    stage.push("next", next);
    Await.until(tasks + " of the next image", SOON, () -> runningOf(next) >= tasks);
    assertThat(runningOf(next)).isLessThan(REPLICAS);
  }

  private Stream<JsonNode> tasksOf(String image) {
    return stage
        .tasks("three")
        .valueStream()
        .filter(task -> task.at("/Spec/ContainerSpec/Image").asText().equals(image));
  }

  private long runningOf(String image) {
    return tasksOf(image).filter(ThreeNodesIT::runs).count();
  }

  private static boolean runs(JsonNode task) {
    return task.path("DesiredState").asText().equals("running")
        && task.at("/Status/State").asText().equals("running");
  }

  private Set<String> nodesOf(String service) {
    return stage
        .tasks(service)
        .valueStream()
        .filter(ThreeNodesIT::runs)
        .map(task -> task.path("NodeID").asText())
        .collect(Collectors.toSet());
  }

  /// In every slot on nodes that are there, at once; Swarm may take a moment to give up what it
  /// believes to run on others, and may keep a second task of a slot whose node was lost.
  private void assertThatAllRun(String image) {
    Set<String> ready =
        stage
            .api()
            .get("/nodes")
            .valueStream()
            .filter(node -> node.at("/Status/State").asText().equals("ready"))
            .map(node -> node.path("ID").asText())
            .collect(Collectors.toSet());
    assertThat(stage.imageOf("three")).isEqualTo(image);
    assertThat(
            tasksOf(image)
                .filter(ThreeNodesIT::runs)
                .filter(task -> ready.contains(task.path("NodeID").asText()))
                .map(task -> task.path("Slot").asInt()))
        .containsOnly(SLOTS);
    Map<Integer, Set<String>> onlyThis =
        Stream.of(SLOTS).collect(Collectors.toMap(Function.identity(), slot -> Set.of(image)));
    Await.until(
        "no task but those of the next image on nodes that are there",
        SOON,
        () -> stage.runningBySlot("three").equals(onlyThis) && ready.containsAll(nodesOf("three")));
  }
}
