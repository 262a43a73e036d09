package dev.waggle.agent.rollout;

import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ImageHealth;
import dev.waggle.agent.service.NodeState;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.TaskState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// All that [Plan] decides by: one look at a service.
///
/// @param record what is remembered of the service
/// @param service what the service is now
/// @param tasks its tasks, where the plan depends on them
/// @param nodes the swarm's nodes, where the plan depends on them
/// @param lookup what was found of the image before the update, if it was looked up
/// @param seen what this process saw of the rollout so far
/// @param now the time
/// @param longest how long a rollout may take if the service does not say
record View(
    ServiceRecord record,
    ServiceState service,
    List<TaskState> tasks,
    List<NodeState> nodes,
    Optional<Lookups.Found> lookup,
    Seen seen,
    Instant now,
    Duration longest) {

  /// What only a process that watches can know; another one that takes over begins anew.
  ///
  /// @param taken whether the engine took the update
  /// @param followed whether the rollout was looked at before
  /// @param lastError what a task of the image said when it failed; Swarm forgets tasks
  /// @param elapsed since the rollout began
  /// @param converged for how long every slot has run the image
  /// @param rolledBack for how long Swarm has called the rollback completed
  /// @param down for how long no task of the service ran
  /// @param imageHealth what the engine said of the image's health check, null if it was not asked
  record Seen(
      boolean taken,
      boolean followed,
      String lastError,
      Duration elapsed,
      Duration converged,
      Duration rolledBack,
      Duration down,
      @Nullable ImageHealth imageHealth) {}

  ServiceLabels.Reading labels() {
    return ServiceLabels.read(service.labels());
  }

  boolean isTimeUp() {
    return seen.elapsed().compareTo(longest(service, longest)) >= 0;
  }

  /// How long a rollout of a service may take.
  static Duration longest(ServiceState service, Duration byDefault) {
    return ServiceLabels.read(service.labels())
                instanceof ServiceLabels.Reading.Valid(ServiceLabels labels)
            && labels.timeout() != null
        ? labels.timeout()
        : byDefault;
  }

  boolean hasTaskOf(ImageReference image) {
    return tasks.stream().anyMatch(task -> task.isOf(image));
  }
}
