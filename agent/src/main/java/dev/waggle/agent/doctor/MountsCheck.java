package dev.waggle.agent.doctor;

import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.service.Mount;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import java.util.List;

/// Finds the services whose old and new task write to the same place.
final class MountsCheck {

  private MountsCheck() {}

  static List<Finding> of(List<ServiceState> services) {
    List<ServiceState> rolled = ServicesCheck.rolled(services);
    List<Finding> shared =
        rolled.stream()
            .filter(ServiceState::startsFirst)
            .flatMap(
                service ->
                    service.mounts().stream()
                        .filter(MountsCheck::isShared)
                        .map(mount -> warning(service, mount)))
            .toList();
    return shared.isEmpty() && !rolled.isEmpty()
        ? List.of(Finding.ok(Check.MOUNTS, "no service has two tasks that write to one place"))
        : shared;
  }

  private static boolean isShared(Mount mount) {
    if (mount.readOnly()) {
      return false;
    }
    return switch (mount.type()) {
      // Docker's socket is no place to write to: the engine takes the requests of both tasks.
      case "bind" -> !mount.source().endsWith("/docker.sock");
      // A volume without a name is a new one for each task.
      case "volume" -> !mount.source().isEmpty();
      default -> false;
    };
  }

  private static Finding warning(ServiceState service, Mount mount) {
    return Finding.warning(
        Check.MOUNTS,
        service.name()
            + " has two tasks at once while it is rolled, and both write to "
            + mount.target()
            + " ("
            + mount.source()
            + ")",
        "if they must not, docker service update --label-add "
            + ServiceLabels.ORDER
            + "="
            + ServiceLabels.STOP_FIRST
            + " "
            + service.name());
  }
}
