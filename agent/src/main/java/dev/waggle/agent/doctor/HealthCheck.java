package dev.waggle.agent.doctor;

import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.service.ImageHealth;
import dev.waggle.agent.service.ServiceState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Judges whether Swarm can know that a task serves.
final class HealthCheck {

  /// Where most programs in a container listen that say nothing else.
  private static final int USUAL_PORT = 8080;

  private HealthCheck() {}

  /// The images whose own health check counts, since their service sets none.
  static Set<ImageReference> images(List<ServiceState> services) {
    return ServicesCheck.rolled(services).stream()
        .filter(service -> service.healthCheck().isEmpty())
        .flatMap(service -> service.image().stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  /// What the services and their images say.
  ///
  /// @param images what the engine said of [#images]
  static List<Finding> of(
      List<ServiceState> services, Map<ImageReference, Answer<ImageHealth>> images) {
    List<ServiceState> rolled = ServicesCheck.rolled(services);
    List<Finding> without =
        rolled.stream().flatMap(service -> without(service, images).stream()).toList();
    return without.isEmpty() && !rolled.isEmpty()
        ? List.of(Finding.ok(Check.HEALTH, "all have a health check"))
        : without;
  }

  private static Optional<Finding> without(
      ServiceState service, Map<ImageReference, Answer<ImageHealth>> images) {
    if (service.hasHealthCheckOff()) {
      return Optional.of(warning(service, " has its health check switched off: "));
    }
    if (!service.healthCheck().isEmpty()) {
      return Optional.empty();
    }
    return switch (imageHealth(service, images)) {
      case CHECKED -> Optional.empty();
      case UNCHECKED -> Optional.of(warning(service, " has no health check: "));
      case UNKNOWN ->
          Optional.of(warning(service, " sets no health check: unless its image has one, "));
    };
  }

  private static ImageHealth imageHealth(
      ServiceState service, Map<ImageReference, Answer<ImageHealth>> images) {
    return service
        .image()
        .flatMap(image -> Optional.ofNullable(images.get(image)))
        .flatMap(Answer::given)
        .map(Answer.Given::value)
        .orElse(ImageHealth.UNKNOWN);
  }

  private static Finding warning(ServiceState service, String lacks) {
    return Finding.warning(
        Check.HEALTH,
        service.name()
            + lacks
            + (service.startsFirst()
                ? "Swarm stops the old task before it can know that the new one serves"
                : "Swarm cannot know whether the new task serves"),
        // Not localhost: that may be ::1, where many programs do not listen.
        "docker service update --health-cmd 'wget -qO- http://127.0.0.1:"
            + service.firstTcpPort().orElse(USUAL_PORT)
            + "/ || exit 1' --health-interval 2s --health-start-period 30s "
            + service.name());
  }
}
