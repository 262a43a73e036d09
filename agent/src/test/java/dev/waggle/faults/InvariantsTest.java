package dev.waggle.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.faults.Observation.Answered;
import dev.waggle.faults.Observation.HandedBack;
import dev.waggle.faults.Observation.Message;
import dev.waggle.faults.Observation.Observed;
import dev.waggle.faults.Observation.Operation;
import dev.waggle.faults.Observation.Running;
import dev.waggle.faults.Plan.Content;
import dev.waggle.faults.Plan.Moment;
import dev.waggle.faults.Plan.PlannedDelivery;
import dev.waggle.faults.Plan.PlannedFault;
import dev.waggle.faults.Plan.PlannedPush;
import dev.waggle.faults.Plan.PlannedService;
import dev.waggle.faults.Plan.Shape;
import dev.waggle.faults.Plan.Wish;
import dev.waggle.testhost.RequestingClient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Each violation is found, and nothing where there is none: a good run of one push to one service,
/// with one thing changed.
class InvariantsTest {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String OLD = "sha256:old";
  private static final String NEW = "sha256:new";
  private static final String SICK = "sha256:sick";
  private static final Plan PLAN =
      new Plan(
          7,
          List.of(
              new PlannedService("web", Shape.WEB, Wish.RELEASES, 1),
              new PlannedService("bystander", Shape.BYSTANDER, Wish.NONE, 1)),
          List.of(new PlannedPush(0, Plan.REPOSITORY, "v1", Content.GOOD_2, 0)),
          List.of(new PlannedDelivery(0, 10)),
          List.of(new PlannedFault(FaultKind.AGENT_TERMINATED, new Moment.At(0), 0)));

  private final List<Answered> answers = new ArrayList<>(List.of(new Answered(0, 202, "id")));
  private final List<Message> taken = new ArrayList<>(List.of(message("id", "v1", NEW, 0)));
  private int left;
  private final List<String> deadLetters = new ArrayList<>();
  private final Map<String, Observed> services =
      new HashMap<>(
          Map.of(
              "web",
              observed("web", OLD, NEW, List.of(NEW), Set.of(OLD, NEW)),
              "bystander",
              observed("bystander", OLD, OLD, List.of(OLD), Set.of(OLD))));
  private final List<JsonNode> closings = new ArrayList<>(List.of(closing("id", "web", "updated")));
  private final List<String> otherLines = new ArrayList<>();
  private final Set<HandedBack> handedBack = new HashSet<>();
  private final Map<String, Instant> takenAway = new HashMap<>();
  private final List<Operation> operations = new ArrayList<>();
  private Plan plan = PLAN;
  private long failedRequests;
  private Optional<String> unfinished = Optional.empty();

  private static Message message(String id, String tag, String digest, int push) {
    return new Message(id, tag, Optional.of(digest), "2026-01-01T00:00:0" + push + "Z", push);
  }

  private static ObjectNode closing(String id, String service, String outcome) {
    return JSON.createObjectNode()
        .put("agent", 0)
        .put("closedAt", "2026-01-01T00:01:00Z")
        .put("deliveryId", id)
        .put("service", service)
        .put("outcome", outcome);
  }

  private static ObjectNode spec(String name, String digest) {
    ObjectNode spec = JSON.createObjectNode().put("Name", name);
    spec.withObject("/TaskTemplate/ContainerSpec").put("Image", image(digest));
    spec.withObject("/Mode/Replicated").put("Replicas", 1);
    return spec;
  }

  private static String image(String digest) {
    return Plan.REPOSITORY + (digest.equals(OLD) ? ":v0@" : ":v1@") + digest;
  }

  private static Observed observed(
      String name, String first, String last, List<String> running, Set<String> ever) {
    Set<String> images = new TreeSet<>();
    Map<String, Watch.Task> tasks = new TreeMap<>();
    for (String digest : ever) {
      images.add(image(digest));
      tasks.put("task of " + digest, new Watch.Task(image(digest), true, ""));
    }
    return new Observed(
        spec(name, first),
        spec(name, last),
        running(running),
        new Watch.Seen(images, tasks, new TreeSet<>(ever)));
  }

  private static List<Running> running(List<String> digests) {
    return IntStream.range(0, digests.size())
        .mapToObj(slot -> new Running(String.valueOf(slot), digests.get(slot)))
        .toList();
  }

  private List<String> violated() {
    return judged().violations();
  }

  private Invariants.Judgement judged() {
    return Invariants.judge(
        plan,
        new Observation(
            answers,
            taken,
            left,
            deadLetters,
            0,
            services,
            Map.of("v1", List.of(NEW)),
            takenAway,
            Set.of(OLD, NEW),
            closings,
            handedBack,
            otherLines,
            operations,
            Optional.of(
                new RequestingClient.Counts(
                    new TreeMap<>(Map.of("hello", 9L)), new TreeMap<>(), failedRequests)),
            unfinished));
  }

  private void assertViolated(String beginning) {
    assertThat(violated())
        .isNotEmpty()
        .allSatisfy(violation -> assertThat(violation).startsWith(beginning));
  }

  @Test
  void findsNothingInAGoodRun() {
    assertThat(violated()).isEmpty();
  }

  @Test
  void findsARunThatDidNotEnd() {
    unfinished = Optional.of("still updating");
    assertViolated("0, an end: still updating");
  }

  @Test
  void findsAServiceThatStayedBehind() {
    services.put("web", observed("web", OLD, OLD, List.of(OLD), Set.of(OLD, NEW)));
    assertViolated("1, the newest: web has " + image(OLD));
  }

  @Test
  void findsATaskThatRunsSomethingElseThanItsService() {
    services.put("web", observed("web", OLD, NEW, List.of(OLD), Set.of(OLD, NEW)));
    assertViolated("1, the newest: web wants 1 of " + NEW);
  }

  @Test
  void findsAPushThatWasAcceptedAndLost() {
    taken.clear();
    services.put("web", observed("web", OLD, OLD, List.of(OLD), Set.of(OLD)));
    closings.clear();
    assertViolated("2, one end: push 0 was accepted, and is on no queue");
  }

  @Test
  void findsAMessageThatIsLeft() {
    left = 1;
    assertViolated("2, one end: 1 messages are on the queue");
  }

  @Test
  void findsAMessageThatWasGivenUpForNoReason() {
    deadLetters.add("a message");
    assertViolated("2, one end: of 0 that cannot be read");
  }

  @Test
  void findsAMessageThatNothingClosed() {
    closings.clear();
    assertViolated("2, one end: nothing closed");
  }

  private void assertForgiven(String beginning) {
    assertThat(violated()).isEmpty();
    assertThat(judged().forgiven()).singleElement().asString().startsWith(beginning);
  }

  @Test
  void findsAMessageThatEndedTwice() {
    closings.add(closing("id", "web", "updated"));
    assertViolated("2, one end: ");
    handedBack.add(new HandedBack(0, "id"));
    assertViolated("2, one end: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"updated", "already current"})
  void forgivesThatAPushThatIsHandedOutAgainEndsAgainForTheNextAgent(String outcome) {
    closings.add(closing("id", "web", outcome).put("agent", 1));
    assertViolated("2, one end: ");
    handedBack.add(new HandedBack(1, "id"));
    handedBack.add(new HandedBack(0, "another"));
    assertViolated("2, one end: ");
    handedBack.add(new HandedBack(0, "id"));
    assertForgiven("a push that was handed out again");
    closings.add(closing("id", "web", outcome).put("agent", 1));
    assertViolated("2, one end: ");
  }

  @Test
  void findsThatTheNextAgentDidSomethingElse() {
    closings.set(0, closing("id", "web", "already current"));
    closings.add(closing("id", "web", "updated").put("agent", 1));
    handedBack.add(new HandedBack(0, "id"));
    assertViolated("2, one end: ");
  }

  private static Plan planWith(FaultKind kind) {
    return new Plan(
        PLAN.seed(),
        PLAN.services(),
        PLAN.pushes(),
        PLAN.deliveries(),
        List.of(new PlannedFault(kind, new Moment.At(0), 0)));
  }

  @Test
  void forgivesASecondTaskOfASlotAfterTheEngineWasKilled() {
    Observed good = observed("web", OLD, NEW, List.of(NEW), Set.of(OLD, NEW));
    services.put(
        "web",
        new Observed(
            good.first(),
            good.last(),
            List.of(new Running("1", NEW), new Running("1", NEW)),
            good.seen()));
    assertViolated("1, the newest: web wants 1 of ");
    plan = planWith(FaultKind.ENGINE_STOPPED);
    assertViolated("1, the newest: web wants 1 of ");
    plan = planWith(FaultKind.ENGINE_KILLED);
    assertForgiven("Swarm kept a second task");
    services.put(
        "web",
        new Observed(
            good.first(),
            good.last(),
            List.of(new Running("1", NEW), new Running("1", OLD)),
            good.seen()));
    assertViolated("1, the newest: web wants 1 of ");
    services.put(
        "web",
        new Observed(
            good.first(),
            good.last(),
            List.of(new Running("1", NEW), new Running("2", NEW)),
            good.seen()));
    assertViolated("1, the newest: web wants 1 of ");
  }

  @Test
  void forgivesThatAnUnprovenPushIsRefusedAfterItsTagWasTakenAway() {
    taken.set(0, new Message("id", "v1", Optional.empty(), "2026-01-01T00:00:00Z", 0));
    closings.set(0, closing("id", "web", "refused by the registry"));
    services.put("web", observed("web", OLD, OLD, List.of(OLD), Set.of(OLD)));
    takenAway.put("v1", Instant.parse("2026-01-01T00:01:01Z"));
    assertThat(violated()).hasSize(2);
    takenAway.put("v1", Instant.parse("2026-01-01T00:00:59Z"));
    assertForgiven("a tag was gone");
    taken.set(0, message("id", "v1", NEW, 0));
    assertThat(violated()).hasSize(2);
  }

  @Test
  void forgivesThatSwarmTookTheOperatorsChangeBackAfterItsEngineFailed() {
    operations.add(operation(true));
    assertViolated("3, nothing else: web lost [/TaskTemplate/ContainerSpec/Env");
    plan = planWith(FaultKind.ENGINE_STOPPED);
    assertForgiven("Swarm went back after its engine failed");
    operations.set(0, operation(false));
    assertViolated("3, nothing else: web lost [/TaskTemplate/ContainerSpec/Env");
  }

  private static Operation operation(boolean rolledBackLater) {
    return new Operation(
        "web",
        "/TaskTemplate/ContainerSpec/Env",
        JSON.createArrayNode().add("OPERATOR=was here"),
        rolledBackLater);
  }

  @Test
  void findsARefusedImageThatRanMeanwhile() {
    services.put("web", observed("web", OLD, NEW, List.of(NEW), Set.of(OLD, NEW, SICK)));
    assertViolated("3, nothing else: web had " + image(SICK));
  }

  @Test
  void findsABystanderThatWasTouched() {
    ObjectNode touched = spec("bystander", OLD);
    touched.withObject("/Labels").put("waggle.push.time", "now");
    services.put(
        "bystander",
        new Observed(
            spec("bystander", OLD),
            touched,
            running(List.of(OLD)),
            new Watch.Seen(Set.of(image(OLD)), Map.of(), Set.of(OLD))));
    assertViolated("3, nothing else: bystander lost");
  }

  @Test
  void findsAFieldThatWasLost() {
    Observed good = observed("web", OLD, NEW, List.of(NEW), Set.of(OLD, NEW));
    ObjectNode first = spec("web", OLD);
    first.withObject("/TaskTemplate/ContainerSpec").putArray("CapabilityAdd").add("CAP_KILL");
    services.put("web", new Observed(first, good.last(), good.running(), good.seen()));
    assertViolated("3, nothing else: web lost [/TaskTemplate/ContainerSpec/CapabilityAdd/0");
  }

  @Test
  void findsAFailedRequest() {
    failedRequests = 1;
    assertViolated("4, no failed request: 1 failed");
  }

  @Test
  void findsAReportOfWhatDidNotHappen() {
    closings.set(0, closing("id", "web", "rolled back"));
    assertViolated("5, the truth: that is not what happened");
  }

  @Test
  void findsAReportOfAnUpdateThatNeverConverged() {
    Observed good = observed("web", OLD, NEW, List.of(NEW), Set.of(OLD, NEW));
    services.put(
        "web",
        new Observed(
            good.first(),
            good.last(),
            good.running(),
            new Watch.Seen(good.seen().images(), good.seen().tasks(), Set.of(OLD))));
    assertViolated("5, the truth: that is not what happened");
  }

  @Test
  void findsALineThatIsNoJson() {
    otherLines.add("Exception in thread");
    assertViolated("5, the truth: the log has lines that are no JSON");
  }
}
