package dev.waggle.agent.rollout;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Which of the pushes that wait together is to be rolled to which service, and how the others end:
/// a pure function of the pushes and of what the services are. The newest that a service wants
/// settles all that it wanted before, unless it fails because of its image: then the next newest
/// does.
///
/// @param closings what ends without touching a service
/// @param rolls what is to be rolled
public record Settlement(List<Closing> closings, List<Roll> rolls) {

  /// A push that ends without touching a service.
  ///
  /// @param arrival the push
  /// @param service the service, null if the outcome is the whole swarm's
  /// @param outcome how it ends
  public record Closing(Arrival arrival, @Nullable ServiceState service, RolloutOutcome outcome) {}

  /// A push to be rolled.
  ///
  /// @param arrival the push
  /// @param service to which service
  /// @param older what else the service wants, in the order in which it is to be tried should the
  ///   push fail
  public record Roll(Arrival arrival, ServiceState service, List<Arrival> older) {

    /// Takes a copy.
    public Roll {
      older = List.copyOf(older);
    }

    /// The next older, empty if there is none.
    List<Roll> next() {
      return older.isEmpty()
          ? List.of()
          : List.of(new Roll(older.getFirst(), service, older.subList(1, older.size())));
    }

    /// What is left of this when only some of the pushes are, empty if nothing is.
    public Optional<Roll> among(Set<Arrival> some) {
      List<Arrival> left = arrivals().filter(some::contains).toList();
      return left.isEmpty()
          ? Optional.empty()
          : Optional.of(new Roll(left.getFirst(), service, left.subList(1, left.size())));
    }

    /// All pushes whose end depends on this.
    public Stream<Arrival> arrivals() {
      return Stream.concat(Stream.of(arrival), older.stream());
    }
  }

  /// How pushes ended that were settled before and have come again.
  @FunctionalInterface
  interface Endings {

    /// How a push ended for a service, empty if it has not.
    Optional<RolloutOutcome> of(Arrival arrival, ServiceState service);
  }

  /// Takes copies.
  public Settlement {
    closings = List.copyOf(closings);
    rolls = List.copyOf(rolls);
  }

  /// Decides.
  ///
  /// @param arrivals in the order of the queue
  /// @param services all that carry [ServiceLabels#TAGS]
  /// @param mostInReserve how many older pushes at most are kept for each service
  static Settlement of(
      List<Arrival> arrivals, List<ServiceState> services, Endings endings, int mostInReserve) {
    List<Closing> closings = new ArrayList<>();
    List<Roll> rolls = new ArrayList<>();
    Set<Arrival> wantedBySomebody = new HashSet<>();
    for (ServiceState service : services) {
      ServiceLabels.Reading labels = ServiceLabels.read(service.labels());
      List<Arrival> wanted = wanted(arrivals, service, labels);
      wantedBySomebody.addAll(wanted);
      Settlement settlement = settle(service, newestFirst(wanted, labels), endings, mostInReserve);
      closings.addAll(settlement.closings());
      rolls.addAll(settlement.rolls());
    }
    for (Arrival arrival : arrivals) {
      if (!wantedBySomebody.contains(arrival)) {
        closings.add(new Closing(arrival, null, new RolloutOutcome.NoServiceWantsIt()));
      }
    }
    return new Settlement(closings, rolls);
  }

  /// Decides about the older pushes, now that it is known how the newest ended.
  static Settlement after(Roll roll, RolloutOutcome outcome, Endings endings) {
    return outcome.isTheImagesFault()
        ? settle(roll.service(), roll.older(), endings, Integer.MAX_VALUE)
        : new Settlement(superseded(roll.older(), roll.service(), roll.arrival()), List.of());
  }

  private static Settlement settle(
      ServiceState service, List<Arrival> newestFirst, Endings endings, int mostInReserve) {
    List<Closing> closings = new ArrayList<>();
    for (int i = 0; i < newestFirst.size(); i++) {
      Arrival arrival = newestFirst.get(i);
      List<Arrival> older = newestFirst.subList(i + 1, newestFirst.size());
      Optional<RolloutOutcome> before = endings.of(arrival, service);
      Optional<RolloutOutcome> end = before.or(() -> RolloutPlan.obstacle(service, arrival.push()));
      if (end.isEmpty()) {
        int kept = Math.min(mostInReserve, older.size());
        closings.addAll(superseded(older.subList(kept, older.size()), service, arrival));
        return new Settlement(
            closings, List.of(new Roll(arrival, service, older.subList(0, kept))));
      }
      if (before.isEmpty()) {
        closings.add(new Closing(arrival, service, end.get()));
      }
      if (!end.get().isTheImagesFault()) {
        closings.addAll(superseded(older, service, arrival));
        break;
      }
    }
    return new Settlement(closings, List.of());
  }

  private static List<Closing> superseded(List<Arrival> older, ServiceState service, Arrival by) {
    RolloutOutcome outcome = RolloutOutcome.Superseded.by(by.push());
    return older.stream().map(arrival -> new Closing(arrival, service, outcome)).toList();
  }

  /// A service whose labels do not parse may have wanted any: it is to be told of the newest.
  private static List<Arrival> wanted(
      List<Arrival> arrivals, ServiceState service, ServiceLabels.Reading reading) {
    return arrivals.stream()
        .filter(arrival -> service.isOf(arrival.push().repository()))
        .filter(
            arrival ->
                switch (reading) {
                  case ServiceLabels.Reading.Valid(ServiceLabels labels) ->
                      labels.tags().wants(arrival.push().tag());
                  case ServiceLabels.Reading.Invalid _ -> true;
                })
        .sorted(Comparator.comparing(arrival -> arrival.push().time()))
        .toList();
  }

  /// The last in time, but for those that would be a step to a lower version.
  private static List<Arrival> newestFirst(
      List<Arrival> oldestFirst, ServiceLabels.Reading reading) {
    List<Arrival> left = new ArrayList<>(oldestFirst);
    List<Arrival> newestFirst = new ArrayList<>();
    while (!left.isEmpty()) {
      Arrival next =
          left.stream()
              .reduce((newest, one) -> isLower(one, newest, reading) ? newest : one)
              .orElseThrow();
      left.remove(next);
      newestFirst.add(next);
    }
    return newestFirst;
  }

  private static boolean isLower(Arrival one, Arrival than, ServiceLabels.Reading reading) {
    return switch (reading) {
      case ServiceLabels.Reading.Valid(ServiceLabels labels) ->
          labels.tags().isLower(one.push().tag(), than.push().tag());
      case ServiceLabels.Reading.Invalid _ -> false;
    };
  }
}
