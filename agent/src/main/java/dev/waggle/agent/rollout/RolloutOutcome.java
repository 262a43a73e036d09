package dev.waggle.agent.rollout;

/// How a push ended for one service, or for the whole swarm where no service wanted it.
public sealed interface RolloutOutcome {

  /// The image is in the specification, the update completed, and every slot runs it.
  record Updated() implements RolloutOutcome {}

  /// The service ran this very content before the push came.
  record AlreadyCurrent() implements RolloutOutcome {}

  /// No opted-in service of this repository wants the tag.
  record NoServiceWantsIt() implements RolloutOutcome {}

  /// Swarm went back to the image that was there before.
  ///
  /// @param error the failing task's own words
  record RolledBack(String error) implements RolloutOutcome {}

  /// Swarm stopped in the middle, of the update or of its rollback, and waits for somebody.
  ///
  /// @param error Swarm's and the failing task's own words
  record Paused(String error) implements RolloutOutcome {}

  /// Swarm had not finished when the deadline passed.
  ///
  /// @param error the last that was known
  /// @param goesBack whether Swarm was told to go back to the image before
  record TimedOut(String error, boolean goesBack) implements RolloutOutcome {}

  /// Swarm went back from this very content before, so that it was not tried again.
  ///
  /// @param error the failing task's own words, empty if Swarm has forgotten them
  record RolledBackBefore(String error) implements RolloutOutcome {}

  /// The service has, or is to have, something newer.
  ///
  /// @param reason what that is
  record Superseded(String reason) implements RolloutOutcome {

    static Superseded by(Push newer) {
      return new Superseded("by the push of " + newer.tag() + " at " + newer.time());
    }
  }

  /// Somebody removed the service meanwhile.
  record Removed() implements RolloutOutcome {}

  /// The registry does not have the image, or has none for this engine.
  ///
  /// @param reason the registry's words
  record RefusedByRegistry(String reason) implements RolloutOutcome {}

  /// The registry does not show the image to this agent.
  ///
  /// @param reason the registry's words, and what to do
  record Unauthorised(String reason) implements RolloutOutcome {}

  /// The engine would not take the update.
  ///
  /// @param reason the engine's words
  record RejectedByEngine(String reason) implements RolloutOutcome {}

  /// The service is left alone because of what its labels say, or what it is.
  ///
  /// @param problem what to mend
  record LeftAlone(String problem) implements RolloutOutcome {}

  /// Whether another image may do better: the service has, or gets back, what it had before.
  default boolean isTheImagesFault() {
    return switch (this) {
      case RolledBack _, RolledBackBefore _, RefusedByRegistry _, Unauthorised _ -> true;
      case TimedOut(String _, boolean goesBack) -> goesBack;
      case Updated _,
          AlreadyCurrent _,
          NoServiceWantsIt _,
          Paused _,
          Superseded _,
          Removed _,
          RejectedByEngine _,
          LeftAlone _ ->
          false;
    };
  }
}
