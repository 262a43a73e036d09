package dev.waggle.agent.rollout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.Attempt;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ResolvedImage;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Swarm;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// What is to be done next for a service: a pure function of one look at it. Whoever looks, and
/// whenever, the next step is the same: an agent that takes over goes on where another was killed.
final class Plan {

  /// A registry that was away while the nodes pulled, or an engine that was starting, may be well
  /// again.
  private static final int MAX_TRIES = 3;

  private static final Duration PAUSE_PER_TRY = Duration.ofSeconds(30);

  private static final Duration REGISTRY_LAG = Duration.ofSeconds(20);

  /// So many failures after Swarm has stopped watching are no accident.
  private static final int MAX_FAILURES = 3;

  private Plan() {}

  /// Whether the step may depend on the tasks, which are then worth asking for.
  static boolean dependsOnTasks(ServiceRecord record, ServiceState service) {
    return record.underWay().isPresent()
        && switch (service.updateState()) {
          case ROLLBACK_STARTED, ROLLBACK_COMPLETED, ROLLBACK_PAUSED -> true;
          case NONE, UPDATING, PAUSED, COMPLETED, UNKNOWN -> names(record, service);
        };
  }

  /// Whether the step may depend on the nodes.
  static boolean dependsOnNodes(ServiceRecord record, ServiceState service) {
    return record
        .underWay()
        .map(Rollout::attempt)
        .filter(
            attempt ->
                service.has(attempt.image())
                    ? Progress.dependsOnNodes(service, attempt.image())
                    : Placement.dependsOnNodes(service))
        .isPresent();
  }

  private static boolean names(ServiceRecord record, ServiceState service) {
    return record.underWay().map(Rollout::attempt).stream()
        .anyMatch(attempt -> service.has(attempt.image()));
  }

  /// Decides.
  static Step next(View view) {
    Optional<Rollout> underWay = view.record().underWay();
    if (underWay.isPresent() && underWay.get().attempt() != null) {
      return goOn(view, underWay.get(), underWay.get().attempt());
    }
    return first(view).map(rollout -> begin(view, rollout)).orElseGet(Step.Rest::new);
  }

  /// What is to be tried first; under a hold, only what a person asked for.
  private static Optional<Rollout> first(View view) {
    boolean held = view.record().hold() != null;
    return Candidates.inOrder(view.record(), view.labels()).stream()
        .filter(rollout -> !held || rollout.isCommanded())
        .findFirst();
  }

  private static Step begin(View view, Rollout rollout) {
    Optional<Conclusion> obstacle =
        Candidates.obstacle(view.record(), view.service(), view.labels(), rollout);
    if (obstacle.isPresent()) {
      return new Step.Close(rollout, obstacle.get(), false);
    }
    Instant notBefore = rollout.notBefore();
    // Farther away it can only be where the clock was set back.
    return notBefore != null
            && notBefore.isAfter(view.now())
            && !notBefore.isAfter(view.now().plus(PAUSE_PER_TRY.multipliedBy(MAX_TRIES)))
        ? new Step.WaitUntil(notBefore)
        : begin(view, rollout, rollout.push().image(), view.now());
  }

  private static Step begin(View view, Rollout rollout, ImageReference image, Instant since) {
    ServiceState service = view.service();
    return new Step.Begin(
        rollout,
        new Attempt(
            since,
            image,
            service.has(image) ? "" : service.version(),
            service.update(),
            service.imageText()));
  }

  private static Step goOn(View view, Rollout rollout, Attempt attempt) {
    ServiceState service = view.service();
    if (attempt.image().digest() == null) {
      return notSent(view, rollout, attempt);
    }
    if (service.has(attempt.image())
        || !attempt.updates()
        || view.seen().taken()
        || wasRolledBack(view, attempt)) {
      return follow(view, rollout, attempt);
    }
    boolean updatedSince = !service.update().equals(attempt.baseUpdate());
    if (updatedSince && service.hadBefore(attempt.image())) {
      return new Step.Close(rollout, Conclusion.hasAnother(service), true);
    }
    return notSent(view, rollout, attempt);
  }

  /// Nothing was sent, so that a newer push still counts, and a hold.
  private static Step notSent(View view, Rollout rollout, Attempt attempt) {
    ServiceState service = view.service();
    Optional<Rollout> first = first(view);
    if (first.isEmpty()) {
      return new Step.Drop(rollout);
    }
    if (!first.get().id().equals(rollout.id())) {
      return begin(view, first.get());
    }
    if (attempt.image().digest() == null) {
      return resolve(view, rollout, attempt);
    }
    Optional<Conclusion> obstacle =
        Candidates.obstacle(view.record(), service, view.labels(), rollout);
    if (obstacle.isPresent()) {
      return new Step.Close(rollout, obstacle.get(), false);
    }
    return switch (service.updateState()) {
      // An update now would make that unproven image the one that Swarm rolls back to.
      case UPDATING, ROLLBACK_STARTED ->
          view.isTimeUp()
              ? new Step.Close(
                  rollout,
                  Conclusion.of(Outcome.TIMED_OUT, "another rollout of the service did not end"),
                  false)
              : new Step.Wait("another rollout of the service");
      case NONE, PAUSED, COMPLETED, ROLLBACK_COMPLETED, ROLLBACK_PAUSED, UNKNOWN ->
          service.version().equals(attempt.baseVersion()) && !view.isTimeUp()
              ? send(view, rollout, attempt)
              : begin(
                  view, rollout, attempt.image(), view.isTimeUp() ? view.now() : attempt.since());
    };
  }

  /// What was to be rolled back since the update was made, if it was taken at all: an update clears
  /// the status of the one before.
  private static boolean wasRolledBack(View view, Attempt attempt) {
    return switch (view.service().updateState()) {
      case ROLLBACK_STARTED, ROLLBACK_PAUSED, ROLLBACK_COMPLETED ->
          !view.service().update().equals(attempt.baseUpdate()) && view.hasTaskOf(attempt.image());
      case NONE, UPDATING, PAUSED, COMPLETED, UNKNOWN -> false;
    };
  }

  /// The function could not say what was pushed: the registry does. It may lag behind the push, so
  /// what the service has already is looked up once more.
  private static Step resolve(View view, Rollout rollout, Attempt attempt) {
    boolean again = rollout.tries() == 0 && !rollout.isCommanded();
    return lookedUp(
        view,
        rollout,
        rollout.push().image(),
        image ->
            again && view.service().has(image.reference())
                ? new Step.Postpone(rollout, view.now().plus(REGISTRY_LAG))
                : Candidates.failedBefore(view.record(), rollout, image.digest())
                    .<Step>map(failed -> new Step.Close(rollout, failed, false))
                    .orElseGet(() -> begin(view, rollout, image.reference(), attempt.since())));
  }

  /// What was begun, though the tag may name something else by now.
  private static Step send(View view, Rollout rollout, Attempt attempt) {
    return lookedUp(
        view,
        rollout,
        attempt.image(),
        found -> {
          ResolvedImage image = new ResolvedImage(attempt.image(), found.platforms());
          return failedByHand(view, rollout, attempt)
              .or(() -> noPlace(view, image))
              .<Step>map(conclusion -> new Step.Close(rollout, conclusion, false))
              .orElseGet(() -> new Step.Send(rollout, spec(view, image)));
        });
  }

  private static Step lookedUp(
      View view, Rollout rollout, ImageReference image, Function<ResolvedImage, Step> then) {
    if (view.lookup().isEmpty()) {
      return new Step.LookUp(image);
    }
    return switch (view.lookup().get()) {
      case Swarm.Resolution.Refused(String reason) ->
          new Step.Close(
              rollout, Conclusion.ofTheImage(Outcome.REFUSED_BY_THE_REGISTRY, reason), false);
      case Swarm.Resolution.Unauthorised(String reason) ->
          new Step.Close(rollout, Conclusion.ofTheImage(Outcome.UNAUTHORISED, reason), false);
      case Swarm.Resolution.Resolved(ResolvedImage found) -> then.apply(found);
    };
  }

  /// What Swarm rolled back from last may be this very image, by whomever it was rolled.
  private static Optional<Conclusion> failedByHand(View view, Rollout rollout, Attempt attempt) {
    String error = Progress.lastError(view.tasks(), attempt.image());
    return switch (view.service().updateState()) {
      case ROLLBACK_COMPLETED, ROLLBACK_PAUSED ->
          view.service()
              .updateStarted()
              .filter(_ -> !rollout.isCommanded() && rollout.tries() == 0)
              .filter(_ -> !Progress.mayPass(error))
              .filter(since -> Progress.failures(view.tasks(), attempt.image(), since) > 0)
              .map(_ -> Conclusion.ofTheImage(Outcome.ROLLED_BACK_BEFORE, error));
      case NONE, UPDATING, PAUSED, COMPLETED, ROLLBACK_STARTED, UNKNOWN -> Optional.empty();
    };
  }

  private static ObjectNode spec(View view, ResolvedImage image) {
    return switch (view.labels()) {
      case ServiceLabels.Reading.Valid(ServiceLabels labels) ->
          Specification.of(view.service(), labels, image);
      case ServiceLabels.Reading.Invalid(String problem) ->
          throw new IllegalStateException(problem);
    };
  }

  private static Optional<Conclusion> noPlace(View view, ResolvedImage image) {
    return Specification.startsFirst(spec(view, image))
        ? Placement.obstacleToStartFirst(view.service(), image, view.nodes())
            .map(
                obstacle ->
                    Conclusion.of(
                        Outcome.LEFT_ALONE,
                        "it cannot start first: "
                            + obstacle
                            + "; set the label "
                            + ServiceLabels.ORDER
                            + " to "
                            + ServiceLabels.STOP_FIRST))
        : Optional.empty();
  }

  private static Step follow(View view, Rollout rollout, Attempt attempt) {
    ServiceState service = view.service();
    Progress progress =
        Progress.of(service, view.tasks(), view.nodes(), attempt.image(), view.seen().lastError());
    return switch (progress) {
      case Progress.Failed(Conclusion conclusion) -> failed(view, rollout, conclusion);
      case Progress.Underway() -> underway(view, rollout, attempt);
      case Progress.Converged _ when !attempt.updates() && !view.seen().followed() ->
          new Step.Close(rollout, Conclusion.of(Outcome.ALREADY_CURRENT), false);
      // Where Swarm had no task to change it watches nothing: then we do, for as long.
      case Progress.Converged(boolean completed)
          when completed || view.seen().converged().compareTo(service.monitor()) >= 0 ->
          new Step.Close(rollout, Conclusion.of(Outcome.UPDATED), attempt.updates());
      case Progress.Converged _ -> new Step.Confirm();
    };
  }

  private static Step failed(View view, Rollout rollout, Conclusion conclusion) {
    int tries = rollout.tries() + 1;
    return conclusion.outcome() == Outcome.ROLLED_BACK
            && Progress.mayPass(conclusion.detail())
            && tries < MAX_TRIES
        ? new Step.Postpone(rollout, view.now().plus(PAUSE_PER_TRY.multipliedBy(tries)))
        : new Step.Close(rollout, conclusion, true);
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
    boolean completed = service.updateState() == ServiceState.UpdateState.COMPLETED;
    if (view.isTimeUp()) {
      Conclusion timedOut = Conclusion.of(Outcome.TIMED_OUT, error);
      boolean stuck = completed || service.updateState() == ServiceState.UpdateState.UPDATING;
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

  /// The pushes that a closing supersedes.
  static List<Rollout> superseded(View view, Rollout closed, Conclusion conclusion) {
    List<Rollout> inOrder = Candidates.inOrder(view.record(), view.labels());
    return conclusion.triesOlder()
        ? List.of()
        : inOrder.stream().dropWhile(rollout -> !rollout.id().equals(closed.id())).skip(1).toList();
  }
}
