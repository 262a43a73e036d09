package dev.waggle.agent.rollout;

import dev.waggle.agent.record.Attempt;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.service.ImageHealth;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.UpdateState;
import java.time.Duration;

/// What is to be done for a service once the engine has an update.
final class Following {

  /// A registry that was away while the nodes pulled, or an engine that was starting, may be well
  /// again.
  private static final int MAX_TRIES = 3;

  private static final Duration PAUSE_PER_TRY = Duration.ofSeconds(30);

  /// Until the last try.
  static final Duration MAX_PAUSE = PAUSE_PER_TRY.multipliedBy(MAX_TRIES);

  /// So many failures after Swarm has stopped watching are no accident.
  private static final int MAX_FAILURES = 3;

  /// Somebody must hear of a service that does not come back, and a newer push may mend it.
  private static final Duration MAX_RECOVERY = Duration.ofMinutes(1);

  /// A task that Swarm calls running may not listen yet.
  private static final String WITHOUT_HEALTH_CHECK =
      "there is no health check: Swarm stopped the old task before it could know that the new one"
          + " serves";

  private Following() {}

  static Step next(View view, Rollout rollout, Attempt attempt) {
    ServiceState service = view.service();
    Progress progress =
        Progress.of(service, view.tasks(), view.nodes(), attempt.image(), view.seen().lastError());
    return switch (progress) {
      case Progress.RolledBack(String error, long missing) ->
          rolledBack(view, rollout, error, missing);
      case Progress.Failed(Conclusion conclusion) -> new Step.Close(rollout, conclusion, true);
      case Progress.Underway() -> underway(view, rollout, attempt);
      case Progress.Converged _ when !attempt.updates() && !view.seen().followed() ->
          new Step.Close(rollout, Conclusion.of(Outcome.ALREADY_CURRENT), false);
      // Where Swarm had no task to change it watches nothing: then we do, for as long.
      case Progress.Converged(boolean completed)
          when completed || view.seen().converged().compareTo(service.monitor()) >= 0 ->
          updated(view, rollout, attempt);
      case Progress.Converged _ -> new Step.Confirm();
    };
  }

  private static Step updated(View view, Rollout rollout, Attempt attempt) {
    boolean imageDecides = view.service().healthCheck().isEmpty();
    ImageHealth ofTheImage = view.seen().imageHealth();
    if (attempt.updates() && imageDecides && ofTheImage == null) {
      return new Step.Inspect(attempt.image());
    }
    boolean unchecked =
        imageDecides ? ofTheImage == ImageHealth.UNCHECKED : view.service().hasHealthCheckOff();
    return new Step.Close(
        rollout,
        Conclusion.of(Outcome.UPDATED, attempt.updates() && unchecked ? WITHOUT_HEALTH_CHECK : ""),
        attempt.updates());
  }

  /// Swarm calls a rollback completed while the image before may not serve yet.
  private static Step rolledBack(View view, Rollout rollout, String error, long missing) {
    int tries = rollout.tries() + 1;
    if (Progress.mayPass(error) && tries < MAX_TRIES) {
      return new Step.Postpone(rollout, view.now().plus(PAUSE_PER_TRY.multipliedBy(tries)));
    }
    if (missing > 0 && view.seen().rolledBack().compareTo(MAX_RECOVERY) < 0 && !view.isTimeUp()) {
      return new Step.Wait("the image before");
    }
    return new Step.Close(rollout, Conclusion.rolledBack(error, missing, view.seen().down()), true);
  }

  /// Swarm counts tasks that fail, but waits forever for one that finds no place; and an engine
  /// that is started again in the middle of an update can call it completed without having watched.
  /// Left like that, the update would be in the way of the next push, or the service down; so what
  /// the service wants after a failure is done for it.
  private static Step underway(View view, Rollout rollout, Attempt attempt) {
    ServiceState service = view.service();
    String error = view.seen().lastError();
    // What somebody else began is not for us to end.
    boolean ours =
        attempt.updates() && service.has(attempt.image()) && service.rollsBackOnFailure();
    boolean completed = service.updateState() == UpdateState.COMPLETED;
    if (view.isTimeUp()) {
      Conclusion timedOut = Conclusion.of(Outcome.TIMED_OUT, error);
      boolean stuck = completed || service.updateState() == UpdateState.UPDATING;
      return ours && stuck
          ? new Step.GiveUp(
              rollout,
              Conclusion.ofTheImage(
                  Outcome.TIMED_OUT,
                  (error.isEmpty() ? "" : error + "; ") + "Waggle asked Swarm to roll back"),
              timedOut)
          : new Step.Close(rollout, timedOut, attempt.updates());
    }
    long failures =
        service
            .updateStarted()
            .map(since -> Progress.failures(view.tasks(), attempt.image(), since))
            .orElse(0L);
    return ours && completed && failures >= MAX_FAILURES
        ? new Step.RollBack()
        : new Step.Wait("the rollout");
  }
}
