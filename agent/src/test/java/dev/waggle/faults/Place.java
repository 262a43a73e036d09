package dev.waggle.faults;

/// Where a request of the agent's is caught on its way.
enum Place {
  /// Every record that it concerns holds the push, and the queue its message.
  BEFORE_DELETE,
  /// The record says what is about to be done, and the engine was not told.
  BEFORE_UPDATE,
  /// The engine has taken the update, and the agent does not know.
  AFTER_UPDATE,
  /// A rollout has ended, and the record does not say so.
  BEFORE_ENDING,
  /// How it ended was told, and the record does not say so.
  BEFORE_MARK
}
