package dev.waggle.agent.rollout;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// Rolls every service that wants a push to what was pushed, and reports how each ended.
public final class RollPush {

    private final Swarm swarm;
    private final Outcomes outcomes;
    private final Clock clock;
    private final Duration longestRollout;

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

    /// Returns when every service that wants the push has ended, and each was reported.
    ///
    /// @param push what was pushed
    /// @param queued when the queue took it
    /// @param received when it was received from the queue
    /// @throws SwarmUnavailableException if a service could not be decided upon: to be tried again. The others were
    ///     reported.
    /// @throws InterruptedException if told to stop before the end; Swarm goes on by itself, and the next delivery of
    ///     the push finds what became of it
    public void roll(Push push, Instant queued, Instant received) throws InterruptedException {
        Report report = new Report(push, queued, received);
        List<ServiceState> wanting = new ArrayList<>();
        boolean nobodyTold = true;
        for (ServiceState service : swarm.servicesWithLabel(ServiceLabels.TAGS)) {
            if (!service.isOf(push.repository())) {
                continue;
            }
            switch (ServiceLabels.read(service.labels())) {
                case ServiceLabels.Reading.Invalid(String problem) -> {
                    report.close(service.name(), new RolloutOutcome.LeftAlone(problem), null);
                    nobodyTold = false;
                }
                case ServiceLabels.Reading.Valid(ServiceLabels labels) -> {
                    if (labels.tags().matches(push.tag())) {
                        wanting.add(service);
                    }
                }
            }
        }
        if (!wanting.isEmpty()) {
            roll(wanting, push, report);
        } else if (nobodyTold) {
            report.close(null, new RolloutOutcome.NoServiceWantsIt(), null);
        }
    }

    private void roll(List<ServiceState> services, Push push, Report report)
            throws InterruptedException {
        switch (swarm.resolve(push.image())) {
            case Swarm.Resolution.Refused(String reason) -> services.forEach(
                    service -> report.close(
                            service.name(),
                            new RolloutOutcome.RefusedByRegistry(reason),
                            null));
            case Swarm.Resolution.Resolved(ResolvedImage image) ->
                rollEach(services, image, report);
        }
    }

    private void rollEach(List<ServiceState> services, ResolvedImage image, Report report)
            throws InterruptedException {
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> rollouts = new ArrayList<>();
            for (ServiceState service : services) {
                rollouts.add(executor.submit(() -> {
                    Rollout rollout = new Rollout(swarm, clock, service.id(), image,
                            longestRollout);
                    report.close(service.name(), rollout.run(), rollout);
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

    private final class Report {

        private final Push push;
        private final Instant queued;
        private final Instant received;

        Report(Push push, Instant queued, Instant received) {
            this.push = push;
            this.queued = queued;
            this.received = received;
        }

        void close(@Nullable String service, RolloutOutcome outcome, @Nullable Rollout rollout) {
            outcomes.closed(
                    push,
                    service,
                    outcome,
                    new Timeline(push.pushedAt(), push.acceptedAt(), queued, received,
                            rollout == null ? null : rollout.started(),
                            rollout == null ? null : rollout.firstServing(),
                            clock.instant()));
        }
    }
}
