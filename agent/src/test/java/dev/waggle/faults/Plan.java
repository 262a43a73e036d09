package dev.waggle.faults;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// All that a run does, as a seed determines it.
///
/// @param seed from which it was made
/// @param services what runs before
/// @param pushes what is pushed, in the order of the times that the deliveries say
/// @param deliveries what Docker Hub posts of them
/// @param faults what fails meanwhile, beside what the deliveries show
record Plan(
    long seed,
    List<PlannedService> services,
    List<PlannedPush> pushes,
    List<PlannedDelivery> deliveries,
    List<PlannedFault> faults) {

  static final String REPOSITORY = "vorce/playlistlog";

  Plan {
    services = List.copyOf(services);
    pushes = List.copyOf(pushes);
    deliveries = List.copyOf(deliveries);
    faults = List.copyOf(faults);
  }

  /// What an image turns out to be.
  enum Content {
    GOOD_1,
    GOOD_2,
    GOOD_3,
    GOOD_4,
    NEVER_HEALTHY,
    CRASHING,
    ABSENT;

    boolean isHealthy() {
      return switch (this) {
        case GOOD_1, GOOD_2, GOOD_3, GOOD_4 -> true;
        case NEVER_HEALTHY, CRASHING, ABSENT -> false;
      };
    }
  }

  /// What a service is made to look like.
  enum Shape {
    /// Serves on the network.
    WEB,
    /// Has no label: never to be touched.
    BYSTANDER,
    /// As `docker service create` makes it of a name and an image: without any settings.
    PLAIN,
    /// Every field of a service that there is, and no replicas.
    TORTURE
  }

  /// Which tags a service wants, by the label.
  enum Wish {
    ANY("*"),
    RELEASES("v*"),
    NO_CANDIDATES("!*-rc"),
    NONE("");

    private final String label;

    Wish(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }

    boolean wants(String tag) {
      return switch (this) {
        case ANY -> true;
        case RELEASES -> tag.startsWith("v");
        case NO_CANDIDATES -> !tag.endsWith("-rc");
        case NONE -> false;
      };
    }
  }

  record PlannedService(String name, Shape shape, Wish wish, int replicas) {}

  /// @param atMs when the registry has it
  record PlannedPush(int number, String repository, String tag, Content content, long atMs) {}

  record PlannedDelivery(int push, long atMs) {}

  /// When something begins to fail.
  sealed interface Moment {

    record At(long ms) implements Moment {}

    /// After the agent has sent an update, or after a while if it sends none.
    record AfterUpdate(long ms) implements Moment {}

    /// When a request of the agent's comes by the kind's place.
    ///
    /// @param others how many come by before
    record AtPlace(int others) implements Moment {}
  }

  record PlannedFault(FaultKind kind, Moment moment, long forMs) {}

  /// The service that a client asks throughout, unless the engine itself is to fail.
  Optional<PlannedService> requested() {
    return kinds().stream().anyMatch(FaultKind::isOfTheEngine)
        ? Optional.empty()
        : services.stream().filter(service -> service.shape() == Shape.WEB).findFirst();
  }

  /// What goes wrong in it.
  Set<FaultKind> kinds() {
    Set<FaultKind> kinds =
        faults.stream()
            .map(PlannedFault::kind)
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(FaultKind.class)));
    for (PlannedPush push : pushes) {
      long delivered = deliveries.stream().filter(of -> of.push() == push.number()).count();
      if (delivered == 0) {
        kinds.add(FaultKind.DELIVERY_DROPPED);
      }
      if (delivered > 1) {
        kinds.add(FaultKind.DELIVERY_DUPLICATED);
      }
    }
    for (PlannedDelivery first : deliveries) {
      for (PlannedDelivery second : deliveries) {
        if (first.push() > second.push() && first.atMs() < second.atMs()) {
          kinds.add(FaultKind.DELIVERY_REORDERED);
        }
      }
    }
    return kinds;
  }

  /// One line for each thing that is planned.
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("plan of seed " + seed);
    services.forEach(line -> text.append("\n  ").append(line));
    pushes.forEach(line -> text.append("\n  ").append(line));
    deliveries.forEach(line -> text.append("\n  ").append(line));
    faults.forEach(line -> text.append("\n  ").append(line));
    return text.toString();
  }
}
