package dev.waggle.agent.rollout;

import org.jspecify.annotations.Nullable;

/// Is told how every push ended, once per push and service.
@FunctionalInterface
public interface Outcomes {

  /// Tells of one ending.
  ///
  /// @param push what was pushed
  /// @param service the service's name, null if the outcome is the whole swarm's
  /// @param outcome how it ended
  /// @param timeline when it passed its stations
  void closed(Push push, @Nullable String service, RolloutOutcome outcome, Timeline timeline);
}
