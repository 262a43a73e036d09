package dev.waggle.agent.doctor;

import java.util.Locale;

/// What one check came to.
///
/// @param check what was checked, the same words in every run
/// @param grade how bad it is
/// @param found what is so
/// @param remedy what to do, empty if nothing is to be done
public record Finding(Check check, Grade grade, String found, String remedy) {

  /// What can be checked.
  public enum Check {
    /// The agent's own settings.
    SETTINGS,
    /// The engine and its version.
    ENGINE,
    /// Whether the engine manages a swarm.
    SWARM,
    /// Whether services are opted in, and none by halves.
    SERVICES,
    /// Whether every label of an opted-in service has a meaning.
    LABELS,
    /// Whether Swarm can know that a task of an opted-in service serves.
    HEALTH,
    /// Whether two tasks of an opted-in service write to the same place.
    MOUNTS,
    /// Whether the records can be read, and which services are held.
    RECORDS,
    /// Who the agent is to the queue.
    IDENTITY,
    /// Whether the queue answers.
    QUEUE,
    /// Whether the queue keeps order.
    FIFO,
    /// Whether messages stay hidden, and alive, for as long as a rollout takes.
    VISIBILITY,
    /// What becomes of messages that cannot be handled.
    DEAD_LETTERS,
    /// Whether the clock is right.
    CLOCK,
    /// Whether the engine may read the images of opted-in services.
    REGISTRY,
    /// Whether notifications would find their way.
    NOTIFICATIONS;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  /// How bad it is.
  public enum Grade {
    /// As it should be.
    OK,
    /// It works, but somebody should know.
    WARNING,
    /// Pushes will not be rolled, or not all.
    PROBLEM,
    /// It could not be checked, because of another problem.
    SKIPPED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// Tells that something is as it should be.
  ///
  /// @param check what was checked
  /// @param found what is so
  public static Finding ok(Check check, String found) {
    return new Finding(check, Grade.OK, found, "");
  }

  static Finding warning(Check check, String found, String remedy) {
    return new Finding(check, Grade.WARNING, found, remedy);
  }

  /// Tells of something that is in the way.
  ///
  /// @param check what was checked
  /// @param found what is wrong
  /// @param remedy what to do
  public static Finding problem(Check check, String found, String remedy) {
    return new Finding(check, Grade.PROBLEM, found, remedy);
  }

  /// Tells that something could not be checked.
  ///
  /// @param check what was to be checked
  /// @param because what is in the way
  public static Finding skipped(Check check, String because) {
    return new Finding(check, Grade.SKIPPED, "not checked: " + because, "");
  }
}
