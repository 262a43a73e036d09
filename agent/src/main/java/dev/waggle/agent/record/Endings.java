package dev.waggle.agent.record;

import java.util.List;

/// Is told how rollouts ended.
public interface Endings {

  /// Rollouts that have just ended here.
  void ended(String serviceId, String service, List<Rollout> rollouts);

  /// A record that was found: an agent that is gone may have left endings untold.
  void found(String serviceId, ServiceRecord record);

  /// A push that no service wants.
  void unwanted(Rollout push);
}
