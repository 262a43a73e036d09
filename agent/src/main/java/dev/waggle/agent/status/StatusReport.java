package dev.waggle.agent.status;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.rollout.ServiceLabels;
import dev.waggle.agent.rollout.ServiceState;
import dev.waggle.agent.rollout.Swarm;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
  public static StatusReport of(Swarm swarm) throws InterruptedException {
    List<ServiceStatus> services = new ArrayList<>();
    List<Stray> strays = new ArrayList<>();
    for (ServiceState service : swarm.services()) {
      if (service.labels().containsKey(ServiceLabels.TAGS)) {
        services.add(ServiceStatus.of(service, swarm.tasks(service.id())));
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
        service.pushedAt() == null ? "-" : seconds(service.pushedAt()),
        service.problem() == null ? service.ending() : "left alone",
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
      Instant ended = service.updateEnded();
      if (service.fellShort()) {
        remarks.add(
            service.name()
                + ": "
                + service.ending()
                + (ended == null ? "" : " at " + seconds(ended))
                + (error == null ? "" : ": " + oneLine(error)));
      } else if (error != null) {
        remarks.add(service.name() + ": " + oneLine(error));
      }
    }
    strays.forEach(
        stray -> remarks.add(stray.name() + " is not opted in: " + oneLine(stray.problem())));
    return remarks;
  }

  private static String seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /// Whoever may set a label or ends a task with a message must not write to the terminal.
  private static String oneLine(String text) {
    return text.replaceAll("\\p{Cntrl}", " ");
  }

  /// The report for a program to read: fields may be added, none will change its meaning.
  public String json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("good", isGood());
    var opted = json.putArray("services");
    for (ServiceStatus service : services) {
      Optional<String> digest = Optional.ofNullable(service.digest()).map(known -> known.value());
      ObjectNode fields = opted.addObject().put("name", service.name());
      fields.put("image", service.image());
      text(fields::put, "digest", digest.orElse(null));
      fields.put("tags", service.tags());
      text(fields::put, "problem", service.problem());
      text(fields::put, "deliveryId", service.deliveryId());
      text(fields::put, "pushedAt", service.pushedAt());
      fields.put("lastPush", service.ending());
      text(fields::put, "rolloutStartedAt", service.updateStarted());
      text(fields::put, "rolloutEndedAt", service.updateEnded());
      text(fields::put, "error", service.error());
      fields.put("running", service.running()).put("wanted", service.wanted());
    }
    var others = json.putArray("notOptedIn");
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
