package dev.waggle.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.faults.Observation.Answered;
import dev.waggle.faults.Observation.Message;
import dev.waggle.faults.Observation.Observed;
import dev.waggle.faults.Observation.Operation;
import dev.waggle.faults.Observation.Running;
import dev.waggle.faults.Observation.Settled;
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
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

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
  private final List<JsonNode> letters = new ArrayList<>();
  private final Set<Integer> killed = new HashSet<>();
  private final Set<Settled> settled = new HashSet<>();
  private final Map<String, JsonNode> records = new TreeMap<>();
  private int malformed;
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
            malformed,
            services,
            Map.of("v1", List.of(NEW)),
            takenAway,
            Set.of(OLD, NEW),
            closings,
            letters.isEmpty() ? letters() : letters,
            killed,
            settled,
            records.isEmpty() ? recorded() : records,
            otherLines,
            operations,
            Optional.of(
                new RequestingClient.Counts(
                    new TreeMap<>(Map.of("hello", 9L)), new TreeMap<>(), failedRequests)),
            unfinished));
  }

  /// What the closings tell, as records have it.
  private Map<String, JsonNode> recorded() {
    Map<String, ObjectNode> recorded = new TreeMap<>();
    for (JsonNode line : closings) {
      if (line.has("service")) {
        recorded
            .computeIfAbsent(line.path("service").asText(), _ -> JSON.createObjectNode())
            .withArray("/rollouts")
            .add(rollout(line));
      }
    }
    return new TreeMap<>(recorded);
  }

  /// One for each closing.
  private List<JsonNode> letters() {
    return closings.stream().map(InvariantsTest::letter).toList();
  }

  private static JsonNode letter(JsonNode line) {
    String id = line.path("deliveryId").asText();
    ObjectNode letter =
        JSON.createObjectNode()
            .put("id", line.has("service") ? id + "/" + line.path("service").asText() : id)
            .put("time", line.path("closedAt").asText());
    letter.putObject("data").put("outcome", line.path("outcome").asText());
    return letter;
  }

  private static ObjectNode rollout(JsonNode line) {
    ObjectNode rollout = JSON.createObjectNode().put("id", line.path("deliveryId").asText());
    rollout
        .putObject("ending")
        .put("outcome", line.path("outcome").asText())
        .put("at", line.path("closedAt").asText())
        .put("told", true);
    return rollout;
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
    malformed = 1;
    assertViolated("2, one end: of 1 that cannot be read");
    deadLetters.set(0, Run.MALFORMED);
    assertThat(violated()).isEmpty();
    deadLetters.clear();
    assertViolated("2, one end: of 1 that cannot be read");
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
  void findsAPushThatEndedForAServiceThatDidNotWantItAndForNoneThatDid() {
    closings.set(0, closing("id", "bystander", "updated"));
    assertThat(violated())
        .anySatisfy(of -> assertThat(of).startsWith("2, one end: ").contains("not for [web]"));
  }

  @Test
  void findsAMessageThatEndedTwice() {
    closings.add(closing("id", "web", "updated"));
    assertViolated("2, one end: ");
    killed.add(0);
    assertViolated("2, one end: ");
  }

  @Test
  void forgivesThatAnEndingIsToldAgainWhoseAgentWasKilledBeforeItWasMarked() {
    closings.add(closing("id", "web", "updated").put("agent", 1));
    assertViolated("2, one end: ");
    killed.add(0);
    settled.add(new Settled(1, "id", "web"));
    settled.add(new Settled(0, "id", "all"));
    assertForgiven("an ending was told again: the agent was killed");
    settled.add(new Settled(0, "id", "web"));
    assertViolated("2, one end: ");
  }

  @Test
  void forgivesThatAnEndingIsToldAgainWhoseEngineWasAway() {
    closings.add(closing("id", "web", "updated").put("agent", 1));
    plan = planWith(FaultKind.ENGINE_KILLED_BEFORE_MARK);
    assertForgiven("an ending was told again: the engine was away");
    plan = planWith(FaultKind.AGENT_KILLED_BEFORE_MARK);
    assertViolated("2, one end: ");
  }

  @Test
  void findsAThirdAgentThatTellsWhatTheSecondHasMarked() {
    closings.add(closing("id", "web", "updated").put("agent", 1));
    closings.add(closing("id", "web", "updated").put("agent", 2));
    killed.addAll(List.of(0, 1));
    settled.add(new Settled(1, "id", "web"));
    assertViolated("2, one end: ");
  }

  @Test
  void findsTwoDecisionsOfOneEnding() {
    closings.add(
        closing("id", "web", "updated").put("agent", 1).put("closedAt", "2026-01-01T00:01:01Z"));
    killed.add(0);
    records.put("web", recorded("id", closings.get(0), closings.get(1)));
    assertThat(violated()).anyMatch(of -> of.startsWith("2, one end: "));
    closings.set(1, closing("id", "web", "already current").put("agent", 1));
    records.put("web", recorded("id", closings.get(0), closings.get(1)));
    assertThat(violated()).anyMatch(of -> of.startsWith("2, one end: "));
  }

  private static ObjectNode recorded(String id, JsonNode... lines) {
    ObjectNode record = JSON.createObjectNode();
    for (JsonNode line : lines) {
      record.withArray("/rollouts").add(rollout(line).put("id", id));
    }
    return record;
  }

  @Test
  void wantsNoEndingOfItsOwnForARepeat() {
    taken.add(message("again", "v1", NEW, 0));
    assertThat(violated()).isEmpty();
    closings.add(closing("again", "web", "already current"));
    assertViolated("2, one end: ");
    taken.set(1, new Message("again", "v1", Optional.empty(), "2026-01-01T00:00:00Z", 0));
    assertThat(violated()).isEmpty();
    closings.removeLast();
    assertViolated("2, one end: nothing closed");
  }

  @Test
  void forgivesThatAPushThatNobodyWantsEndsAgainUntilItsMessageIsDeleted() {
    taken.set(0, message("id", "edge", NEW, 0));
    closings.clear();
    services.put("web", observed("web", OLD, OLD, List.of(OLD), Set.of(OLD)));
    ObjectNode line = closing("id", "", "no service wants it");
    line.remove("service");
    closings.add(line);
    assertThat(violated()).isEmpty();
    closings.add(line.deepCopy().put("agent", 1).put("closedAt", "2026-01-01T00:01:01Z"));
    settled.add(new Settled(1, "id", "all"));
    assertForgiven("a push that nobody wants was told of again");
    settled.add(new Settled(0, "id", "all"));
    assertViolated("2, one end: ");
  }

  @Test
  void findsAnEndingThatNobodyWasNotifiedOf() {
    letters.add(letter(closing("another", "web", "updated")));
    assertThat(violated())
        .hasSize(2)
        .anySatisfy(of -> assertThat(of).startsWith("2, one end: nobody was notified of"))
        .anySatisfy(of -> assertThat(of).startsWith("5, the truth: notified and not logged"));
    letters.set(0, letter(closings.getFirst()));
    assertThat(violated()).isEmpty();
    letters.add(letter(closings.getFirst()));
    assertThat(violated()).isEmpty();
    letters.add(letter(closing("id", "web", "rolled back")));
    assertViolated("5, the truth: what was notified is not what was logged");
  }

  @Test
  void findsARecordThatIsNotDoneWith() {
    ObjectNode record = recorded("id", closings.getFirst());
    records.put("web", record);
    record.withArray("/rollouts").addObject().put("id", "another").put("tries", 0);
    assertViolated("2, one end: the record of web has left");
    record.withArray("/rollouts").remove(1);
    assertThat(violated()).isEmpty();
    record.withObject("/rollouts/0/ending").put("told", false);
    assertViolated("2, one end: the record of web has not told");
  }

  @Test
  void findsARecordOfAServiceThatWantsNone() {
    records.put("web", recorded("id", closings.getFirst()));
    records.put("bystander", JSON.createObjectNode());
    assertViolated("3, nothing else: there is a record of bystander");
    records.remove("bystander");
    records.put("waggle.unknown", JSON.createObjectNode());
    assertViolated("3, nothing else: there is a record of waggle.unknown");
  }

  @Test
  void findsAReportThatTheRecordDoesNotKnow() {
    records.put("web", recorded("another", closings.getFirst()));
    assertViolated("5, the truth: the record does not say so");
    records.put("web", recorded("id", closing("id", "web", "superseded")));
    assertViolated("5, the truth: the record does not say so");
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

  private void webBecame(UnaryOperator<ObjectNode> change) {
    Observed good = observed("web", OLD, NEW, List.of(NEW), Set.of(OLD, NEW));
    services.put(
        "web",
        new Observed(good.first(), change.apply(spec("web", NEW)), good.running(), good.seen()));
  }

  @Test
  void findsALabelOfOurs() {
    webBecame(spec -> spec.set("Labels", JSON.createObjectNode().put("waggle.record", "{}")));
    assertViolated("3, nothing else: web lost [] and has [/Labels/waggle.record");
  }

  @Test
  void allowsTheUpdateSettingsThatAServiceAsksForAndNoOthers() {
    webBecame(spec -> settings(spec, "start-first", 5_000_000_000L));
    assertThat(violated()).isEmpty();
    webBecame(spec -> settings(spec, "stop-first", 5_000_000_000L));
    assertViolated("3, nothing else: web lost [] and has [/UpdateConfig/Order");
    webBecame(spec -> settings(spec, "start-first", 6_000_000_000L));
    assertViolated("3, nothing else: web lost [] and has [/UpdateConfig/Monitor");
  }

  private static ObjectNode settings(ObjectNode spec, String order, long monitor) {
    spec.withObject("/UpdateConfig")
        .put("Parallelism", 1)
        .put("FailureAction", "rollback")
        .put("Monitor", monitor)
        .put("MaxFailureRatio", 0)
        .put("Order", order);
    return spec;
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
