package dev.waggle.agent.rollout;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// Settles pushes: decides which is rolled to which service, rolls them, and reports how each ended for each
/// service, once.
public final class RollPush {

    /// A push that is delivered again is one of the last; this many are 100 KB.
    private static final int MOST_REMEMBERED = 1000;

    private final Swarm swarm;
    private final Outcomes outcomes;
    private final Clock clock;
    private final Duration longestRollout;
    private final Set<Ending> reported = Collections.synchronizedSet(
            Collections.newSetFromMap(new LinkedHashMap<>() {

                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Ending, Boolean> eldest) {
                    return size() > MOST_REMEMBERED;
                }
            }));

    /// A push as it arrived.
    ///
    /// @param push what was pushed
    /// @param queued when the queue took it
    /// @param received when it was received from the queue
    public record Arrival(Push push, Instant queued, Instant received) {}

    private record Ending(String deliveryId, @Nullable String serviceId) {}

    /// Wires the parts together.
    ///
    /// @param swarm where the services are
    /// @param outcomes is told how each ended
    /// @param clock the time
    /// @param longestRollout how long one service may take before it is reported as timed out
    public RollPush(Swarm swarm, Outcomes outcomes, Clock clock, Duration longestRollout) {
        this.swarm = swarm;
        this.outcomes = outcomes;
        this.clock = clock;
        this.longestRollout = longestRollout;
    }

    /// Decides what becomes of pushes that wait together, and reports those that end without a rollout.
    ///
    /// @param arrivals in the order of the queue
    /// @return what is left to be rolled, by push: see [#roll]
    /// @throws SwarmUnavailableException if the services cannot be listed: nothing was decided
    public Map<Arrival, List<ServiceState>> settle(List<Arrival> arrivals)
            throws InterruptedException {
        Settlement settlement = Settlement.of(
                arrivals.stream().map(Arrival::push).toList(),
                swarm.servicesWithLabel(ServiceLabels.TAGS));
        Map<Arrival, List<ServiceState>> rolls = new LinkedHashMap<>();
        for (Arrival arrival : arrivals) {
            for (Settlement.Closing closing : settlement.closings()) {
                if (closing.push().equals(arrival.push())) {
                    close(arrival, closing.service(), closing.outcome(), null);
                }
            }
            List<ServiceState> services = settlement.rolls()
                    .stream()
                    .filter(roll -> roll.push().equals(arrival.push()))
                    .map(Settlement.Roll::service)
                    .filter(service -> !reported.contains(ending(arrival, service)))
                    .toList();
            if (!services.isEmpty()) {
                rolls.put(arrival, services);
            }
        }
        return rolls;
    }

    /// Rolls services to a push; returns when all have ended, and each was reported.
    ///
    /// @throws SwarmUnavailableException if a service could not be decided upon: to be settled again. The others were
    ///     reported.
    /// @throws InterruptedException if told to stop before the end; Swarm goes on by itself, and the next delivery of
    ///     the push finds what became of it
    public void roll(Arrival arrival, List<ServiceState> services) throws InterruptedException {
        switch (swarm.resolve(arrival.push().image())) {
            case Swarm.Resolution.Refused(String reason) -> services.forEach(
                    service -> close(
                            arrival,
                            service,
                            new RolloutOutcome.RefusedByRegistry(reason),
                            null));
            case Swarm.Resolution.Unauthorised(String reason) -> services.forEach(
                    service -> close(
                            arrival,
                            service,
                            new RolloutOutcome.Unauthorised(reason),
                            null));
            case Swarm.Resolution.Resolved(ResolvedImage image) ->
                rollEach(arrival, services, image);
        }
    }

    private void rollEach(Arrival arrival, List<ServiceState> services, ResolvedImage image)
            throws InterruptedException {
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> rollouts = new ArrayList<>();
            for (ServiceState service : services) {
                rollouts.add(executor.submit(() -> {
                    Rollout rollout = new Rollout(swarm, clock, arrival.push(), service.id(), image,
                            longest(service));
                    close(arrival, service, rollout.run(), rollout);
                    return null;
                }));
            }
            try {
                awaitAll(rollouts);
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
            case ServiceLabels.Reading.Valid _,ServiceLabels.Reading.Invalid _ -> longestRollout;
        };
    }

    private static void awaitAll(List<Future<?>> rollouts) throws InterruptedException {
        RuntimeException failure = null;
        for (Future<?> rollout : rollouts) {
            try {
                rollout.get();
            } catch (ExecutionException failed) {
                RuntimeException next = failed.getCause() instanceof RuntimeException cause
                        ? cause
                        : new IllegalStateException(failed.getCause());
                if (failure == null) {
                    failure = next;
                } else {
                    failure.addSuppressed(next);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void close(
            Arrival arrival,
            @Nullable ServiceState service,
            RolloutOutcome outcome,
            @Nullable Rollout rollout) {
        if (!reported.add(ending(arrival, service))) {
            return;
        }
        Push push = arrival.push();
        outcomes.closed(
                push,
                service == null ? null : service.name(),
                outcome,
                new Timeline(push.pushedAt(), push.acceptedAt(), arrival.queued(),
                        arrival.received(),
                        rollout == null ? null : rollout.started(),
                        rollout == null ? null : rollout.firstServing(),
                        clock.instant()));
    }

    private static Ending ending(Arrival arrival, @Nullable ServiceState service) {
        return new Ending(arrival.push().deliveryId(), service == null ? null : service.id());
    }
}
