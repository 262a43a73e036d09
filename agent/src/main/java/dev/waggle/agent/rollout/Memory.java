package dev.waggle.agent.rollout;

import dev.waggle.agent.record.Attempt;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ImageHealth;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.TaskState;
import dev.waggle.agent.service.UpdateState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What this process saw of one attempt. Another process that takes over begins a new one: nothing
/// that must last is in here.
final class Memory {

  private final String id;
  private final Duration began;
  private boolean taken;
  private boolean followed;
  private String lastError = "";
  private @Nullable Duration converged;
  private @Nullable Duration rolledBack;
  private @Nullable Duration downSince;
  private Duration down = Duration.ZERO;
  private @Nullable ImageHealth imageHealth;
  private Lookups.@Nullable Found answer;
  private @Nullable Instant sent;
  private @Nullable Instant serving;

  private Memory(String id, Duration began) {
    this.id = id;
    this.began = began;
  }

  /// A memory of no attempt.
  static Memory none() {
    return new Memory("", Duration.ZERO);
  }

  /// The memory of what is under way, empty if it was of something else.
  Memory of(ServiceRecord record, Instant now, Duration elapsed) {
    Rollout rollout = record.underWay().orElse(null);
    Attempt attempt = rollout == null ? null : rollout.attempt();
    if (rollout == null || attempt == null) {
      return this;
    }
    String itsId = rollout.id() + " " + attempt.since();
    // Clocks may be set, and another agent may have another: what is left of the time is bounded.
    Duration ago = Duration.between(attempt.since(), now);
    return id.equals(itsId)
        ? this
        : new Memory(itsId, elapsed.minus(ago.isNegative() ? Duration.ZERO : ago));
  }

  /// Takes in what the service and its tasks are now.
  ///
  /// @return what was seen so far
  View.Seen look(
      ServiceRecord record, ServiceState service, List<TaskState> tasks, Duration elapsed) {
    boolean before = followed;
    rolledBack =
        since(service.updateState() == UpdateState.ROLLBACK_COMPLETED, rolledBack, elapsed);
    countDown(tasks, elapsed);
    record
        .underWay()
        .map(Rollout::attempt)
        .map(Attempt::image)
        .ifPresent(
            image -> {
              String error = Progress.lastError(tasks, image);
              lastError = error.isEmpty() ? lastError : error;
              serving = serving().or(() -> Progress.firstRunning(tasks, image)).orElse(null);
              followed = followed || service.has(image);
            });
    return new View.Seen(
        taken,
        before,
        lastError,
        elapsed.minus(began),
        converged == null ? Duration.ZERO : elapsed.minus(converged),
        rolledBack == null ? Duration.ZERO : elapsed.minus(rolledBack),
        down,
        imageHealth);
  }

  private static @Nullable Duration since(
      boolean now, @Nullable Duration before, Duration elapsed) {
    return now ? before == null ? elapsed : before : null;
  }

  /// Looks are about a second apart: what happens between two of them is not seen.
  private void countDown(List<TaskState> tasks, Duration elapsed) {
    boolean isDown = !tasks.isEmpty() && tasks.stream().noneMatch(TaskState::running);
    if (downSince != null) {
      down = down.plus(elapsed.minus(downSince));
    }
    downSince = isDown ? elapsed : null;
  }

  void noteAnswer(Lookups.Found found) {
    answer = found;
  }

  void noteImageHealth(ImageHealth engines) {
    imageHealth = engines;
  }

  void noteSending(Instant now) {
    sent = now;
  }

  void noteTaken() {
    taken = true;
  }

  /// Every slot runs the image, from now on or longer.
  void noteConvergence(Duration elapsed) {
    converged = converged == null ? elapsed : converged;
  }

  void forgetConvergence() {
    converged = null;
  }

  /// What was found of the image, if it was looked up.
  Optional<Lookups.Found> answer() {
    return Optional.ofNullable(answer);
  }

  /// When the update was sent, if this process did.
  Optional<Instant> sent() {
    return Optional.ofNullable(sent);
  }

  /// When the first task of the image ran.
  Optional<Instant> serving() {
    return Optional.ofNullable(serving);
  }

  /// What a task of the image said when it failed, empty if none did.
  String lastError() {
    return lastError;
  }
}
