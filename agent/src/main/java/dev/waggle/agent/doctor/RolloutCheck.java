package dev.waggle.agent.doctor;

import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Judges what opted-in services do to themselves while they are rolled.
final class RolloutCheck {

  /// Of a service that publishes none.
  private static final int USUAL_PORT = 8080;

  private RolloutCheck() {}

  /// @param ofImages by the name of a service, whether its image has a health check, where that is
  ///   known
  static List<Finding> of(List<ServiceState> services, Map<String, Boolean> ofImages) {
    List<ServiceState> opted = ServicesCheck.optedIn(services);
    if (opted.isEmpty()) {
      return List.of();
    }
    List<Finding> findings = new ArrayList<>();
    List<Finding> health =
        opted.stream().flatMap(service -> health(service, ofImages).stream()).toList();
    findings.addAll(
        health.isEmpty()
            ? List.of(Finding.ok(Check.HEALTH, "every service has a health check"))
            : health);
    List<Finding> mounts = opted.stream().flatMap(service -> mounts(service).stream()).toList();
    findings.addAll(
        mounts.isEmpty()
            ? List.of(Finding.ok(Check.MOUNTS, "no service has two tasks that write to one place"))
            : mounts);
    return findings;
  }

  private static Optional<Finding> health(ServiceState service, Map<String, Boolean> ofImages) {
    Optional<Boolean> ofImage = Optional.ofNullable(ofImages.get(service.name()));
    if (service.hasHealthCheck().or(() -> ofImage).orElse(false)) {
      return Optional.empty();
    }
    boolean unknown = service.hasHealthCheck().isEmpty() && ofImage.isEmpty();
    return Optional.of(
        Finding.warning(
            Check.HEALTH,
            service.name()
                + (unknown
                    ? " sets no health check: unless its image has one,"
                    : " has no health check:")
                + " Swarm stops the old task before it can know that the new one serves",
            "docker service update --health-cmd 'wget -qO- http://localhost:"
                + service.publishedPort().orElse(USUAL_PORT)
                + "/ || exit 1' --health-interval 2s --health-start-period 30s "
                + service.name()));
  }

  private static Optional<Finding> mounts(ServiceState service) {
    List<String> mounts = service.writableMounts();
    return mounts.isEmpty() || !startsFirst(service)
        ? Optional.empty()
        : Optional.of(
            Finding.warning(
                Check.MOUNTS,
                service.name()
                    + " has two tasks at once while it is rolled, and both may write to "
                    + String.join(", ", mounts),
                "if they must not: docker service update --label-add "
                    + ServiceLabels.ORDER
                    + "="
                    + ServiceLabels.STOP_FIRST
                    + " "
                    + service.name()));
  }

  /// Labels that cannot be read are told elsewhere.
  private static boolean startsFirst(ServiceState service) {
    return switch (ServiceLabels.read(service.labels())) {
      case ServiceLabels.Reading.Valid(ServiceLabels labels) ->
          labels.order() == null
              ? service.startsFirst()
              : labels.order().equals(ServiceLabels.START_FIRST);
      case ServiceLabels.Reading.Invalid _ -> false;
    };
  }
}
