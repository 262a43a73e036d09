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
import java.util.Collections;
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
import org.jspecify.annotations.Nullable;

/// What must be true after a run, whatever failed in it.
final class Invariants {

  /// What a service without labels for it asks for.
  private static final Map<String, String> ASKED_FOR =
      Map.of("/UpdateConfig/Order", "start-first", "/UpdateConfig/FailureAction", "rollback");

  /// What an engine does where a service says nothing, and what it then says of it.
  private static final Map<String, String> BY_DEFAULT =
      Map.of(
          "/UpdateConfig/Parallelism", "1",
          "/UpdateConfig/Monitor", "5000000000",
          "/UpdateConfig/MaxFailureRatio", "0");

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
    invariants.everyRecordIsDoneWith();
    invariants.nothingElseRanOrChanged();
    invariants.noRequestFailed();
    invariants.theReportsAreTrue();
    invariants.everyEndingWasNotified();
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
          && plan.kinds().stream().anyMatch(FaultKind::killsTheEngine)) {
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
    if (!seen.deadLetters().equals(Collections.nCopies(seen.malformed(), Run.MALFORMED))) {
      violate(
          "2, one end: of "
              + seen.malformed()
              + " that cannot be read, given up were "
              + seen.deadLetters());
    }
    pushes().values().forEach(this::endedOnce);
  }

  /// The messages of each push: one that is repeated needs no ending of its own.
  private Map<String, List<Message>> pushes() {
    return seen.taken().stream()
        .collect(
            Collectors.groupingBy(
                message ->
                    message
                        .digest()
                        .map(digest -> message.tag() + " " + digest + " " + message.pushedAt())
                        .orElse(message.deliveryId()),
                TreeMap::new,
                Collectors.toList()));
  }

  private void endedOnce(List<Message> repeats) {
    Message message = repeats.getFirst();
    List<JsonNode> lines =
        repeats.stream()
            .map(Message::deliveryId)
            .distinct()
            .flatMap(id -> closings(id).stream())
            .toList();
    if (lines.isEmpty()) {
      violate("2, one end: nothing closed " + message);
      return;
    }
    Map<String, List<JsonNode>> byService =
        lines.stream()
            .collect(Collectors.groupingBy(Invariants::service, TreeMap::new, Collectors.toList()));
    byService.forEach(
        (service, ends) -> {
          if (!IntStream.range(1, ends.size())
              .allMatch(i -> mayFollow(ends.get(i - 1), ends.get(i)))) {
            violate(
                "2, one end: "
                    + message
                    + " ended for "
                    + service
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
    if (!byService.keySet().equals(expected)) {
      violate(
          "2, one end: " + message + " ended for " + byService.keySet() + ", not for " + expected);
    }
  }

  private static String service(JsonNode line) {
    return line.path("service").asText("all");
  }

  /// Whoever finds an ending that was not marked as told tells it again, word by word. Of a push
  /// that nobody wants there is no record: it ends again with its message.
  private boolean mayFollow(JsonNode first, JsonNode second) {
    int agent = first.path("agent").asInt();
    String id = first.path("deliveryId").asText();
    boolean unwanted = service(first).equals("all");
    if (unwanted && !id.equals(second.path("deliveryId").asText())) {
      return true;
    }
    boolean again =
        second.path("agent").asInt() > agent
            && !seen.settled().contains(new Observation.Settled(agent, id, service(first)))
            && Stream.of("deliveryId", "outcome", unwanted ? "service" : "closedAt")
                .allMatch(field -> first.path(field).equals(second.path(field)));
    boolean engineFailed = plan.kinds().stream().anyMatch(FaultKind::isOfTheEngine);
    if (again && unwanted) {
      forgive("a push that nobody wants was told of again: its message had not been deleted");
    } else if (again && seen.killed().contains(agent)) {
      forgive("an ending was told again: the agent was killed before it was marked as told");
    } else if (again && engineFailed) {
      forgive("an ending was told again: the engine was away when it was to be marked as told");
    } else {
      return false;
    }
    return true;
  }

  private void everyRecordIsDoneWith() {
    seen.records()
        .forEach(
            (service, record) -> {
              if (plan.services().stream()
                  .noneMatch(of -> of.name().equals(service) && of.wish() != Plan.Wish.NONE)) {
                violate("3, nothing else: there is a record of " + service);
              }
              for (JsonNode rollout : record.path("rollouts")) {
                if (!rollout.path("ending").isObject()) {
                  violate("2, one end: the record of " + service + " has left " + rollout);
                } else if (!rollout.at("/ending/told").asBoolean()) {
                  violate("2, one end: the record of " + service + " has not told " + rollout);
                }
              }
            });
    for (JsonNode line : seen.closings()) {
      if (!service(line).equals("all") && !isRecorded(line)) {
        violate("5, the truth: the record does not say so: " + line);
      }
    }
  }

  private boolean isRecorded(JsonNode line) {
    JsonNode record = seen.records().get(service(line));
    return record != null
        && record
            .path("rollouts")
            .valueStream()
            .filter(rollout -> rollout.path("id").equals(line.path("deliveryId")))
            .map(rollout -> rollout.path("ending"))
            .anyMatch(
                ending ->
                    ending.path("outcome").equals(line.path("outcome"))
                        && ending.path("at").equals(line.path("closedAt")));
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
      Difference difference = difference(service, expectedSpec(service));
      if (tookTheOperatorsChangeBack(service) && difference(service, observed.first()).isNone()) {
        forgive("Swarm went back after its engine failed, and took the operator's change back");
      } else if (!difference.isNone()) {
        violate(
            "3, nothing else: "
                + service.name()
                + " lost "
                + difference.lost()
                + " and has "
                + difference.added());
      }
    }
  }

  private record Difference(
      Set<Map.Entry<String, JsonNode>> lost, Set<Map.Entry<String, JsonNode>> added) {

    boolean isNone() {
      return lost.isEmpty() && added.isEmpty();
    }
  }

  private Difference difference(PlannedService service, JsonNode expected) {
    Map<String, JsonNode> before = Fields.of(expected);
    Map<String, JsonNode> after = Fields.of(observed(service).last());
    if (service.shape() != Shape.BYSTANDER) {
      boolean plain = !expected.has("UpdateConfig");
      Set<String> rolled =
          Stream.of(before, after)
              .flatMap(fields -> fields.keySet().stream())
              .filter(field -> isRolled(field, after.get(field), plain))
              .collect(Collectors.toSet());
      before.keySet().removeAll(rolled);
      after.keySet().removeAll(rolled);
    }
    Set<Map.Entry<String, JsonNode>> lost = new LinkedHashSet<>(before.entrySet());
    lost.removeAll(after.entrySet());
    Set<Map.Entry<String, JsonNode>> added = new LinkedHashSet<>(after.entrySet());
    added.removeAll(before.entrySet());
    return new Difference(lost, added);
  }

  /// Whether a rollout may have set a field to what it has now.
  private static boolean isRolled(String field, @Nullable JsonNode now, boolean plain) {
    return field.equals("/TaskTemplate/ContainerSpec/Image")
        || field.startsWith("/TaskTemplate/Placement/Platforms")
        || field.equals("/TaskTemplate/Placement")
        || (now != null && now.asText().equals(ASKED_FOR.get(field)))
        || (now != null && plain && now.asText().equals(BY_DEFAULT.get(field)));
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

  /// At least once, and always the same. What nobody wanted is in no record, and may go unnoticed.
  private void everyEndingWasNotified() {
    Set<JsonNode> known = new LinkedHashSet<>();
    for (JsonNode line : seen.closings()) {
      String service = service(line);
      String id = line.path("deliveryId").asText() + (service.equals("all") ? "" : "/" + service);
      List<JsonNode> letters =
          seen.letters().stream().filter(letter -> letter.path("id").asText().equals(id)).toList();
      known.addAll(letters);
      if (letters.isEmpty() && !service.equals("all")) {
        violate("2, one end: nobody was notified of " + line);
      }
      for (JsonNode letter : letters) {
        boolean same =
            letter.at("/data/outcome").equals(line.path("outcome"))
                && (service.equals("all") || letter.path("time").equals(line.path("closedAt")));
        if (!same) {
          violate("5, the truth: what was notified is not what was logged: " + letter);
        }
      }
    }
    seen.letters().stream()
        .filter(letter -> !known.contains(letter))
        .forEach(letter -> violate("5, the truth: notified and not logged: " + letter));
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
                      !other.deliveryId().equals(message.deliveryId())
                          && other.pushedAt().compareTo(message.pushedAt()) >= 0
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
