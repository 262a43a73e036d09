package dev.waggle.agent.rollout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.Attempt;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.service.NodeState;
import dev.waggle.agent.service.ResolvedImage;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Swarm;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// What is to be done for a service until the engine has an update.
final class Sending {

  private static final Duration REGISTRY_LAG = Duration.ofSeconds(20);

  private Sending() {}

  /// Chooses what is to be tried first, and begins it.
  static Step begin(View view) {
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
            && !notBefore.isAfter(view.now().plus(Following.MAX_PAUSE))
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

  /// Nothing was sent, so that a newer push still counts, and a hold.
  static Step goOn(View view, Rollout rollout, Attempt attempt) {
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
                : Candidates.refusal(view.record(), rollout, image.digest())
                    .<Step>map(refused -> new Step.Close(rollout, refused, false))
                    .orElseGet(() -> begin(view, rollout, image.reference(), attempt.since())));
  }

  /// What was begun, though the tag may name something else by now.
  private static Step send(View view, Rollout rollout, Attempt attempt) {
    return lookedUp(
        view,
        rollout,
        attempt.image(),
        found -> {
          if (found.platforms().isEmpty() && !rollout.isCommanded()) {
            return withoutPlatform(view, rollout);
          }
          ResolvedImage image = new ResolvedImage(attempt.image(), found.platforms());
          return failedByHand(view, rollout, attempt)
              .or(() -> Placement.obstacle(view.service(), image, nodes(view)))
              .or(() -> noPlace(view, image))
              .<Step>map(conclusion -> new Step.Close(rollout, conclusion, false))
              .orElseGet(() -> new Step.Send(rollout, spec(view, image)));
        });
  }

  /// An image names its platform. But the engine names none either where the registry is unwell.
  private static Step withoutPlatform(View view, Rollout rollout) {
    return rollout.tries() == 0
        ? new Step.Postpone(rollout, view.now().plus(REGISTRY_LAG))
        : new Step.Close(
            rollout,
            Conclusion.ofTheImage(Outcome.NOT_AN_IMAGE, "the registry names no platform for it"),
            false);
  }

  private static Step lookedUp(
      View view, Rollout rollout, ImageReference image, Function<ResolvedImage, Step> then) {
    if (view.lookup().isEmpty()) {
      return new Step.LookUp(image);
    }
    return switch (view.lookup().get().resolution()) {
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

  private static List<NodeState> nodes(View view) {
    return view.lookup().map(Lookups.Found::nodes).orElse(List.of());
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
        ? Placement.obstacleToStartFirst(view.service(), image, nodes(view))
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
}
