package dev.waggle.agent.record;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.event.Level;

/// How a push ended for one service, or for the whole swarm where no service wanted it. The word
/// for it is the same in the log, in notifications, in settings and in the record.
public enum Outcome {
  /// Every slot runs the image.
  UPDATED(Level.INFO, Effect.CHANGED),
  /// The service ran this content before.
  ALREADY_CURRENT(Level.INFO, Effect.NONE),
  /// No opted-in service of the repository wants the tag.
  NO_SERVICE_WANTS_IT(Level.INFO, Effect.NONE),
  /// Swarm went back to the image before.
  ROLLED_BACK(Level.ERROR, Effect.FAILED),
  /// Swarm went back from this content before.
  ROLLED_BACK_BEFORE(Level.ERROR, Effect.FAILED),
  /// An image that the service had before, of a push that may be an old one sent again.
  UNCONFIRMED(Level.WARN, Effect.FAILED),
  /// Swarm stopped in the middle.
  PAUSED(Level.ERROR, Effect.FAILED),
  /// Swarm was not done in time.
  TIMED_OUT(Level.ERROR, Effect.FAILED),
  /// The service has, or gets, something newer: whose own outcome tells of the change.
  SUPERSEDED(Level.INFO, Effect.NONE),
  /// Somebody removed the service meanwhile.
  REMOVED(Level.WARN, Effect.FAILED),
  /// No node of the swarm can run the image.
  NOT_FOR_THIS_SWARM(Level.ERROR, Effect.FAILED),
  /// What was pushed is no image, such as a signature or a chart.
  NOT_AN_IMAGE(Level.INFO, Effect.NONE),
  /// The registry does not have the image for this engine.
  REFUSED_BY_THE_REGISTRY(Level.ERROR, Effect.FAILED),
  /// The registry does not show the image to this agent.
  UNAUTHORISED(Level.ERROR, Effect.FAILED),
  /// The engine would not take the update.
  REJECTED_BY_THE_ENGINE(Level.ERROR, Effect.FAILED),
  /// A label, or what the service is, forbids it.
  LEFT_ALONE(Level.WARN, Effect.FAILED);

  /// What a push brought about.
  private enum Effect {
    NONE,
    CHANGED,
    FAILED
  }

  private final Level level;
  private final Effect effect;

  Outcome(Level level, Effect effect) {
    this.level = level;
    this.effect = effect;
  }

  /// Every name that [#named] knows, the sets first.
  public static List<String> known() {
    return Stream.concat(
            Stream.of("all", "changed", "failed"), Arrays.stream(values()).map(Outcome::toString))
        .toList();
  }

  /// The outcomes of a name: one, or those of the sets `all`, `changed` and `failed`.
  ///
  /// @return nothing if there is none of that name
  public static Optional<Set<Outcome>> named(String name) {
    Set<Outcome> named =
        Arrays.stream(values())
            .filter(
                outcome ->
                    switch (name) {
                      case "all" -> true;
                      case "changed" -> outcome.effect == Effect.CHANGED;
                      case "failed" -> outcome.effect == Effect.FAILED;
                      default -> name.equals(outcome.toString());
                    })
            .collect(Collectors.toUnmodifiableSet());
    return named.isEmpty() ? Optional.empty() : Optional.of(named);
  }

  /// The outcome of a word.
  ///
  /// @return empty if no outcome is called that
  public static Optional<Outcome> of(String word) {
    return Arrays.stream(values()).filter(outcome -> outcome.toString().equals(word)).findFirst();
  }

  /// Whether the service has the image after it.
  public boolean isOnTheService() {
    return this == UPDATED || this == ALREADY_CURRENT;
  }

  /// Whether the push did not become what the service runs, though somebody wanted it.
  public boolean isFailure() {
    return effect == Effect.FAILED;
  }

  /// How it is logged: warn and error are for what somebody must look at.
  public Level level() {
    return level;
  }

  /// As `docs/reference.md` spells it.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
