package dev.waggle.agent.rollout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings one service to one image, and watches until the truth is known: one look at the service
/// after the other, first deciding what to do about it, then following what became of it.
final class Rollout {

  private static final Logger LOG = LoggerFactory.getLogger(Rollout.class);

  /// Swarm tells of most changes by an event; this is for those that it does not tell of: the
  /// engine has no events of tasks.
  private static final Duration LOOK = Duration.ofSeconds(1);

  /// So many failures after Swarm has stopped watching are no accident.
  private static final int MOST_FAILURES = 3;

  private final Swarm swarm;
  private final Clock clock;
  private final Push push;
  private final String serviceId;
  private final ResolvedImage target;
  private final Ticker ticker;
  private final Duration deadline;
  private @Nullable Unanswered unanswered;
  private @Nullable Instant started;
  private @Nullable Instant firstServing;
  private @Nullable Duration convergedSince;
  private boolean following;
  private boolean followed;
  private String lastError = "";
  private String problem = "";

  /// An update whose answer was lost: Swarm may have taken it or not.
  ///
  /// @param sent when it was sent
  /// @param before the service that it was to change
  private record Unanswered(Instant sent, ServiceState before) {

    /// An update clears the status of the one before, so that a rollback of another status is its
    /// own.
    boolean wasRolledBack(ServiceState service) {
      return switch (service.updateState()) {
        case ROLLBACK_STARTED, ROLLBACK_PAUSED, ROLLBACK_COMPLETED ->
            !service.updateStatus().equals(before.updateStatus());
        case NONE, UPDATING, PAUSED, COMPLETED, UNKNOWN -> false;
      };
    }
  }

  Rollout(
      Swarm swarm,
      Clock clock,
      Ticker ticker,
      Push push,
      String serviceId,
      ResolvedImage target,
      Duration longest) {
    this.swarm = swarm;
    this.clock = clock;
    this.push = push;
    this.serviceId = serviceId;
    this.target = target;
    this.ticker = ticker;
    this.deadline = ticker.elapsed().plus(longest);
  }

  /// When the update was sent, null if none was.
  @Nullable Instant started() {
    return started;
  }

  /// When the first task of the image ran, null if none was seen to.
  @Nullable Instant firstServing() {
    return firstServing;
  }

  /// @throws SwarmUnavailableException if the engine is out of reach before there is anything to
  ///   follow; after that it is waited for until the deadline
  RolloutOutcome run() throws InterruptedException {
    try (Swarm.Changes changes = swarm.changes(serviceId)) {
      while (ticker.elapsed().compareTo(deadline) < 0) {
        try {
          Optional<RolloutOutcome> outcome = look();
          if (outcome.isPresent()) {
            return outcome.get();
          }
        } catch (SwarmUnavailableException unavailable) {
          if (unanswered == null && !following) {
            throw unavailable;
          }
          problem = String.valueOf(unavailable.getMessage());
        }
        changes.await(LOOK);
      }
      return new RolloutOutcome.TimedOut(problem, goesBack());
    }
  }

  /// Swarm counts tasks that fail, but waits forever for one that finds no place; and an engine
  /// that is started again in the middle of an update can call it completed without having watched.
  /// Left like that, the update would be in the way of the next push, or the service down; so what
  /// the service wants after a failure is done for it.
  ///
  /// @return whether Swarm was told to go back
  private boolean goesBack() throws InterruptedException {
    try {
      ServiceState service = swarm.service(serviceId).orElse(null);
      if (service == null || !isOursToEnd(service)) {
        return false;
      }
      boolean stuck =
          switch (service.updateState()) {
            case UPDATING -> true;
            case COMPLETED ->
                RolloutProgress.of(
                        service, swarm.tasks(serviceId), swarm.nodes(), target.reference(), "")
                    instanceof RolloutProgress.Underway;
            case NONE, PAUSED, ROLLBACK_STARTED, ROLLBACK_PAUSED, ROLLBACK_COMPLETED, UNKNOWN ->
                false;
          };
      return stuck && swarm.rollBack(service) instanceof Swarm.UpdateAnswer.Taken;
    } catch (SwarmUnavailableException unavailable) {
      return false;
    }
  }

  /// @return empty as long as there is something to wait for
  private Optional<RolloutOutcome> look() throws InterruptedException {
    Optional<ServiceState> service = swarm.service(serviceId);
    if (service.isEmpty()) {
      return Optional.of(new RolloutOutcome.Removed());
    }
    return following ? follow(service.get()) : begin(service.get());
  }

  private Optional<RolloutOutcome> begin(ServiceState service) throws InterruptedException {
    if (unanswered != null && unanswered.wasRolledBack(service)) {
      return startFollowing(service);
    }
    return switch (plan(service)) {
      case RolloutPlan.Close(RolloutOutcome outcome) -> Optional.of(outcome);
      case RolloutPlan.Follow() -> startFollowing(service);
      case RolloutPlan.WaitForOther() -> {
        forgetUnlessItMayArrive(service);
        problem = "another rollout of the service did not end";
        yield Optional.empty();
      }
      case RolloutPlan.Update(ObjectNode spec) -> {
        forgetUnlessItMayArrive(service);
        yield update(service, spec);
      }
    };
  }

  private RolloutPlan plan(ServiceState service) throws InterruptedException {
    return RolloutPlan.of(
        service,
        push,
        target,
        RolloutPlan.dependsOnTasks(service) ? swarm.tasks(serviceId) : List.of(),
        Placement.dependsOnNodes(service) ? swarm.nodes() : List.of());
  }

  /// An update is bound to the version that it was made from. Where that has passed without a trace
  /// of ours, ours was not taken and never will be.
  private void forgetUnlessItMayArrive(ServiceState service) {
    if (unanswered != null && !unanswered.before().version().equals(service.version())) {
      unanswered = null;
    }
  }

  /// The update is either somebody else's, or one of ours: its answer was lost, or whoever sent it
  /// is gone.
  private Optional<RolloutOutcome> startFollowing(ServiceState service)
      throws InterruptedException {
    if (unanswered != null) {
      started = unanswered.sent();
    } else if (service.wasGivenItsImageBy(push)) {
      started = service.updateStarted().orElse(push.acceptedAt());
    }
    following = true;
    return follow(service);
  }

  private Optional<RolloutOutcome> update(ServiceState service, ObjectNode spec)
      throws InterruptedException {
    Instant sent = clock.instant();
    return switch (send(service, spec, sent)) {
      case Swarm.UpdateAnswer.Taken() -> {
        started = sent;
        following = true;
        LOG.atInfo()
            .addKeyValue("service", service.name())
            .addKeyValue("image", target.reference())
            .log("update sent");
        yield Optional.empty();
      }
      case Swarm.UpdateAnswer.OutOfSequence() -> {
        problem = "others kept changing the service";
        yield Optional.empty();
      }
      case Swarm.UpdateAnswer.Rejected(String reason) ->
          Optional.of(new RolloutOutcome.RejectedByEngine(reason));
    };
  }

  private Swarm.UpdateAnswer send(ServiceState service, ObjectNode spec, Instant sent)
      throws InterruptedException {
    try {
      return swarm.update(service, spec);
    } catch (SwarmUnavailableException lost) {
      if (unanswered == null) {
        unanswered = new Unanswered(sent, service);
      }
      throw lost;
    }
  }

  private Optional<RolloutOutcome> follow(ServiceState service) throws InterruptedException {
    ImageReference image = target.reference();
    List<TaskState> tasks = swarm.tasks(serviceId);
    lastError =
        Optional.of(RolloutProgress.lastError(tasks, image))
            .filter(error -> !error.isEmpty())
            .orElse(lastError);
    problem = lastError;
    if (firstServing == null && started != null) {
      firstServing = RolloutProgress.firstRunning(tasks, image).orElse(null);
    }
    List<NodeState> nodes =
        RolloutProgress.dependsOnNodes(service, image) ? swarm.nodes() : List.of();
    boolean firstLook = !followed;
    followed = true;
    return switch (RolloutProgress.of(service, tasks, nodes, image, lastError)) {
      case RolloutProgress.Failed(RolloutOutcome outcome) -> Optional.of(outcome);
      case RolloutProgress.Underway() -> {
        convergedSince = null;
        if (keepsFailingUnwatched(service, tasks)) {
          swarm.rollBack(service);
        }
        yield Optional.empty();
      }
      case RolloutProgress.Converged _ when started == null && firstLook ->
          Optional.of(new RolloutOutcome.AlreadyCurrent());
      case RolloutProgress.Converged(boolean completed) -> {
        Duration now = ticker.elapsed();
        convergedSince = convergedSince == null ? now : convergedSince;
        // Where Swarm had no task to change it watches nothing: then we do, for as long.
        boolean proven = completed || now.compareTo(convergedSince.plus(service.monitor())) >= 0;
        yield proven ? Optional.of(new RolloutOutcome.Updated()) : Optional.empty();
      }
    };
  }

  /// Whether the last update is Waggle's, if not for this push then for another of the same
  /// content, and the service wants to go back from a failure: what somebody else began is not for
  /// us to end.
  private boolean isOursToEnd(ServiceState service) {
    return (started != null || service.wasLastUpdatedForAPush())
        && service.has(target.reference())
        && service.rollsBackOnFailure();
  }

  /// Whether nobody but us sees that the tasks of the update fail: Swarm has called it completed.
  private boolean keepsFailingUnwatched(ServiceState service, List<TaskState> tasks) {
    return isOursToEnd(service)
        && service.updateState() == ServiceState.UpdateState.COMPLETED
        && service
                .updateStarted()
                .map(since -> RolloutProgress.failures(tasks, target.reference(), since))
                .orElse(0L)
            >= MOST_FAILURES;
  }
}
