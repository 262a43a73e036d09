package dev.waggle.agent.rollout;

import static dev.waggle.agent.service.Services.TARGET;
import static dev.waggle.agent.service.Services.playlistlog;
import static dev.waggle.agent.service.Services.without;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.service.NodeState;
import dev.waggle.agent.service.ResolvedImage;
import dev.waggle.agent.service.ServiceState;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlacementTest {

  private static final NodeState ONE = node("one", "ready");
  private static final NodeState TWO = node("two", "ready");
  private static final NodeState THREE = node("three", "ready");

  @Test
  void hasRoomWhereNothingIsBoundToANode() {
    assertThat(obstacle(service(spec -> {}), ONE)).isEmpty();
  }

  @Test
  void hasNoRoomForAnotherTaskWithAPortInHostModeWhereEveryNodeHasOne() {
    assertThat(obstacle(service(PlacementTest::hostPort), ONE, TWO))
        .contains(
            "a port in host mode leaves room for one task on a node, and 2 on 2 nodes leave none"
                + " for another");
    assertThat(obstacle(service(PlacementTest::hostPort), ONE, TWO, THREE)).isEmpty();
  }

  @Test
  void hasNoRoomWhereEveryNodeHasItsMostReplicas() {
    ServiceState two =
        service(spec -> spec.withObject("/TaskTemplate/Placement").put("MaxReplicas", 2));
    assertThat(obstacle(two, ONE))
        .contains(
            "max-replicas-per-node leaves room for 2 on a node, and 2 on 1 node leave none for"
                + " another");
    assertThat(obstacle(two, ONE, TWO)).isEmpty();
  }

  @Test
  void hasNoRoomForASecondTaskOfAGlobalServiceOnlyWithAPortInHostMode() {
    ServiceState global =
        service(
            spec -> {
              spec.putObject("Mode").putObject("Global");
              hostPort(spec);
            });
    assertThat(obstacle(global, ONE, TWO, THREE))
        .contains("a port in host mode is taken by the task that runs on every node already");
    assertThat(obstacle(service(spec -> spec.putObject("Mode").putObject("Global")), ONE))
        .isEmpty();
  }

  @Test
  void hasRoomForNoReplicas() {
    ServiceState none =
        service(
            spec -> {
              hostPort(spec);
              spec.withObject("/Mode/Replicated").put("Replicas", 0);
            });
    assertThat(obstacle(none, ONE)).isEmpty();
  }

  @Test
  void countsOnlyNodesThatAcceptTasksAndRunThePlatform() {
    NodeState drained = node("drained", "drain");
    NodeState arm =
        new NodeState("arm", "arm", "worker", "linux", "aarch64", Map.of(), Map.of(), false, true);
    assertThat(obstacle(service(PlacementTest::hostPort), ONE, TWO, drained, arm)).isPresent();
    assertThat(
            Placement.obstacleToStartFirst(
                service(PlacementTest::hostPort),
                new ResolvedImage(TARGET.reference(), List.of()),
                List.of(ONE, TWO, drained, arm)))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "node.id==one|false",
        "node.hostname != one|false",
        "node.role==worker|true",
        "node.role==manager|false",
        "node.ROLE == Worker|true",
        "node.platform.os==linux|true",
        "node.platform.arch==x86_64|true",
        "node.labels.disk==ssd|true",
        "node.labels.disk!=ssd|false",
        "node.labels.zone!=a|true",
        "node.labels.zone==a|false",
        "engine.labels.disk==old|true",
        "node.ip==10.0.0.0/8|true",
        "nonsense|true"
      })
  void countsOnlyNodesThatSatisfyTheConstraints(String constraint, boolean room) {
    ServiceState constrained =
        service(
            spec -> {
              hostPort(spec);
              spec.withObject("/TaskTemplate/Placement").putArray("Constraints").add(constraint);
            });
    assertThat(obstacle(constrained, ONE, TWO, THREE).isEmpty()).isEqualTo(room);
  }

  @Test
  void hasNoPlaceForAnImageOfAnotherPlatformThanEveryNodes() {
    ResolvedImage image = built("arm64", "arm");
    assertThat(Placement.obstacle(service(_ -> {}), image, List.of(ONE, TWO)))
        .contains(
            Conclusion.ofTheImage(
                Outcome.NOT_FOR_THIS_SWARM,
                "built for linux/arm, linux/arm64, and the nodes are linux/amd64; build with"
                    + " --platform linux/amd64"));
  }

  @ParameterizedTest
  @CsvSource({"amd64", "x86_64", "''"})
  void hasAPlaceForAnImageThatOneNodeMayRun(String architecture) {
    assertThat(Placement.obstacle(service(_ -> {}), built("s390x", architecture), List.of(ONE)))
        .isEmpty();
  }

  @Test
  void hasAPlaceWhereTheRegistryOrTheNodesDoNotSay() {
    assertThat(Placement.obstacle(service(_ -> {}), built(), List.of(ONE))).isEmpty();
    assertThat(Placement.obstacle(service(_ -> {}), built("arm64"), List.of())).isEmpty();
    NodeState silent =
        new NodeState("four", "four", "worker", "", "", Map.of(), Map.of(), false, true);
    assertThat(Placement.obstacle(service(_ -> {}), built("arm64"), List.of(ONE, silent)))
        .isEmpty();
  }

  @Test
  void hasAPlaceForAnImageOfTheOtherPlatformOnANodeThatIsDown() {
    NodeState arm =
        new NodeState(
            "five", "five", "worker", "linux", "aarch64", Map.of(), Map.of(), true, false);
    assertThat(Placement.obstacle(service(_ -> {}), built("arm64"), List.of(ONE, arm))).isEmpty();
  }

  @Test
  void hasNoPlaceWhereNoNodeMeetsTheConstraints() {
    ServiceState constrained =
        service(
            spec ->
                spec.withObject("/TaskTemplate/Placement")
                    .putArray("Constraints")
                    .add("node.labels.disk==nvme"));
    assertThat(Placement.obstacle(constrained, TARGET, List.of(ONE, TWO)))
        .contains(
            Conclusion.of(
                Outcome.LEFT_ALONE, "no node meets its constraints: node.labels.disk==nvme"));
  }

  private static ResolvedImage built(String... architectures) {
    return new ResolvedImage(
        TARGET.reference(),
        Arrays.stream(architectures)
            .map(architecture -> new ResolvedImage.Platform(architecture, "linux"))
            .toList());
  }

  private static Optional<String> obstacle(ServiceState service, NodeState... nodes) {
    return Placement.obstacleToStartFirst(service, TARGET, List.of(nodes));
  }

  /// Two replicas without constraints.
  private static ServiceState service(Consumer<ObjectNode> change) {
    ObjectNode tree =
        without(playlistlog(), "/Spec/TaskTemplate/Placement", "Constraints").tree().deepCopy();
    change.accept(tree.withObject("/Spec"));
    return new ServiceState(tree);
  }

  private static void hostPort(ObjectNode spec) {
    spec.withObject("/EndpointSpec")
        .putArray("Ports")
        .addObject()
        .put("PublishedPort", 80)
        .put("PublishMode", "host");
  }

  private static NodeState node(String name, String state) {
    return new NodeState(
        name,
        name,
        "worker",
        "linux",
        "x86_64",
        Map.of("disk", "ssd"),
        Map.of("disk", "old"),
        false,
        state.equals("ready"));
  }
}
