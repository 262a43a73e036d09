package dev.waggle.faults;

import dev.waggle.faults.Plan.Content;
import dev.waggle.faults.Plan.Moment;
import dev.waggle.faults.Plan.PlannedDelivery;
import dev.waggle.faults.Plan.PlannedFault;
import dev.waggle.faults.Plan.PlannedPush;
import dev.waggle.faults.Plan.PlannedService;
import dev.waggle.faults.Plan.Shape;
import dev.waggle.faults.Plan.Wish;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/// Makes a plan from a seed: the same from the same, on every machine.
final class Planner {

  private static final List<String> TAGS = List.of("v1", "v2", "v2-rc", "latest", "edge");
  private static final List<Content> GOOD = List.of(Content.GOOD_2, Content.GOOD_3, Content.GOOD_4);

  private final long seed;
  private final Random random;
  private final Set<FaultKind> kinds = EnumSet.noneOf(FaultKind.class);

  private Planner(long seed) {
    this.seed = seed;
    // Seeds beside each other would begin alike.
    this.random = new Random(seed * 0x9E3779B97F4A7C15L);
  }

  static Plan plan(long seed) {
    return new Planner(seed).plan();
  }

  private Plan plan() {
    FaultKind[] all = FaultKind.values();
    // In turn, so that each is met as often as another.
    kinds.add(all[Math.floorMod(seed, all.length)]);
    if (random.nextInt(3) > 0) {
      FaultKind second = all[random.nextInt(all.length)];
      if (kinds.stream().noneMatch(FaultKind::isOfTheEngine) || !second.isOfTheEngine()) {
        kinds.add(second);
      }
    }
    List<PlannedPush> pushes = pushes();
    List<PlannedDelivery> deliveries = deliveries(pushes);
    List<PlannedFault> faults = new ArrayList<>();
    for (FaultKind kind : kinds) {
      switch (kind) {
        case DELIVERY_DUPLICATED, DELIVERY_REORDERED, DELIVERY_DROPPED -> {}
        case AGENT_KILLED,
            AGENT_TERMINATED,
            ENGINE_STOPPED,
            ENGINE_KILLED,
            ENGINE_PAUSED,
            REGISTRY_DOWN,
            REGISTRY_SLOW,
            REGISTRY_401,
            REGISTRY_429,
            REGISTRY_500,
            QUEUE_REFUSING,
            QUEUE_SILENT,
            QUEUE_FAILING,
            QUEUE_DELIVERS_TWICE,
            QUEUE_DELIVERS_LATE,
            VISIBILITY_EXPIRED,
            CLOCK_FORWARD,
            CLOCK_BACK,
            DISK_FULL,
            SECOND_OPERATOR,
            MESSAGE_MALFORMED ->
            faults.add(new PlannedFault(kind, moment(), 500 + random.nextInt(4000)));
        case AGENT_KILLED_BEFORE_DELETE,
            AGENT_KILLED_BEFORE_UPDATE,
            AGENT_KILLED_AFTER_UPDATE,
            AGENT_KILLED_BEFORE_ENDING,
            AGENT_KILLED_BEFORE_MARK,
            ENGINE_KILLED_BEFORE_DELETE,
            ENGINE_KILLED_BEFORE_UPDATE,
            ENGINE_KILLED_AFTER_UPDATE,
            ENGINE_KILLED_BEFORE_ENDING,
            ENGINE_KILLED_BEFORE_MARK ->
            faults.add(
                new PlannedFault(
                    kind,
                    new Moment.AtPlace(random.nextInt(3) == 0 && pushes.size() > 1 ? 1 : 0),
                    500 + random.nextInt(4000)));
      }
    }
    return new Plan(seed, services(), pushes, deliveries, faults);
  }

  private Moment moment() {
    return random.nextInt(5) < 2
        ? new Moment.At(random.nextInt(3000))
        : new Moment.AfterUpdate(random.nextInt(3000));
  }

  private List<PlannedService> services() {
    List<PlannedService> services = new ArrayList<>();
    services.add(
        new PlannedService(
            "first-" + seed,
            Shape.WEB,
            random.nextInt(3) == 0 && !isAtAPlace() ? Wish.RELEASES : Wish.ANY,
            2));
    if (random.nextInt(2) == 0) {
      services.add(
          new PlannedService(
              "second-" + seed,
              random.nextInt(3) == 0 ? Shape.PLAIN : Shape.WEB,
              one(List.of(Wish.ANY, Wish.RELEASES, Wish.NO_CANDIDATES)),
              1));
    }
    services.add(new PlannedService("bystander-" + seed, Shape.BYSTANDER, Wish.NONE, 1));
    if (random.nextInt(3) == 0) {
      services.add(new PlannedService("torture-" + seed, Shape.TORTURE, Wish.ANY, 0));
    }
    return services;
  }

  private List<PlannedPush> pushes() {
    List<PlannedPush> pushes = new ArrayList<>();
    int count = 1 + random.nextInt(kinds.contains(FaultKind.DELIVERY_REORDERED) ? 3 : 4);
    count = kinds.contains(FaultKind.DELIVERY_REORDERED) ? count + 1 : count;
    long at = 0;
    for (int number = 0; number < count; number++) {
      pushes.add(
          new PlannedPush(
              number,
              random.nextInt(12) == 0 && !(number == 0 && isAtAPlace())
                  ? "vorce/stranger"
                  : Plan.REPOSITORY,
              one(TAGS),
              content(),
              at));
      at += random.nextInt(2) == 0 ? random.nextInt(400) : 500 + random.nextInt(4000);
    }
    return pushes;
  }

  /// Where nothing is wanted, no request comes by.
  private boolean isAtAPlace() {
    return kinds.stream().anyMatch(kind -> kind.place().isPresent());
  }

  /// What a second operator changes while an unproven image is rolled makes that image the one that
  /// Swarm goes back to, whatever we do: such a run would prove nothing.
  private Content content() {
    boolean onlyGood = kinds.contains(FaultKind.SECOND_OPERATOR);
    return switch (random.nextInt(10)) {
      case 0, 1 -> onlyGood ? one(GOOD) : Content.NEVER_HEALTHY;
      case 2 -> onlyGood ? one(GOOD) : Content.CRASHING;
      case 3 -> Content.ABSENT;
      default -> one(GOOD);
    };
  }

  private List<PlannedDelivery> deliveries(List<PlannedPush> pushes) {
    List<PlannedDelivery> deliveries = new ArrayList<>();
    for (PlannedPush push : pushes) {
      deliveries.add(new PlannedDelivery(push.number(), push.atMs() + 20));
    }
    if (kinds.contains(FaultKind.DELIVERY_REORDERED)) {
      int late = random.nextInt(pushes.size() - 1);
      deliveries.set(
          late,
          new PlannedDelivery(late, pushes.get(late + 1).atMs() + 200 + random.nextInt(4000)));
    }
    if (kinds.contains(FaultKind.DELIVERY_DUPLICATED)) {
      int times = 1 + random.nextInt(3);
      PlannedDelivery first = one(List.copyOf(deliveries));
      for (int i = 0; i < times; i++) {
        deliveries.add(new PlannedDelivery(first.push(), first.atMs() + random.nextInt(5000)));
      }
    }
    if (kinds.contains(FaultKind.DELIVERY_DROPPED)) {
      int lost = random.nextInt(pushes.size());
      deliveries.removeIf(delivery -> delivery.push() == lost);
    }
    deliveries.sort(Comparator.comparingLong(PlannedDelivery::atMs));
    return deliveries;
  }

  private <T> T one(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
