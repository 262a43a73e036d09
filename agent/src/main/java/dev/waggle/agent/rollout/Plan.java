package dev.waggle.agent.rollout;

import dev.waggle.agent.record.Attempt;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ServiceState;

/// What is to be done next for a service: a pure function of one look at it. Whoever looks, and
/// whenever, the next step is the same: an agent that takes over goes on where another was killed.
final class Plan {

  private Plan() {}

  /// Decides.
  static Step next(View view) {
    Rollout rollout = view.record().underWay().orElse(null);
    Attempt attempt = rollout == null ? null : rollout.attempt();
    if (rollout == null || attempt == null) {
      return Sending.begin(view);
    }
    ServiceState service = view.service();
    if (attempt.image().digest() == null) {
      return Sending.goOn(view, rollout, attempt);
    }
    if (service.has(attempt.image())
        || !attempt.updates()
        || view.seen().taken()
        || wasRolledBack(view, attempt)) {
      return Following.next(view, rollout, attempt);
    }
    boolean updatedSince = !service.update().equals(attempt.baseUpdate());
    return updatedSince && service.hadBefore(attempt.image())
        ? new Step.Close(rollout, Conclusion.hasAnother(service), true)
        : Sending.goOn(view, rollout, attempt);
  }

  /// What was to be rolled back since the update was made, if it was taken at all: an update clears
  /// the status of the one before.
  private static boolean wasRolledBack(View view, Attempt attempt) {
    return switch (view.service().updateState()) {
      case ROLLBACK_STARTED, ROLLBACK_PAUSED, ROLLBACK_COMPLETED ->
          !view.service().update().equals(attempt.baseUpdate()) && view.hasTaskOf(attempt.image());
      case NONE, UPDATING, PAUSED, COMPLETED, UNKNOWN -> false;
    };
  }

  /// Whether the step may depend on the tasks, which are then worth asking for.
  static boolean dependsOnTasks(ServiceRecord record, ServiceState service) {
    return record.underWay().isPresent()
        && switch (service.updateState()) {
          case ROLLBACK_STARTED, ROLLBACK_COMPLETED, ROLLBACK_PAUSED -> true;
          case NONE, UPDATING, PAUSED, COMPLETED, UNKNOWN -> names(record, service);
        };
  }

  private static boolean names(ServiceRecord record, ServiceState service) {
    return record.underWay().map(Rollout::attempt).stream()
        .anyMatch(attempt -> service.has(attempt.image()));
  }

  /// Whether the step may depend on the nodes.
  static boolean dependsOnNodes(ServiceRecord record, ServiceState service) {
    return record.underWay().isPresent()
        && switch (service.updateState()) {
          case NONE, COMPLETED -> names(record, service);
          case ROLLBACK_COMPLETED -> true;
          case UPDATING, PAUSED, ROLLBACK_STARTED, ROLLBACK_PAUSED, UNKNOWN -> false;
        };
  }
}
