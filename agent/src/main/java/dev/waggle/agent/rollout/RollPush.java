package dev.waggle.agent.rollout;

import dev.waggle.agent.rollout.Settlement.Roll;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// Settles pushes: decides which is rolled to which service, rolls them, and reports how each ended
/// for each service, once.
public final class RollPush {

  /// A push that is delivered again is one of the last; this many are 100 KB.
  private static final int MOST_REMEMBERED = 1000;

  /// A registry that was away while the nodes pulled, or an engine that was starting, may be well
  /// again; after so many receives it is not.
  private static final int MOST_TRIES = 3;

  private final Swarm swarm;
  private final Outcomes outcomes;
  private final Clock clock;
  private final Ticker ticker;
  private final Duration longestRollout;
  private final Map<Ending, RolloutOutcome> reported = mostRecent();

  /// By the service's id, the newest push whose content it had already. No label tells of that: the
  /// update would take the place of what a rollback goes back to.
  private final Map<String, Push> newestAlreadyCurrent = mostRecent();

  private record Ending(String deliveryId, @Nullable String serviceId) {

    static Ending of(Arrival arrival, @Nullable ServiceState service) {
      return new Ending(arrival.push().deliveryId(), service == null ? null : service.id());
    }
  }

  /// Wires the parts together.
  ///
  /// @param swarm where the services are
  /// @param outcomes is told how each ended
  /// @param clock the time
  /// @param ticker how long it takes
  /// @param longestRollout how long one service may take before it is reported as timed out
  public RollPush(
      Swarm swarm, Outcomes outcomes, Clock clock, Ticker ticker, Duration longestRollout) {
    this.swarm = swarm;
    this.outcomes = outcomes;
    this.clock = clock;
    this.ticker = ticker;
    this.longestRollout = longestRollout;
  }

  /// Decides what becomes of pushes that wait together, and reports those that end without a
  /// rollout.
  ///
  /// @param arrivals in the order of the queue
  /// @param mostInReserve how many older pushes at most are kept for each service, for the case
  ///   that the newest fails
  /// @return what is left to be rolled: see [#roll]
  /// @throws SwarmUnavailableException if the services cannot be listed: nothing was decided
  public List<Roll> settle(List<Arrival> arrivals, int mostInReserve) throws InterruptedException {
    return report(
        Settlement.of(
            arrivals, swarm.servicesWithLabel(ServiceLabels.TAGS), this::ending, mostInReserve));
  }

  /// Rolls services to a push; returns when all have ended, and each was reported.
  ///
  /// @param rolls all of one push
  /// @return what is to be rolled next, of older pushes to services for which the push has failed
  /// @throws SwarmUnavailableException if a service could not be decided upon: to be settled again.
  ///   The others were reported.
  /// @throws InterruptedException if told to stop before the end; Swarm goes on by itself, and the
  ///   next delivery of the push finds what became of it
  public List<Roll> roll(List<Roll> rolls) throws InterruptedException {
    List<Roll> next = new ArrayList<>();
    List<Roll> inTime = new ArrayList<>();
    for (Roll roll : rolls) {
      Push newest = newestAlreadyCurrent.get(roll.service().id());
      if (newest != null && roll.arrival().push().time().isBefore(newest.time())) {
        next.addAll(close(roll, RolloutOutcome.Superseded.by(newest), null));
      } else {
        inTime.add(roll);
      }
    }
    if (!inTime.isEmpty()) {
      next.addAll(resolveAndRoll(inTime));
    }
    return next;
  }

  private List<Roll> resolveAndRoll(List<Roll> rolls) throws InterruptedException {
    return switch (swarm.resolve(rolls.getFirst().arrival().push().image())) {
      case Swarm.Resolution.Refused(String reason) ->
          closeAll(rolls, new RolloutOutcome.RefusedByRegistry(reason));
      case Swarm.Resolution.Unauthorised(String reason) ->
          closeAll(rolls, new RolloutOutcome.Unauthorised(reason));
      case Swarm.Resolution.Resolved(ResolvedImage image) -> rollEach(rolls, image);
    };
  }

  /// What is left of rolls whose push failed in a way that says nothing of the older ones.
  public List<Roll> withoutThisPush(List<Roll> rolls) {
    return rolls.stream()
        .flatMap(
            roll ->
                ending(roll.arrival(), roll.service())
                    .map(outcome -> Settlement.after(roll, outcome, this::ending).rolls())
                    .orElseGet(() -> roll.next())
                    .stream())
        .toList();
  }

  private List<Roll> closeAll(List<Roll> rolls, RolloutOutcome outcome) {
    return rolls.stream().flatMap(roll -> close(roll, outcome, null).stream()).toList();
  }

  private List<Roll> rollEach(List<Roll> rolls, ResolvedImage image) throws InterruptedException {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<Roll>>> rollouts = new ArrayList<>();
      for (Roll roll : rolls) {
        rollouts.add(
            executor.submit(
                () -> {
                  Rollout rollout =
                      new Rollout(
                          swarm,
                          clock,
                          ticker,
                          roll.arrival().push(),
                          roll.service().id(),
                          image,
                          longest(roll.service()));
                  RolloutOutcome outcome = rollout.run();
                  if (outcome instanceof RolloutOutcome.RolledBack(String error)
                      && RolloutProgress.mayPass(error)
                      && roll.arrival().receiveCount() < MOST_TRIES) {
                    throw new SwarmUnavailableException("the nodes were not ready: " + error);
                  }
                  return close(roll, outcome, rollout);
                }));
      }
      try {
        return awaitAll(rollouts);
      } catch (InterruptedException stopped) {
        executor.shutdownNow();
        throw stopped;
      }
    }
  }

  private Duration longest(ServiceState service) {
    return switch (ServiceLabels.read(service.labels())) {
      case ServiceLabels.Reading.Valid(ServiceLabels labels) when labels.timeout() != null ->
          labels.timeout();
      case ServiceLabels.Reading.Valid _, ServiceLabels.Reading.Invalid _ -> longestRollout;
    };
  }

  private static List<Roll> awaitAll(List<Future<List<Roll>>> rollouts)
      throws InterruptedException {
    List<Roll> next = new ArrayList<>();
    RuntimeException failure = null;
    for (Future<List<Roll>> rollout : rollouts) {
      try {
        next.addAll(rollout.get());
      } catch (ExecutionException failed) {
        RuntimeException another =
            failed.getCause() instanceof RuntimeException cause
                ? cause
                : new IllegalStateException(failed.getCause());
        if (failure == null) {
          failure = another;
        } else {
          failure.addSuppressed(another);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
    return next;
  }

  private List<Roll> close(Roll roll, RolloutOutcome outcome, @Nullable Rollout rollout) {
    close(roll.arrival(), roll.service(), outcome, rollout);
    return report(Settlement.after(roll, outcome, this::ending));
  }

  private List<Roll> report(Settlement settlement) {
    settlement
        .closings()
        .forEach(closing -> close(closing.arrival(), closing.service(), closing.outcome(), null));
    return settlement.rolls();
  }

  private void close(
      Arrival arrival,
      @Nullable ServiceState service,
      RolloutOutcome outcome,
      @Nullable Rollout rollout) {
    if (reported.putIfAbsent(Ending.of(arrival, service), outcome) != null) {
      return;
    }
    Push push = arrival.push();
    if (service != null && outcome instanceof RolloutOutcome.AlreadyCurrent) {
      newestAlreadyCurrent.put(service.id(), push);
    }
    outcomes.closed(
        push,
        service == null ? null : service.name(),
        outcome,
        new Timeline(
            push.pushedAt(),
            push.acceptedAt(),
            arrival.queued(),
            arrival.received(),
            rollout == null ? null : rollout.started(),
            rollout == null ? null : rollout.firstServing(),
            clock.instant()));
  }

  private Optional<RolloutOutcome> ending(Arrival arrival, ServiceState service) {
    return Optional.ofNullable(reported.get(Ending.of(arrival, service)));
  }

  private static <K, V> Map<K, V> mostRecent() {
    return Collections.synchronizedMap(
        new LinkedHashMap<>() {

          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > MOST_REMEMBERED;
          }
        });
  }
}
