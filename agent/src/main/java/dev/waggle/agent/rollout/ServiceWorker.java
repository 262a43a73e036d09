package dev.waggle.agent.rollout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.Attempt;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Endings;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Records;
import dev.waggle.agent.record.Records.Stored;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.NodeState;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Swarm;
import dev.waggle.agent.service.SwarmUnavailableException;
import dev.waggle.agent.service.TaskState;
import dev.waggle.agent.service.Ticker;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at one service and does what [Plan] says, one step at a time.
final class ServiceWorker {

  private static final Logger LOG = LoggerFactory.getLogger(ServiceWorker.class);

  /// Swarm tells of most changes by an event; this is for those that it does not tell of: the
  /// engine has no events of tasks.
  private static final Duration LOOK = Duration.ofSeconds(1);

  /// Of what was read, to act on it; the registry may take longer to answer.
  private static final Duration MAX_AGE = Duration.ofMillis(100);

  private static final Duration NOW = Duration.ZERO;

  private final String serviceId;
  private final Swarm swarm;
  private final Records records;
  private final Lookups lookups;
  private final Clock clock;
  private final Ticker ticker;
  private final Duration longest;
  private final String queue;
  private final Endings endings;
  private Memory memory = Memory.none();

  /// @param longest how long a rollout may take if the service does not say
  /// @param queue the agent's: what came by another is another agent's
  /// @param endings is told what ended
  ServiceWorker(
      String serviceId,
      Swarm swarm,
      Records records,
      Lookups lookups,
      Clock clock,
      Ticker ticker,
      Duration longest,
      String queue,
      Endings endings) {
    this.serviceId = serviceId;
    this.swarm = swarm;
    this.records = records;
    this.lookups = lookups;
    this.clock = clock;
    this.ticker = ticker;
    this.longest = longest;
    this.queue = queue;
    this.endings = endings;
  }

  /// Looks, and does one step.
  ///
  /// @return how long to wait before the next, empty if there is nothing to do
  /// @throws SwarmUnavailableException if the engine or the registry does not answer
  Optional<Duration> step() throws InterruptedException {
    Stored stored = records.read(serviceId, "");
    endings.found(serviceId, stored.record());
    if (stored.record().actedOnBy(queue).open().isEmpty()) {
      return Optional.empty();
    }
    Optional<ServiceState> service = swarm.service(serviceId);
    if (service.isEmpty()) {
      ending(stored, removed(stored.record()));
      return Optional.of(NOW);
    }
    while (true) {
      View view = look(stored.record().actedOnBy(queue), service.get());
      switch (Plan.next(view)) {
        case Step.Begin(Rollout rollout, Attempt attempt) -> {
          ServiceRecord begun = stored.record().begin(rollout, attempt);
          if (attempt.updates()) {
            lookups.start(rollout.push().image());
          }
          if (!records.write(serviceId, stored, begun) || !attempt.updates()) {
            return Optional.of(NOW);
          }
          // The version is still that of before: another write is refused, and all is read again.
          stored = new Stored(begun, stored.version());
        }
        case Step.LookUp(ImageReference image) -> {
          Duration asked = ticker.elapsed();
          memory.noteAnswer(lookups.answer(image));
          if (ticker.elapsed().minus(asked).compareTo(MAX_AGE) > 0) {
            return Optional.of(NOW);
          }
        }
        case Step.Inspect(ImageReference image) -> memory.noteImageHealth(swarm.imageHealth(image));
        case Step.Decisive step -> {
          return apply(step, stored, view);
        }
      }
    }
  }

  private Optional<Duration> apply(Step.Decisive step, Stored stored, View view)
      throws InterruptedException {
    if (!(step instanceof Step.Confirm)) {
      memory.forgetConvergence();
    }
    switch (step) {
      case Step.Rest() -> {
        return Optional.empty();
      }
      case Step.Wait _ -> {
        return Optional.of(LOOK);
      }
      case Step.Confirm() -> {
        memory.noteConvergence(ticker.elapsed());
        return Optional.of(LOOK);
      }
      case Step.WaitUntil(Instant until) -> {
        return Optional.of(Duration.between(clock.instant(), until).plusMillis(1));
      }
      case Step.Send(Rollout rollout, ObjectNode spec) -> send(stored, view, rollout, spec);
      case Step.RollBack() -> {
        swarm.rollBack(view.service());
        return Optional.of(LOOK);
      }
      case Step.GiveUp(Rollout rollout, Conclusion done, Conclusion refused) -> {
        switch (swarm.rollBack(view.service())) {
          case Swarm.UpdateAnswer.Taken() -> close(stored, view, rollout, done, true);
          case Swarm.UpdateAnswer.OutOfSequence() -> {}
          case Swarm.UpdateAnswer.Rejected _ -> close(stored, view, rollout, refused, true);
        }
      }
      case Step.Drop(Rollout rollout) ->
          records.write(serviceId, stored, stored.record().drop(rollout));
      case Step.Postpone(Rollout rollout, Instant until) -> {
        String error = memory.lastError();
        LOG.atWarn()
            .addKeyValue("deliveryId", rollout.id())
            .addKeyValue("service", view.service().name())
            .addKeyValue("reason", error.isEmpty() ? "the registry may lag" : error)
            .addKeyValue("until", until)
            .log("push postponed");
        records.write(serviceId, stored, stored.record().postpone(rollout, until));
      }
      case Step.Close(Rollout rollout, Conclusion conclusion, boolean touched) ->
          close(stored, view, rollout, conclusion, touched);
    }
    return Optional.of(NOW);
  }

  private View look(ServiceRecord record, ServiceState service) throws InterruptedException {
    List<TaskState> tasks =
        Plan.dependsOnTasks(record, service) ? swarm.tasks(serviceId) : List.of();
    List<NodeState> nodes = Plan.dependsOnNodes(record, service) ? swarm.nodes() : List.of();
    Instant now = clock.instant();
    Duration elapsed = ticker.elapsed();
    memory = memory.of(record, now, elapsed);
    View.Seen seen = memory.look(record, service, tasks, elapsed);
    return new View(record, service, tasks, nodes, memory.answer(), seen, now, longest);
  }

  private void send(Stored stored, View view, Rollout rollout, ObjectNode spec)
      throws InterruptedException {
    memory.noteSending(clock.instant());
    switch (swarm.update(view.service(), spec)) {
      case Swarm.UpdateAnswer.Taken() -> {
        memory.noteTaken();
        LOG.atInfo()
            .addKeyValue("service", view.service().name())
            .addKeyValue("image", spec.at("/TaskTemplate/ContainerSpec/Image").asText())
            .log("update sent");
      }
      case Swarm.UpdateAnswer.OutOfSequence() -> {}
      case Swarm.UpdateAnswer.Rejected(String reason) ->
          close(
              stored, view, rollout, Conclusion.of(Outcome.REJECTED_BY_THE_ENGINE, reason), false);
    }
  }

  private void close(
      Stored stored, View view, Rollout rollout, Conclusion conclusion, boolean touched)
      throws InterruptedException {
    Attempt attempt = touched ? rollout.attempt() : null;
    Ending ending =
        new Ending(
            conclusion.outcome(),
            conclusion.detail(),
            clock.instant(),
            attempt == null ? null : memory.sent().orElse(attempt.since()),
            attempt == null ? null : memory.serving().orElse(null),
            conclusion.servesAgain() ? clock.instant() : null,
            attempt == null ? null : attempt.before(),
            false);
    ServiceRecord next =
        stored.record().close(rollout, ending, Candidates.superseded(view, rollout, conclusion));
    ending(stored, learned(next, rollout, conclusion));
  }

  /// A digest that failed is not tried again; one that went live after all is as good as any.
  private ServiceRecord learned(ServiceRecord record, Rollout rollout, Conclusion conclusion) {
    Digest digest = rollout.attempt() == null ? null : rollout.attempt().image().digest();
    Outcome outcome = conclusion.outcome();
    if (digest == null) {
      return record;
    }
    if (outcome.isOnTheService()) {
      return record.withoutFailed(digest);
    }
    boolean imageFailed =
        (outcome == Outcome.ROLLED_BACK || outcome == Outcome.TIMED_OUT)
            && conclusion.triesOlder()
            && Progress.isFailureAfterStart(memory.lastError());
    return imageFailed ? record.withFailed(digest) : record;
  }

  private ServiceRecord removed(ServiceRecord record) {
    ServiceRecord next = record;
    for (Rollout rollout : record.open()) {
      next = next.close(rollout, Ending.untouched(Outcome.REMOVED, "", clock.instant()), List.of());
    }
    return next;
  }

  private void ending(Stored stored, ServiceRecord next) throws InterruptedException {
    if (records.write(serviceId, stored, next)) {
      endings.ended(serviceId, next.service(), new Records.Change(stored.record(), next).ended());
    }
  }
}
