package dev.waggle.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.faults.Observation.Message;
import dev.waggle.faults.Observation.Observed;
import dev.waggle.faults.Plan.PlannedService;
import dev.waggle.faults.Plan.Shape;
import dev.waggle.testhost.Fields;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// What must be true after a run, whatever failed in it.
final class Invariants {

  private static final Set<String> TOUCHING_NOTHING =
      Set.of("superseded", "already current", "rolled back before");

  private final Plan plan;
  private final Observation seen;
  private final List<String> violations = new ArrayList<>();
  private final Set<String> forgiven = new TreeSet<>();

  private Invariants(Plan plan, Observation seen) {
    this.plan = plan;
    this.seen = seen;
  }

  /// @param violations what is violated and by what: nothing if all is well
  /// @param forgiven what is not as it should be, and neither ours nor to be mended by us
  record Judgement(List<String> violations, Set<String> forgiven) {}

  static Judgement judge(Plan plan, Observation seen) {
    Invariants invariants = new Invariants(plan, seen);
    invariants.everythingCameToAnEnd();
    invariants.everyServiceRunsTheNewest();
    invariants.everyMessageEndedOnce();
    invariants.nothingElseRanOrChanged();
    invariants.noRequestFailed();
    invariants.theReportsAreTrue();
    return new Judgement(List.copyOf(invariants.violations), Set.copyOf(invariants.forgiven));
  }

  private void violate(String what) {
    violations.add(what);
  }

  private void forgive(String what) {
    forgiven.add(what);
  }

  private void everythingCameToAnEnd() {
    seen.unfinished().ifPresent(why -> violate("0, an end: " + why));
  }

  private void everyServiceRunsTheNewest() {
    for (PlannedService service : plan.services()) {
      Observed observed = observed(service);
      Set<String> allowed = allowedInTheEnd(service);
      String digest = Watch.digest(image(observed.last()));
      if (!allowed.contains(digest)) {
        violate(
            "1, the newest: "
                + service.name()
                + " has "
                + image(observed.last())
                + ", not one of "
                + allowed);
      }
      int replicas = observed.last().at("/Mode/Replicated/Replicas").asInt();
      boolean onlyThis =
          observed.running().stream().allMatch(running -> running.digest().equals(digest));
      if (onlyThis
          && observed.running().size() > replicas
          && everySlotRuns(observed)
          && plan.kinds().contains(FaultKind.ENGINE_KILLED)) {
        forgive("Swarm kept a second task of a slot after its engine was killed");
      } else if (observed.running().size() != replicas || !onlyThis) {
        violate(
            "1, the newest: "
                + service.name()
                + " wants "
                + replicas
                + " of "
                + digest
                + ", and runs "
                + observed.running());
      }
    }
  }

  private static boolean everySlotRuns(Observed observed) {
    return observed.running().stream().map(Observation.Running::slot).distinct().count()
        == observed.last().at("/Mode/Replicated/Replicas").asInt();
  }

  /// Newest first: the first that is healthy, whatever the tag named; a content that may have been
  /// meant adds to what is allowed. A tag that was taken away before the agent looked is none.
  private Set<String> allowedInTheEnd(PlannedService service) {
    Set<String> allowed = new LinkedHashSet<>();
    for (Message message : newestFirst()) {
      if (!service.wish().wants(message.tag())) {
        continue;
      }
      List<String> contents = contents(message);
      List<String> healthy =
          contents.stream().filter(content -> isHealthy(service, content)).toList();
      allowed.addAll(healthy);
      if (!contents.isEmpty()
          && healthy.size() == contents.size()
          && !wasRefusedAfterItsTagWasTakenAway(service, message)) {
        return allowed;
      }
    }
    allowed.add(Watch.digest(image(observed(service).first())));
    return allowed;
  }

  private boolean wasRefusedAfterItsTagWasTakenAway(PlannedService service, Message message) {
    boolean refused =
        closings(message.deliveryId()).stream()
            .anyMatch(
                line ->
                    line.path("service").asText("").equals(service.name())
                        && line.path("outcome").asText().equals("refused by the registry")
                        && tagWasTakenAway(message, line));
    if (refused) {
      forgive("a tag was gone before the agent could ask for what the function had not proved");
    }
    return refused;
  }

  /// What the function proved is asked for by its digest, and there whatever becomes of the tag.
  private boolean tagWasTakenAway(Message message, JsonNode line) {
    Instant takenAway = seen.takenAway().get(message.tag());
    return message.digest().isEmpty()
        && takenAway != null
        && takenAway.isBefore(Instant.parse(line.path("closedAt").asText()));
  }

  /// Where there is no task, none can fail.
  private boolean isHealthy(PlannedService service, String content) {
    return service.replicas() == 0 || seen.healthy().contains(content);
  }

  private List<Message> newestFirst() {
    return seen.taken().stream()
        .sorted(Comparator.comparing(Message::pushedAt).reversed())
        .toList();
  }

  /// What the agent may find for a push: what the function proved or, where it proved nothing, what
  /// the tag named at any time.
  private List<String> contents(Message message) {
    return message
        .digest()
        .map(List::of)
        .orElseGet(() -> seen.tags().getOrDefault(message.tag(), List.of()));
  }

  private void everyMessageEndedOnce() {
    for (Observation.Answered answer : seen.answers()) {
      boolean queued = seen.taken().stream().anyMatch(of -> of.push() == answer.push());
      if (answer.status() == 202 && !queued) {
        violate("2, one end: push " + answer.push() + " was accepted, and is on no queue");
      }
    }
    if (seen.left() > 0) {
      violate("2, one end: " + seen.left() + " messages are on the queue");
    }
    if (seen.deadLetters().size() != seen.malformed()) {
      violate(
          "2, one end: of "
              + seen.malformed()
              + " that cannot be read, given up were "
              + seen.deadLetters());
    }
    for (Message message : seen.taken()) {
      List<JsonNode> lines = closings(message.deliveryId());
      if (lines.isEmpty()) {
        violate("2, one end: nothing closed " + message);
      }
      Map<String, List<JsonNode>> byService =
          lines.stream()
              .collect(
                  Collectors.groupingBy(
                      line -> line.path("service").asText("all"),
                      TreeMap::new,
                      Collectors.toList()));
      byService.forEach(
          (service, ends) -> {
            Set<String> outcomes =
                ends.stream()
                    .map(line -> line.path("outcome").asText())
                    .collect(Collectors.toCollection(TreeSet::new));
            boolean forgiven =
                IntStream.range(1, ends.size())
                    .allMatch(i -> mayFollow(ends.get(i - 1), ends.get(i)));
            if (ends.size() > 1 && forgiven) {
              forgive("a push that was handed out again ended again for the next agent");
            } else if (ends.size() > 1) {
              violate(
                  "2, one end: "
                      + message
                      + " ended for "
                      + service
                      + " as "
                      + outcomes
                      + " in "
                      + ends.size()
                      + " lines: "
                      + ends);
            }
          });
      Set<String> wanting =
          plan.services().stream()
              .filter(service -> service.wish().wants(message.tag()))
              .map(PlannedService::name)
              .collect(Collectors.toCollection(TreeSet::new));
      Set<String> expected = wanting.isEmpty() ? Set.of("all") : wanting;
      if (!lines.isEmpty() && !byService.keySet().equals(expected)) {
        violate(
            "2, one end: "
                + message
                + " ended for "
                + byService.keySet()
                + ", not for "
                + expected);
      }
    }
  }

  /// Whoever gets a push again and has not seen how it ended can only say what is true now: the
  /// same, or that there is nothing to do.
  private boolean mayFollow(JsonNode first, JsonNode second) {
    int agent = first.path("agent").asInt();
    String outcome = second.path("outcome").asText();
    return second.path("agent").asInt() > agent
        && seen.handedBack()
            .contains(new Observation.HandedBack(agent, first.path("deliveryId").asText()))
        && (outcome.equals(first.path("outcome").asText()) || TOUCHING_NOTHING.contains(outcome));
  }

  private void nothingElseRanOrChanged() {
    for (PlannedService service : plan.services()) {
      Observed observed = observed(service);
      Set<String> allowed = allowedEver(service);
      Stream.concat(
              observed.seen().images().stream(),
              observed.seen().tasks().values().stream().map(Watch.Task::image))
          .distinct()
          .filter(image -> !allowed.contains(image))
          .forEach(
              image ->
                  violate(
                      "3, nothing else: "
                          + service.name()
                          + " had "
                          + image
                          + ", not one of "
                          + allowed));
      Map<String, JsonNode> expected = fields(service, expectedSpec(service));
      Map<String, JsonNode> actual = fields(service, observed.last());
      if (tookTheOperatorsChangeBack(service) && fields(service, observed.first()).equals(actual)) {
        forgive("Swarm went back after its engine failed, and took the operator's change back");
      } else if (!expected.equals(actual)) {
        Set<Map.Entry<String, JsonNode>> lost = new LinkedHashSet<>(expected.entrySet());
        lost.removeAll(actual.entrySet());
        Set<Map.Entry<String, JsonNode>> added = new LinkedHashSet<>(actual.entrySet());
        added.removeAll(expected.entrySet());
        violate("3, nothing else: " + service.name() + " lost " + lost + " and has " + added);
      }
    }
  }

  private static Map<String, JsonNode> fields(PlannedService service, JsonNode spec) {
    Map<String, JsonNode> fields = Fields.of(spec);
    if (service.shape() != Shape.BYSTANDER) {
      forget(fields);
    }
    return fields;
  }

  /// Only good images are rolled where a second operator is: what Swarm went back from failed with
  /// the engine.
  private boolean tookTheOperatorsChangeBack(PlannedService service) {
    return plan.kinds().stream().anyMatch(FaultKind::isOfTheEngine)
        && seen.operator().stream()
            .anyMatch(of -> of.service().equals(service.name()) && of.rolledBackLater());
  }

  private Set<String> allowedEver(PlannedService service) {
    Set<String> allowed = new TreeSet<>();
    allowed.add(image(observed(service).first()));
    for (Message message : seen.taken()) {
      if (service.wish().wants(message.tag())) {
        contents(message)
            .forEach(digest -> allowed.add(Plan.REPOSITORY + ":" + message.tag() + "@" + digest));
      }
    }
    return allowed;
  }

  private JsonNode expectedSpec(PlannedService service) {
    ObjectNode expected = observed(service).first().deepCopy();
    for (Observation.Operation operation : seen.operator()) {
      if (operation.service().equals(service.name())) {
        String pointer = operation.pointer();
        int name = pointer.lastIndexOf('/');
        expected
            .withObject(pointer.substring(0, name))
            .set(pointer.substring(name + 1), operation.value());
      }
    }
    return expected;
  }

  /// What a rollout may change.
  private static void forget(Map<String, JsonNode> fields) {
    fields
        .keySet()
        .removeIf(
            field ->
                field.equals("/TaskTemplate/ContainerSpec/Image")
                    || field.startsWith("/TaskTemplate/Placement/Platforms")
                    || field.equals("/TaskTemplate/Placement")
                    || field.equals("/UpdateConfig/Order")
                    || field.equals("/UpdateConfig/FailureAction")
                    || field.startsWith("/Labels/waggle.push.")
                    || field.equals("/Labels/waggle.rolled-back-from"));
  }

  private void noRequestFailed() {
    seen.client()
        .ifPresent(
            counts -> {
              if (counts.failures() > 0 || counts.answered() == 0) {
                violate(
                    "4, no failed request: "
                        + counts.failures()
                        + " failed, "
                        + counts.answered()
                        + " were answered: "
                        + counts.answers());
              }
            });
  }

  private void theReportsAreTrue() {
    for (JsonNode line : seen.closings()) {
      String outcome = line.path("outcome").asText();
      List<Message> messages =
          seen.taken().stream()
              .filter(of -> of.deliveryId().equals(line.path("deliveryId").asText()))
              .toList();
      if (messages.isEmpty()) {
        violate("5, the truth: closed a push that was not on the queue: " + line);
      } else if (!isTrue(outcome, messages.getFirst(), line)) {
        violate("5, the truth: that is not what happened: " + line);
      }
    }
    if (!seen.otherLines().isEmpty()) {
      violate("5, the truth: the log has lines that are no JSON: " + seen.otherLines());
    }
  }

  private boolean isTrue(String outcome, Message message, JsonNode line) {
    String name = line.path("service").asText("");
    if (outcome.equals("no service wants it")) {
      return name.isEmpty()
          && plan.services().stream().noneMatch(of -> of.wish().wants(message.tag()));
    }
    PlannedService service =
        plan.services().stream().filter(of -> of.name().equals(name)).findFirst().orElse(null);
    if (service == null || !service.wish().wants(message.tag())) {
      return false;
    }
    Observed observed = observed(service);
    List<String> contents = contents(message);
    return switch (outcome) {
      case "updated", "already current" ->
          contents.stream().anyMatch(observed.seen().converged()::contains);
      case "rolled back", "rolled back before" ->
          observed.seen().tasks().values().stream()
              .anyMatch(
                  task -> contents.contains(Watch.digest(task.image())) && !task.error().isEmpty());
      case "superseded" ->
          newestFirst().stream()
              .anyMatch(
                  other ->
                      other.pushedAt().compareTo(message.pushedAt()) > 0
                          && service.wish().wants(other.tag()));
      case "refused by the registry" ->
          plan.pushes().get(message.push()).content() == Plan.Content.ABSENT
              || tagWasTakenAway(message, line);
      case "unauthorised" -> plan.kinds().contains(FaultKind.REGISTRY_401);
      default -> false;
    };
  }

  private List<JsonNode> closings(String deliveryId) {
    return seen.closings().stream()
        .filter(line -> line.path("deliveryId").asText().equals(deliveryId))
        .toList();
  }

  private Observed observed(PlannedService service) {
    Observed observed = seen.services().get(service.name());
    if (observed == null) {
      throw new IllegalArgumentException("not observed: " + service);
    }
    return observed;
  }

  private static String image(JsonNode spec) {
    return spec.at("/TaskTemplate/ContainerSpec/Image").asText();
  }
}
