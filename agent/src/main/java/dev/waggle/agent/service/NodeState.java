package dev.waggle.agent.service;

import java.util.Map;

/// One node of the swarm.
///
/// @param id the node's id
/// @param hostname its host's name
/// @param role `manager` or `worker`
/// @param os `linux`, `windows`, empty if it did not say
/// @param architecture `x86_64`, `aarch64`, ..., empty if it did not say
/// @param labels the labels that an operator gave it
/// @param engineLabels the labels that its engine was started with
/// @param absent whether Swarm does not hear from it, be it down or not heard of since another
///   manager took the lead: what its tasks were seen to do counts for nothing
/// @param accepting whether it is ready and takes new tasks
public record NodeState(
    String id,
    String hostname,
    String role,
    String os,
    String architecture,
    Map<String, String> labels,
    Map<String, String> engineLabels,
    boolean absent,
    boolean accepting) {

  /// Takes copies.
  public NodeState {
    labels = Map.copyOf(labels);
    engineLabels = Map.copyOf(engineLabels);
  }
}
