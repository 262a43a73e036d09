package dev.waggle.agent.service;

/// Where Swarm says a rolling update stands.
public enum UpdateState {
  /// Nothing was updated, or the update changed no task.
  NONE,
  /// Tasks are being replaced.
  UPDATING,
  /// The update stopped and waits for somebody.
  PAUSED,
  /// Every task was replaced.
  COMPLETED,
  /// Tasks are being given their former image.
  ROLLBACK_STARTED,
  /// The rollback stopped and waits for somebody.
  ROLLBACK_PAUSED,
  /// Every task has its former image.
  ROLLBACK_COMPLETED,
  /// A state that later engines may know.
  UNKNOWN;

  static UpdateState parse(String word) {
    return switch (word) {
      case "" -> NONE;
      case "updating" -> UPDATING;
      case "paused" -> PAUSED;
      case "completed" -> COMPLETED;
      case "rollback_started" -> ROLLBACK_STARTED;
      case "rollback_paused" -> ROLLBACK_PAUSED;
      case "rollback_completed" -> ROLLBACK_COMPLETED;
      default -> UNKNOWN;
    };
  }
}
