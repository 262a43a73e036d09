package dev.waggle.agent.record;

import dev.waggle.agent.push.Push;

/// Is told which records have new work.
public interface Work {

  /// A push that a service wants will be rolled in a moment.
  void expect(Push push);

  /// The record of a service may have new work.
  void wake(String serviceId);

  /// While pushes are gathered, nothing begins that a change of a record would begin otherwise.
  void gathering(boolean begins);

  /// Whether nothing can be done any more, so that a new process may do better.
  boolean isBroken();
}
