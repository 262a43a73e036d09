package dev.waggle.agent.queue;

import dev.waggle.agent.rollout.Arrival;
import dev.waggle.agent.rollout.Push;
import dev.waggle.agent.rollout.RollPush;
import dev.waggle.agent.rollout.Settlement.Roll;
import dev.waggle.agent.rollout.SwarmUnavailableException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The messages of one repository that were received together, oldest first, and what becomes of
/// each.
///
/// While any of them is in flight nobody receives another of the repository. Newer ones may wait
/// behind them: then what is left to be rolled is given back, to come again together with those,
/// until the newest is in hand. A message is deleted only when its push has ended, and a superseded
/// one only while the newer is still on the queue.
final class PushBatch implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PushBatch.class);

  /// A push that newer ones of other tags do not supersede is not given back for them any more
  /// often. The queue gives a message up after a good many receives.
  private static final int MOST_LOOKS = 3;

  /// Kept for each service while newer pushes are looked for, beside the newest: more of them would
  /// leave no room for the newer.
  private static final int IN_RESERVE_OF_MANY = 1;

  /// How rollouts of one push to services ended.
  ///
  /// @param next what is to be rolled after them
  /// @param failure what kept the push from its end, null if nothing did
  private record Rolled(List<Roll> next, @Nullable Exception failure) {

    /// Whether nothing else of the repository would fare better now.
    boolean isForAll() {
      return failure instanceof SwarmUnavailableException
          || failure instanceof InterruptedException;
    }
  }

  private final InFlight inFlight;
  private final RollPush rollPush;
  private final UnexpectedFailures failures;
  private final Instant received;
  private final boolean more;

  /// What has not ended yet, oldest first.
  private final Map<Arrival, ReceivedMessage> open = new LinkedHashMap<>();

  /// Nothing is done with the messages before [#work] or [#giveBack].
  ///
  /// @param more whether the queue may hold more of the repository than it could hand over at once
  PushBatch(
      InFlight inFlight,
      RollPush rollPush,
      UnexpectedFailures failures,
      Instant received,
      boolean more) {
    this.inFlight = inFlight;
    this.rollPush = rollPush;
    this.failures = failures;
    this.received = received;
    this.more = more;
  }

  /// Leaves every message to the next who receives it.
  void giveBack() {
    inFlight.settle(inFlight.messages(), new MessageFate.GiveBack());
  }

  /// Returns when every message was settled: the newest push that a service wants is rolled, and
  /// where it fails because of its image, the next newest.
  ///
  /// @param stopping whether no further rollout shall begin
  void work(BooleanSupplier stopping) {
    read();
    if (open.isEmpty()) {
      return;
    }
    List<Roll> rolls;
    try {
      rolls =
          rollPush.settle(
              List.copyOf(open.keySet()), more ? IN_RESERVE_OF_MANY : Integer.MAX_VALUE);
    } catch (InterruptedException | RuntimeException failure) {
      count(failure);
      failAll(failure);
      return;
    }
    if (rolls.isEmpty()) {
      failures.noMore();
    }
    settleAllBut(rolls, new MessageFate.WorkedOff());
    if (more) {
      rolls = lookFurther(rolls);
    }
    while (!rolls.isEmpty()) {
      rolls = rollEach(rolls);
      if (stopping.getAsBoolean()) {
        settleAllBut(List.of(), new MessageFate.GiveBack());
        return;
      }
    }
  }

  /// Has newer pushes, if there are any, come together with these.
  private List<Roll> lookFurther(List<Roll> rolls) {
    List<Roll> now =
        rolls.stream()
            .filter(roll -> messageOf(roll.arrival()).receiveCount() > MOST_LOOKS)
            .toList();
    settleAllBut(now, new MessageFate.GiveBack());
    return now;
  }

  /// Leaves the messages that were not settled to whoever receives them next, in a while.
  @Override
  public void close() {
    inFlight.close();
  }

  private void read() {
    for (ReceivedMessage message : inFlight.messages()) {
      switch (PushMessage.read(message.body())) {
        case PushMessage.Malformed(String reason) -> {
          LOG.atError()
              .addKeyValue("messageId", message.id())
              .addKeyValue("receiveCount", message.receiveCount())
              .addKeyValue("reason", reason)
              .log("message malformed");
          inFlight.settle(message, new MessageFate.LeaveToDeadLetters());
        }
        case PushMessage.Valid(Push push) -> {
          LOG.atInfo()
              .addKeyValue("deliveryId", push.deliveryId())
              .addKeyValue("repository", push.repository())
              .addKeyValue("tag", push.tag())
              .addKeyValue("receiveCount", message.receiveCount())
              .log("push received");
          ReceivedMessage same =
              open.put(
                  new Arrival(
                      push.acceptedBefore(message.sentAt()),
                      message.sentAt(),
                      received,
                      message.receiveCount()),
                  message);
          if (same != null) {
            inFlight.settle(same, new MessageFate.WorkedOff());
          }
        }
      }
    }
  }

  /// @return what is to be rolled next
  private List<Roll> rollEach(List<Roll> rolls) {
    Map<Arrival, List<Roll>> byPush =
        rolls.stream()
            .collect(Collectors.groupingBy(Roll::arrival, LinkedHashMap::new, Collectors.toList()));
    Map<Arrival, Rolled> rolled = rollSideBySide(byPush, entangled(rolls));
    List<Roll> next = new ArrayList<>();
    List<Roll> postponed = new ArrayList<>();
    Exception obstacle = null;
    for (Map.Entry<Arrival, Rolled> one : rolled.entrySet()) {
      Arrival arrival = one.getKey();
      next.addAll(one.getValue().next());
      Exception failure = one.getValue().failure();
      if (failure != null) {
        count(failure);
        if (one.getValue().isForAll()) {
          obstacle = failure;
          postponed.addAll(byPush.getOrDefault(arrival, List.of()));
        } else {
          fail(arrival, failure);
        }
      }
    }
    next = next.stream().flatMap(roll -> roll.among(open.keySet()).stream()).toList();
    if (obstacle != null) {
      postponed.addAll(next);
      settleAllBut(postponed, new MessageFate.WorkedOff());
      failAll(obstacle);
      return List.of();
    }
    settleAllBut(next, new MessageFate.WorkedOff());
    return next;
  }

  private Map<Arrival, Rolled> rollSideBySide(
      Map<Arrival, List<Roll>> byPush, Set<Arrival> entangled) {
    Map<Arrival, Future<Rolled>> rolling = new LinkedHashMap<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      byPush.forEach(
          (arrival, rolls) ->
              rolling.put(
                  arrival,
                  executor.submit(
                      () -> {
                        Rolled rolled = roll(rolls);
                        if (rolled.failure() == null && !entangled.contains(arrival)) {
                          inFlight.settle(messageOf(arrival), new MessageFate.WorkedOff());
                        }
                        return rolled;
                      })));
      try {
        for (Future<Rolled> one : rolling.values()) {
          one.get();
        }
      } catch (InterruptedException shutdown) {
        // Whoever rolls ends soon, which is waited for below.
        executor.shutdownNow();
      } catch (ExecutionException impossible) {
        throw new IllegalStateException(impossible);
      }
    }
    Map<Arrival, Rolled> rolled = new LinkedHashMap<>();
    rolling.forEach(
        (arrival, one) -> {
          rolled.put(arrival, one.resultNow());
          if (one.resultNow().failure() == null && !entangled.contains(arrival)) {
            open.remove(arrival);
          }
        });
    return rolled;
  }

  private Rolled roll(List<Roll> rolls) {
    try {
      List<Roll> next = rollPush.roll(rolls);
      failures.noMore();
      return new Rolled(next, null);
    } catch (InterruptedException | SwarmUnavailableException failure) {
      return new Rolled(List.of(), failure);
    } catch (RuntimeException failure) {
      return new Rolled(rollPush.withoutThisPush(rolls), failure);
    }
  }

  private void settleAllBut(List<Roll> rolls, MessageFate fate) {
    Set<Arrival> kept = arrivals(rolls);
    List<Arrival> settled =
        open.keySet().stream().filter(arrival -> !kept.contains(arrival)).toList();
    if (!settled.isEmpty()) {
      settle(settled, fate);
    }
  }

  private static Set<Arrival> arrivals(List<Roll> rolls) {
    return rolls.stream().flatMap(Roll::arrivals).collect(Collectors.toSet());
  }

  /// A newer push is deleted together with the older ones that it settles: alone, they would be
  /// rolled.
  private static Set<Arrival> entangled(List<Roll> rolls) {
    return arrivals(rolls.stream().filter(roll -> !roll.older().isEmpty()).toList());
  }

  private ReceivedMessage messageOf(Arrival arrival) {
    return Objects.requireNonNull(open.get(arrival));
  }

  private void count(Exception failure) {
    switch (failure) {
      case SwarmUnavailableException _, InterruptedException _ -> {}
      default -> failures.another();
    }
  }

  /// The newest first, as when they are given back together.
  private void failAll(Exception failure) {
    List.copyOf(open.keySet()).reversed().forEach(arrival -> fail(arrival, failure));
  }

  private void fail(Arrival arrival, Exception failure) {
    String deliveryId = arrival.push().deliveryId();
    MessageFate.TryAgain later = MessageFate.TryAgain.of(messageOf(arrival));
    MessageFate fate =
        switch (failure) {
          case SwarmUnavailableException unavailable -> {
            LOG.atWarn()
                .addKeyValue("deliveryId", deliveryId)
                .addKeyValue("reason", unavailable.getMessage())
                .addKeyValue("againInSeconds", later.pause().toSeconds())
                .log("push postponed");
            yield later;
          }
          case InterruptedException _ -> {
            LOG.atInfo().addKeyValue("deliveryId", deliveryId).log("push given back");
            yield new MessageFate.GiveBack();
          }
          default -> {
            LOG.atError()
                .addKeyValue("deliveryId", deliveryId)
                .setCause(failure)
                .log("unexpected failure");
            yield later;
          }
        };
    settle(List.of(arrival), fate);
  }

  private void settle(List<Arrival> arrivals, MessageFate fate) {
    inFlight.settle(
        arrivals.stream().map(open::remove).map(Objects::requireNonNull).toList(), fate);
  }
}
