package dev.waggle.agent.status;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.record.Hold;
import dev.waggle.agent.record.Records;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Swarm;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Every service that concerns Waggle.
///
/// @param services those that are opted in, by name
/// @param strays those that are not, but have labels that only an opted-in service would have, by
///   name
public record StatusReport(List<ServiceStatus> services, List<Stray> strays) {

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
  public static StatusReport of(Swarm swarm, Records records) throws InterruptedException {
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
        ServiceLabels.strays(service.labels())
            .ifPresent(problem -> strays.add(new Stray(service.name(), problem)));
      }
    }
    services.sort(Comparator.comparing(ServiceStatus::name));
    strays.sort(Comparator.comparing(Stray::name));
    return new StatusReport(services, strays);
  }

  /// Whether everything runs that should, and every label has a meaning.
  public boolean isGood() {
    return strays.isEmpty()
        && services.stream().allMatch(service -> service.runs() && service.problem() == null);
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
      remarks.forEach(remark -> text.append(remark).append('\n'));
    }
    return text.toString();
  }

  private static List<String> row(ServiceStatus service) {
    return List.of(
        service.name(),
        oneLine(service.image()),
        oneLine(service.tags()),
        service.broughtBy().map(rollout -> seconds(rollout.push().time())).orElse("-"),
        service.problem() == null ? service.lastPush() : "left alone",
        service.running() + " of " + service.wanted());
  }

  private List<String> remarks() {
    List<String> remarks = new ArrayList<>();
    for (ServiceStatus service : services) {
      String problem = service.problem();
      if (problem != null) {
        remarks.add(service.name() + ": " + oneLine(problem));
      }
      String error = service.error();
      if (error != null) {
        remarks.add(service.name() + ": " + oneLine(error));
      }
      service
          .last()
          .filter(rollout -> rollout.ending() != null && rollout.ending().outcome().isFailure())
          .ifPresent(rollout -> remarks.add(service.name() + ": " + History.line(rollout)));
      Hold hold = service.record().hold();
      if (hold != null) {
        remarks.add(
            service.name()
                + ": held since "
                + seconds(hold.since())
                + (hold.reason().isEmpty() ? "" : " (" + oneLine(hold.reason()) + ")")
                + ", "
                + service.record().open().size()
                + " pushes wait: agent release "
                + service.name());
      }
    }
    strays.forEach(
        stray -> remarks.add(stray.name() + " is not opted in: " + oneLine(stray.problem())));
    return remarks;
  }

  static String seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /// Whoever may set a label or ends a task with a message must not write to the terminal.
  static String oneLine(String text) {
    return text.replaceAll("\\p{Cntrl}", " ");
  }

  /// The report for a program to read: fields may be added, none will change its meaning.
  public String json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("good", isGood());
    ArrayNode opted = json.putArray("services");
    for (ServiceStatus service : services) {
      Optional<String> digest = Optional.ofNullable(service.digest()).map(known -> known.value());
      ObjectNode fields = opted.addObject().put("name", service.name());
      fields.put("image", service.image());
      text(fields::put, "digest", digest.orElse(null));
      fields.put("tags", service.tags());
      text(fields::put, "problem", service.problem());
      Rollout had = service.broughtBy().orElse(null);
      text(fields::put, "deliveryId", had == null ? null : had.id());
      text(fields::put, "pushedAt", had == null ? null : had.push().time());
      fields.put("lastPush", service.lastPush());
      fields.set("last", service.last().map(History::fields).orElse(null));
      Hold hold = service.record().hold();
      text(fields::put, "heldSince", hold == null ? null : hold.since());
      fields.put("waiting", service.record().open().size());
      text(fields::put, "error", service.error());
      fields.put("running", service.running()).put("wanted", service.wanted());
    }
    ArrayNode others = json.putArray("notOptedIn");
    strays.forEach(
        stray -> others.addObject().put("name", stray.name()).put("problem", stray.problem()));
    return json.toPrettyString() + "\n";
  }

  /// What is not known is null rather than left out.
  private static void text(
      BiConsumer<String, @Nullable String> put, String field, @Nullable Object value) {
    put.accept(field, value == null ? null : value.toString());
  }
}
