package dev.waggle.agent.status;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.Digest;
import dev.waggle.agent.record.Hold;
import dev.waggle.agent.record.Records;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Swarm;
import dev.waggle.agent.service.Words;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Every service that concerns Waggle.
///
/// @param services those that are opted in, by name
/// @param strays those that are not, but have labels that only an opted-in service would have, by
///   name
/// @param at when the swarm was asked
public record StatusReport(List<ServiceStatus> services, List<Stray> strays, Instant at) {

  private static final List<String> HEAD =
      List.of("SERVICE", "IMAGE", "TAGS", "PUSHED", "LAST PUSH", "RUNNING");

  /// A service that somebody may have wanted to opt in.
  ///
  /// @param name the service's name
  /// @param problem which labels, and what to mend
  public record Stray(String name, String problem) {}

  /// Takes copies.
  public StatusReport {
    services = List.copyOf(services);
    strays = List.copyOf(strays);
  }

  /// Asks a swarm for its services.
  public static StatusReport of(Swarm swarm, Records records, Clock clock)
      throws InterruptedException {
    Map<String, ServiceRecord> known = records.all();
    List<ServiceStatus> services = new ArrayList<>();
    List<Stray> strays = new ArrayList<>();
    for (ServiceState service : swarm.services()) {
      if (service.labels().containsKey(ServiceLabels.TAGS)) {
        services.add(
            ServiceStatus.of(
                service,
                swarm.tasks(service.id()),
                known.getOrDefault(service.id(), ServiceRecord.of(service.name()))));
      } else {
        ServiceLabels.strays(service.labels(), service.containerLabels())
            .ifPresent(problem -> strays.add(new Stray(service.name(), problem)));
      }
    }
    services.sort(Comparator.comparing(ServiceStatus::name));
    strays.sort(Comparator.comparing(Stray::name));
    return new StatusReport(services, strays, clock.instant());
  }

  /// Whether everything runs that should, and every label of ours has an effect.
  public boolean isGood() {
    return strays.isEmpty()
        && services.stream()
            .allMatch(
                service -> service.isUp() && service.problem() == null && service.strays() == null);
  }

  /// The report for a person to read.
  public String text() {
    StringBuilder text = new StringBuilder();
    if (services.isEmpty()) {
      text.append("no service has the label ").append(ServiceLabels.TAGS).append('\n');
    } else {
      List<List<String>> rows = new ArrayList<>();
      rows.add(HEAD);
      services.forEach(service -> rows.add(row(service)));
      text.append(Table.of(rows));
    }
    List<String> remarks = remarks();
    if (!remarks.isEmpty()) {
      text.append('\n');
      remarks.forEach(remark -> text.append(Words.oneLine(remark)).append('\n'));
    }
    return text.toString();
  }

  private static List<String> row(ServiceStatus service) {
    return List.of(
        service.name(),
        Words.oneLine(service.image()),
        Words.oneLine(service.tags()),
        service.broughtBy().map(rollout -> Words.seconds(rollout.push().time())).orElse("-"),
        service.problem() == null ? service.lastPush() : "left alone",
        service.running() + " of " + service.wanted());
  }

  private List<String> remarks() {
    List<String> remarks = new ArrayList<>();
    for (ServiceStatus service : services) {
      remarks(service).forEach(remark -> remarks.add(service.name() + ": " + remark));
    }
    for (Stray stray : strays) {
      remarks.add(stray.name() + " is not opted in: " + stray.problem());
    }
    return remarks;
  }

  private Stream<String> remarks(ServiceStatus service) {
    Optional<String> failure =
        service
            .last()
            .filter(rollout -> rollout.ending() != null && rollout.ending().outcome().isFailure())
            .map(History::line);
    Hold hold = service.record().hold();
    String held = hold == null ? null : held(hold, service);
    return Stream.of(
            service.problem(), service.strays(), service.error(), failure.orElse(null), held)
        .flatMap(Stream::ofNullable);
  }

  private String held(Hold hold, ServiceStatus service) {
    return "held for "
        + Words.age(Duration.between(hold.since(), at))
        + ", since "
        + Words.seconds(hold.since())
        + (hold.reason().isEmpty() ? "" : " (" + hold.reason() + ")")
        + ", "
        + Words.waiting(service.record().open().size())
        + ": agent release "
        + service.name();
  }

  /// The report for a program to read: fields may be added, none will change its meaning.
  public String json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("good", isGood());
    ArrayNode opted = json.putArray("services");
    for (ServiceStatus service : services) {
      Digest digest = service.digest();
      Rollout had = service.broughtBy().orElse(null);
      Instant pushedAt = had == null ? null : had.push().time();
      Hold hold = service.record().hold();
      // What is not known is null rather than left out.
      opted
          .addObject()
          .put("name", service.name())
          .put("image", service.image())
          .put("digest", digest == null ? null : digest.value())
          .put("tags", service.tags())
          .put("problem", service.problem())
          .put("strays", service.strays())
          .put("deliveryId", had == null ? null : had.id())
          .put("pushedAt", pushedAt == null ? null : pushedAt.toString())
          .put("lastPush", service.lastPush())
          .<ObjectNode>set("last", service.last().map(History::fields).orElse(null))
          .put("heldSince", hold == null ? null : hold.since().toString())
          .put("holdReason", hold == null ? null : hold.reason())
          .put("waiting", service.record().open().size())
          .put("error", service.error())
          .put("running", service.running())
          .put("wanted", service.wanted());
    }
    ArrayNode others = json.putArray("notOptedIn");
    strays.forEach(
        stray -> others.addObject().put("name", stray.name()).put("problem", stray.problem()));
    return json.toPrettyString() + "\n";
  }
}
