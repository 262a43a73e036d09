package dev.waggle.agent.rollout;

import com.fasterxml.jackson.databind.node.ObjectNode;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at one service and does what [Plan] says, one step at a time.
final class ServiceWorker {

  private static final Logger LOG = LoggerFactory.getLogger(ServiceWorker.class);

  /// Swarm tells of most changes by an event; this is for those that it does not tell of: the
  /// engine has no events of tasks.
  private static final Duration LOOK = Duration.ofSeconds(1);

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
  private Memory memory = new Memory("", Duration.ZERO);

  /// What this process saw of a rollout; of another one it knows nothing yet.
  private static final class Memory {

    final String id;
    final Duration began;
    Optional<Swarm.Resolution> lookup = Optional.empty();
    boolean taken;
    boolean followed;
    @Nullable Instant sent;
    @Nullable Instant serving;
    @Nullable Duration converged;
    String lastError = "";

    Memory(String id, Duration began) {
      this.id = id;
      this.began = began;
    }
  }

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
    ServiceRecord mine = stored.record().actedOnBy(queue);
    if (mine.open().isEmpty()) {
      return Optional.empty();
    }
    Optional<ServiceState> service = swarm.service(serviceId);
    if (service.isEmpty()) {
      ending(stored, removed(stored.record()));
      return Optional.of(NOW);
    }
    View view = look(mine, service.get());
    Step step = Plan.next(view);
    if (!(step instanceof Step.Confirm)) {
      memory.converged = null;
    }
    return apply(step, stored, view);
  }

  private Optional<Duration> apply(Step step, Stored stored, View view)
      throws InterruptedException {
    switch (step) {
      case Step.Rest() -> {
        return Optional.empty();
      }
      case Step.Wait _ -> {
        return Optional.of(LOOK);
      }
      case Step.Confirm() -> {
        memory.converged = memory.converged == null ? ticker.elapsed() : memory.converged;
        return Optional.of(LOOK);
      }
      case Step.WaitUntil(Instant until) -> {
        return Optional.of(Duration.between(clock.instant(), until).plusMillis(1));
      }
      case Step.LookUp(ImageReference image) -> memory.lookup = Optional.of(lookups.answer(image));
      case Step.Begin(Rollout rollout, Attempt attempt) -> {
        if (attempt.updates()) {
          lookups.start(rollout.push().image());
        }
        records.write(serviceId, stored, stored.record().begin(rollout, attempt));
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
        String error = memory.lastError;
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
    boolean followed = remember(record, service, tasks, now);
    Duration elapsed = ticker.elapsed();
    return new View(
        record,
        service,
        tasks,
        nodes,
        memory.lookup,
        new View.Seen(
            memory.taken,
            followed,
            memory.lastError,
            elapsed.minus(memory.began),
            memory.converged == null ? Duration.ZERO : elapsed.minus(memory.converged)),
        now,
        longest);
  }

  /// @return whether the rollout was followed before
  private boolean remember(
      ServiceRecord record, ServiceState service, List<TaskState> tasks, Instant now) {
    Optional<Rollout> rollout = record.underWay();
    Attempt attempt = rollout.map(Rollout::attempt).orElse(null);
    if (rollout.isEmpty() || attempt == null) {
      return false;
    }
    String id = rollout.get().id() + " " + attempt.since();
    if (!memory.id.equals(id)) {
      // Clocks may be set, and another agent may have another: what is left of the time is bounded.
      Duration ago = Duration.between(attempt.since(), now);
      memory = new Memory(id, ticker.elapsed().minus(ago.isNegative() ? Duration.ZERO : ago));
    }
    String error = Progress.lastError(tasks, attempt.image());
    memory.lastError = error.isEmpty() ? memory.lastError : error;
    if (memory.serving == null) {
      memory.serving = Progress.firstRunning(tasks, attempt.image()).orElse(null);
    }
    boolean before = memory.followed;
    memory.followed = before || service.has(attempt.image());
    return before;
  }

  private void send(Stored stored, View view, Rollout rollout, ObjectNode spec)
      throws InterruptedException {
    memory.sent = clock.instant();
    switch (swarm.update(view.service(), spec)) {
      case Swarm.UpdateAnswer.Taken() -> {
        memory.taken = true;
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
            attempt == null ? null : Optional.ofNullable(memory.sent).orElse(attempt.since()),
            attempt == null ? null : memory.serving,
            attempt == null ? null : attempt.before(),
            false);
    ServiceRecord next =
        stored.record().close(rollout, ending, Plan.superseded(view, rollout, conclusion));
    ending(stored, learned(next, rollout, conclusion));
  }

  /// A digest that failed is not tried again; one that went live after all is as good as any.
  private ServiceRecord learned(ServiceRecord record, Rollout rollout, Conclusion conclusion) {
    if (rollout.attempt() == null || rollout.attempt().image().digest() == null) {
      return record;
    }
    return switch (conclusion.outcome()) {
      case UPDATED, ALREADY_CURRENT -> record.withoutFailed(rollout.attempt().image().digest());
      case ROLLED_BACK, TIMED_OUT ->
          conclusion.triesOlder()
                  && Progress.failedAfterItsStart(
                      memory.lastError.isEmpty() ? null : memory.lastError)
              ? record.withFailed(rollout.attempt().image().digest())
              : record;
      default -> record;
    };
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
