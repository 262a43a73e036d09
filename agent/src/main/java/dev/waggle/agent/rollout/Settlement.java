package dev.waggle.agent.rollout;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which of the pushes that wait together is to be rolled to which service, and how the others end: a pure function
/// of the pushes and of what the services are. The newest that a service wants settles all that it wanted before.
///
/// @param closings what ends without touching a service
/// @param rolls what is to be rolled
public record Settlement(List<Closing> closings, List<Roll> rolls) {

    /// A push that ends without touching a service.
    ///
    /// @param push what was pushed
    /// @param service the service, null if the outcome is the whole swarm's
    /// @param outcome how it ends
    public record Closing(Push push, @Nullable ServiceState service, RolloutOutcome outcome) {}

    /// A push to be rolled.
    ///
    /// @param push what was pushed
    /// @param service to which service
    public record Roll(Push push, ServiceState service) {}

    /// Takes copies.
    public Settlement {
        closings = List.copyOf(closings);
        rolls = List.copyOf(rolls);
    }

    /// Decides.
    ///
    /// @param pushes in the order of the queue
    /// @param services all that carry [ServiceLabels#TAGS]
    public static Settlement of(List<Push> pushes, List<ServiceState> services) {
        List<Closing> closings = new ArrayList<>();
        List<Roll> rolls = new ArrayList<>();
        Set<Push> wantedBySomebody = new HashSet<>();
        for (ServiceState service : services) {
            ServiceLabels.Reading labels = ServiceLabels.read(service.labels());
            List<Push> wanted = wanted(pushes, service, labels);
            Optional<Push> newest = newest(wanted, labels);
            if (newest.isEmpty()) {
                continue;
            }
            wantedBySomebody.addAll(wanted);
            for (Push push : wanted) {
                if (!push.equals(newest.get())) {
                    closings.add(new Closing(push, service, supersededBy(newest.get())));
                }
            }
            RolloutPlan.obstacle(service, newest.get())
                    .ifPresentOrElse(
                            outcome -> closings.add(new Closing(newest.get(), service, outcome)),
                            () -> rolls.add(new Roll(newest.get(), service)));
        }
        for (Push push : pushes) {
            if (!wantedBySomebody.contains(push)) {
                closings.add(new Closing(push, null, new RolloutOutcome.NoServiceWantsIt()));
            }
        }
        return new Settlement(closings, rolls);
    }

    /// A service whose labels do not parse may have wanted any: it is to be told of the newest.
    private static List<Push> wanted(
            List<Push> pushes,
            ServiceState service,
            ServiceLabels.Reading reading) {
        return pushes.stream()
                .filter(push -> service.isOf(push.repository()))
                .filter(push -> switch (reading) {
                    case ServiceLabels.Reading.Valid(ServiceLabels labels) ->
                        labels.tags().wants(push.tag());
                    case ServiceLabels.Reading.Invalid _ -> true;
                })
                .sorted(Comparator.comparing(Push::time))
                .toList();
    }

    /// The last in time, but for those that would be a step to a lower version.
    private static Optional<Push> newest(List<Push> wanted, ServiceLabels.Reading reading) {
        return wanted.stream()
                .reduce((newest, push) -> isLower(push, newest, reading) ? newest : push);
    }

    private static boolean isLower(Push push, Push than, ServiceLabels.Reading reading) {
        return switch (reading) {
            case ServiceLabels.Reading.Valid(ServiceLabels labels) ->
                labels.tags().isLower(push.tag(), than.tag());
            case ServiceLabels.Reading.Invalid _ -> false;
        };
    }

    private static RolloutOutcome supersededBy(Push push) {
        return new RolloutOutcome.Superseded(
                "by the push of " + push.tag() + " at " + push.time());
    }
}
