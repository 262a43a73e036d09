package dev.waggle.agent.rollout;

import static dev.waggle.agent.rollout.Services.NEW;
import static dev.waggle.agent.rollout.Services.NOON;
import static dev.waggle.agent.rollout.Services.OLD;
import static dev.waggle.agent.rollout.Services.PLAYLISTLOG;
import static dev.waggle.agent.rollout.Services.PUSH;
import static dev.waggle.agent.rollout.Services.TARGET;
import static dev.waggle.agent.rollout.Services.labelled;
import static dev.waggle.agent.rollout.Services.named;
import static dev.waggle.agent.rollout.Services.running;
import static dev.waggle.agent.rollout.Services.without;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.tuple;

import dev.waggle.agent.rollout.SwarmInMemory.Request.Inspect;
import dev.waggle.agent.rollout.SwarmInMemory.Request.ListServices;
import dev.waggle.agent.rollout.SwarmInMemory.Request.Listen;
import dev.waggle.agent.rollout.SwarmInMemory.Request.Resolve;
import dev.waggle.agent.rollout.SwarmInMemory.Request.Update;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RollPushTest {

  private static final Instant QUEUED = NOON.minusSeconds(3);
  private static final Instant RECEIVED = NOON.minusSeconds(2);
  private static final Push NEWEST =
      new Push(
          "newest",
          PLAYLISTLOG,
          new Tag("3"),
          new Digest("sha256:" + "3".repeat(64)),
          NOON.minusSeconds(3),
          Evidence.CONFIRMED,
          NOON.minusSeconds(2));
  private static final Push PUSH_BEFORE_THAT =
      new Push(
          "before",
          PLAYLISTLOG,
          new Tag("1"),
          OLD,
          PUSH.time().minusSeconds(1),
          Evidence.CONFIRMED,
          PUSH.time());
  private static final Push PUSH_WITHOUT_DIGEST =
      new Push(
          PUSH.deliveryId(),
          PLAYLISTLOG,
          new Tag("2"),
          null,
          PUSH.pushedAt(),
          Evidence.UNKNOWN,
          PUSH.acceptedAt());

  private record Report(
      Push push, @Nullable String service, RolloutOutcome outcome, Timeline timeline) {}

  private record Ending(@Nullable String service, RolloutOutcome outcome) {}

  private final HandClock clock = new HandClock(NOON);
  private final SwarmInMemory swarm = new SwarmInMemory(clock).withImage(TARGET);
  private final List<Report> reports = new CopyOnWriteArrayList<>();
  private final RollPush rollPush =
      new RollPush(
          swarm,
          (push, service, outcome, timeline) ->
              reports.add(new Report(push, service, outcome, timeline)),
          clock,
          clock,
          Duration.ofMinutes(10));

  @AfterEach
  void nobodyListensAfterTheEnd() {
    assertThat(swarm.listeners()).isZero();
  }

  @Test
  void reportsWhenThePushPassedItsStations() throws InterruptedException {
    swarm
        .with(named("web"))
        .then("web", () -> swarm.runsEveryTask("web"))
        .then("web", () -> swarm.completes("web"));

    roll(PUSH);
    assertThat(reports)
        .containsExactly(
            new Report(
                PUSH,
                "web",
                new RolloutOutcome.Updated(),
                new Timeline(
                    PUSH.pushedAt(),
                    PUSH.acceptedAt(),
                    QUEUED,
                    RECEIVED,
                    NOON,
                    NOON.plusSeconds(1),
                    NOON.plusSeconds(2))));
  }

  @Test
  void rollsEveryServiceThatWantsThePushAndReportsEach() throws InterruptedException {
    swarm.with(named("web")).with(named("worker")).with(running(named("beta"), image()));
    completes("web");
    completes("worker");

    roll(PUSH);
    assertThat(endings())
        .containsExactlyInAnyOrder(
            new Ending("web", new RolloutOutcome.Updated()),
            new Ending("worker", new RolloutOutcome.Updated()),
            new Ending("beta", new RolloutOutcome.AlreadyCurrent()));
    assertThat(swarm.requests(Update.class))
        .extracting(Update::serviceId)
        .containsExactlyInAnyOrder("web", "worker");
    assertThat(swarm.requests(Resolve.class)).hasSize(1);
  }

  @Test
  void rollsTheOtherServicesWhenOneFails() throws InterruptedException {
    swarm.with(named("broken")).with(named("web"));
    rollsBack("broken");
    completes("web");

    roll(PUSH);
    assertThat(endings())
        .containsExactlyInAnyOrder(
            new Ending("broken", new RolloutOutcome.RolledBack("unhealthy")),
            new Ending("web", new RolloutOutcome.Updated()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "No such image: vorce/playlistlog:2",
        "cannot create a swarm scoped network when swarm is not active"
      })
  void rollsAgainBeforeItReportsThatTheNodesWereNotReady(String error) throws InterruptedException {
    swarm.with(named("web"));
    for (int receiveCount = 1; receiveCount <= 3; receiveCount++) {
      swarm
          .then(
              "web",
              () -> {
                swarm.has("web", swarm.failed("web", "1", error));
                swarm.says("web", "updating", "update in progress");
              })
          .then("web", () -> swarm.rollsBack("web", "rollback_completed"));
    }

    for (int receiveCount = 1; receiveCount < 3; receiveCount++) {
      int count = receiveCount;
      assertThatExceptionOfType(SwarmUnavailableException.class)
          .isThrownBy(() -> roll(count, PUSH))
          .withMessageContaining(error);
      assertThat(reports).isEmpty();
    }
    roll(3, PUSH);
    assertThat(endings()).containsExactly(new Ending("web", new RolloutOutcome.RolledBack(error)));
    assertThat(swarm.requests(Update.class)).hasSize(3);
  }

  @Test
  void reportsTheOthersAndThrowsWhenTheEngineIsUnreachableForOne() {
    swarm.with(named("lost")).with(named("web")).with(named("worker"));
    completes("web");
    completes("worker");
    swarm.gate(
        request -> {
          if (request.equals(new Inspect("lost"))) {
            throw SwarmInMemory.unreachable();
          }
        });

    assertThatExceptionOfType(SwarmUnavailableException.class).isThrownBy(() -> roll(PUSH));
    assertThat(endings())
        .containsExactlyInAnyOrder(
            new Ending("web", new RolloutOutcome.Updated()),
            new Ending("worker", new RolloutOutcome.Updated()));
  }

  @Test
  void throwsOnceWhenTheEngineIsUnreachableForSeveral() {
    swarm.with(named("web")).with(named("worker"));
    swarm.unreachableFor(Listen.class);

    assertThatExceptionOfType(SwarmUnavailableException.class)
        .isThrownBy(() -> roll(PUSH))
        .satisfies(thrown -> assertThat(thrown.getSuppressed()).hasSize(1));
    assertThat(reports).isEmpty();
  }

  @Test
  void throwsAndReportsNothingWhenTheServicesCannotBeListed() {
    swarm.with(named("web"));
    swarm.unreachableFor(ListServices.class);

    assertThatExceptionOfType(SwarmUnavailableException.class).isThrownBy(() -> roll(PUSH));
    assertThat(reports).isEmpty();
  }

  @Test
  void throwsAndReportsNothingWhenTheRegistryDoesNotAnswer() {
    swarm.with(named("web"));
    swarm.unreachableFor(Resolve.class);

    assertThatExceptionOfType(SwarmUnavailableException.class).isThrownBy(() -> roll(PUSH));
    assertThat(reports).isEmpty();
    assertThat(swarm.requests(Update.class)).isEmpty();
  }

  @Test
  void reportsEveryWantingServiceWhenTheRegistryRefuses() throws InterruptedException {
    swarm.with(named("web")).with(named("worker"));

    roll(
        new Push(
            PUSH.deliveryId(),
            PLAYLISTLOG,
            new Tag("nowhere"),
            null,
            null,
            Evidence.UNKNOWN,
            PUSH.acceptedAt()));
    assertThat(endings())
        .containsExactlyInAnyOrder(
            new Ending("web", new RolloutOutcome.RefusedByRegistry("manifest unknown")),
            new Ending("worker", new RolloutOutcome.RefusedByRegistry("manifest unknown")));
    assertThat(swarm.requests(Update.class)).isEmpty();
  }

  @Test
  void reportsOnceForTheWholeSwarmWhenNoServiceWantsThePush() throws InterruptedException {
    swarm
        .with(labelled(named("stable"), ServiceLabels.TAGS, "1.*"))
        .with(without(named("notOptedIn"), "/Spec/Labels", ServiceLabels.TAGS))
        .with(
            running(
                named("another"),
                new ImageReference(Repository.onDockerHub("busybox"), null, OLD)));

    roll(PUSH);
    assertThat(reports)
        .containsExactly(
            new Report(
                PUSH,
                null,
                new RolloutOutcome.NoServiceWantsIt(),
                new Timeline(
                    PUSH.pushedAt(), PUSH.acceptedAt(), QUEUED, RECEIVED, null, null, NOON)));
    assertThat(swarm.requests()).containsExactly(new ListServices(ServiceLabels.TAGS));
  }

  @Test
  void rollsOnlyTheServicesOfTheRepositoryThatWantTheTag() throws InterruptedException {
    swarm
        .with(named("web"))
        .with(labelled(named("stable"), ServiceLabels.TAGS, "1.*"))
        .with(without(named("notOptedIn"), "/Spec/Labels", ServiceLabels.TAGS))
        .with(
            running(
                named("elsewhere"),
                new ImageReference(new Repository("ghcr.io", "vorce/playlistlog"), null, OLD)));
    completes("web");

    roll(PUSH);
    assertThat(endings()).containsExactly(new Ending("web", new RolloutOutcome.Updated()));
    assertThat(swarm.requests(Listen.class)).containsExactly(new Listen("web"));
  }

  @Test
  void leavesAServiceWithLabelsThatCannotBeReadAloneAndSaysSo() throws InterruptedException {
    swarm.with(labelled(named("typo"), ServiceLabels.ORDER, "start-frist")).with(named("web"));
    completes("web");

    roll(PUSH);
    assertThat(endings())
        .containsExactlyInAnyOrder(
            new Ending(
                "typo",
                new RolloutOutcome.LeftAlone(
                    "waggle.order must be one of start-first, stop-first, keep; did you mean"
                        + " start-first?")),
            new Ending("web", new RolloutOutcome.Updated()));
    assertThat(swarm.requests(Update.class)).extracting(Update::serviceId).containsExactly("web");
  }

  @Test
  void asksForExactlyTheDigestThatWasPushedThoughTheTagHasMovedOn() throws InterruptedException {
    swarm.with(named("web")).withImage(movedOn());
    completes("web");

    roll(PUSH);
    assertThat(swarm.requests(Resolve.class))
        .containsExactly(new Resolve(new ImageReference(PLAYLISTLOG, new Tag("2"), NEW)));
    assertThat(swarm.now("web").image())
        .contains(new ImageReference(PLAYLISTLOG, new Tag("2"), NEW));
  }

  @Test
  void takesWhatTheTagNamesWhenThePushHasNoDigest() throws InterruptedException {
    swarm.with(named("web")).withImage(movedOn());
    completes("web");

    roll(PUSH_WITHOUT_DIGEST);
    assertThat(swarm.requests(Resolve.class))
        .containsExactly(new Resolve(new ImageReference(PLAYLISTLOG, new Tag("2"), null)));
    assertThat(swarm.now("web").image()).contains(movedOn().reference());
  }

  @Test
  void reportsAServiceOnceThoughThePushIsDeliveredAgainForAnother() throws InterruptedException {
    swarm.with(named("lost")).with(named("web"));
    completes("web");
    completes("lost");
    swarm.gate(
        request -> {
          if (request.equals(new Inspect("lost"))) {
            throw SwarmInMemory.unreachable();
          }
        });
    assertThatExceptionOfType(SwarmUnavailableException.class).isThrownBy(() -> roll(PUSH));
    swarm.reachable();

    roll(PUSH);
    assertThat(endings())
        .containsExactlyInAnyOrder(
            new Ending("web", new RolloutOutcome.Updated()),
            new Ending("lost", new RolloutOutcome.Updated()));
    assertThat(swarm.requests(Listen.class)).filteredOn(new Listen("web")::equals).hasSize(1);
  }

  @Test
  void rollsTheNextNewestWhenTheNewestIsRolledBack() throws InterruptedException {
    swarm.with(named("web")).withImage(imageOf(NEWEST));
    rollsBack("web");
    completes("web");

    roll(PUSH, NEWEST);
    assertThat(endings())
        .containsExactly(
            new Ending("web", new RolloutOutcome.RolledBack("unhealthy")),
            new Ending("web", new RolloutOutcome.Updated()));
    assertThat(swarm.now("web").image()).contains(image());
  }

  @Test
  void rollsTheNextNewestWhenTheRegistryRefusesTheNewest() throws InterruptedException {
    swarm.with(named("web"));
    completes("web");

    roll(PUSH, NEWEST);
    assertThat(endings())
        .containsExactly(
            new Ending("web", new RolloutOutcome.RefusedByRegistry("manifest unknown")),
            new Ending("web", new RolloutOutcome.Updated()));
  }

  @Test
  void leavesOlderPushesAloneWhenTheServiceRunsTheNewestAlready() throws InterruptedException {
    swarm.with(running(named("web"), imageOf(NEWEST).reference())).withImage(imageOf(NEWEST));

    roll(PUSH, NEWEST);
    assertThat(reports)
        .extracting(report -> report.push().tag(), Report::outcome)
        .containsExactly(
            tuple(NEWEST.tag(), new RolloutOutcome.AlreadyCurrent()),
            tuple(
                PUSH.tag(), new RolloutOutcome.Superseded("by the push of 3 at " + NEWEST.time())));
    assertThat(swarm.requests(Update.class)).isEmpty();
  }

  @Test
  void doesNotGoBackToALatePushFromANewerThatTheServiceHadAlready() throws InterruptedException {
    swarm
        .with(running(named("web"), imageOf(NEWEST).reference()))
        .with(named("worker"))
        .withImage(imageOf(NEWEST));
    completes("worker");
    roll(NEWEST);
    reports.clear();

    roll(PUSH_BEFORE_THAT, PUSH);
    assertThat(reports)
        .extracting(Report::service, report -> report.push().tag(), Report::outcome)
        .contains(
            tuple("web", PUSH.tag(), RolloutOutcome.Superseded.by(NEWEST)),
            tuple("web", PUSH_BEFORE_THAT.tag(), RolloutOutcome.Superseded.by(PUSH)));
    assertThat(swarm.requests(Update.class))
        .extracting(Update::serviceId)
        .containsExactly("worker");
  }

  @Test
  void rollsAPushThatIsAsNewAsTheOneThatTheServiceHadAlready() throws InterruptedException {
    swarm.with(running(named("web"), imageOf(NEWEST).reference())).withImage(imageOf(NEWEST));
    completes("web");
    roll(NEWEST);
    reports.clear();

    roll(
        new Push(
            "same second",
            PLAYLISTLOG,
            PUSH.tag(),
            NEW,
            NEWEST.pushedAt(),
            Evidence.CONFIRMED,
            NEWEST.acceptedAt()));
    assertThat(endings()).containsExactly(new Ending("web", new RolloutOutcome.Updated()));
  }

  @Test
  void knowsWhatIsLeftOfARollWithoutItsPush() throws InterruptedException {
    swarm.with(named("web")).with(named("worker")).withImage(imageOf(NEWEST));
    completes("web");
    swarm.gate(
        request -> {
          if (request.equals(new Inspect("worker"))) {
            throw new IllegalStateException("nobody foresaw this");
          }
        });
    List<Settlement.Roll> rolls =
        rollPush.settle(
            List.of(
                new Arrival(PUSH, QUEUED, RECEIVED, 1), new Arrival(NEWEST, QUEUED, RECEIVED, 1)),
            Integer.MAX_VALUE);

    assertThatIllegalStateException().isThrownBy(() -> rollPush.roll(rolls));
    assertThat(rollPush.withoutThisPush(rolls))
        .singleElement()
        .satisfies(
            left -> assertThat(left.service().name()).isEqualTo("worker"),
            left -> assertThat(left.arrival().push()).isEqualTo(PUSH));
  }

  @Test
  void takesTheTimeoutOfTheServicesLabel() throws InterruptedException {
    swarm.with(labelled(named("slow"), ServiceLabels.TIMEOUT, "1h30m"));
    roll(PUSH);
    assertThat(endings())
        .containsExactly(new Ending("slow", new RolloutOutcome.TimedOut("", false)));
    assertThat(clock.instant()).isEqualTo(NOON.plus(Duration.ofMinutes(90)));
  }

  @Test
  void takesTheAgentsTimeoutWhereNoLabelSaysAnother() throws InterruptedException {
    swarm.with(named("slow"));
    roll(PUSH);
    assertThat(endings())
        .containsExactly(new Ending("slow", new RolloutOutcome.TimedOut("", false)));
    assertThat(clock.instant()).isEqualTo(NOON.plus(Duration.ofMinutes(10)));
  }

  @Test
  void leavesRolloutsToSwarmWhenInterrupted() throws InterruptedException {
    CountDownLatch waiting = new CountDownLatch(2);
    CountDownLatch never = new CountDownLatch(1);
    for (String name : List.of("web", "worker")) {
      swarm
          .with(named(name))
          .then(
              name,
              () -> {
                waiting.countDown();
                never.await();
              });
    }
    Thread test = Thread.currentThread();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                waiting.await();
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
              test.interrupt();
            });

    assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> roll(PUSH));
    assertThat(reports).isEmpty();
    assertThat(swarm.requests(Update.class)).hasSize(2);
  }

  /// Rolls what there is to roll, as whoever has the messages does.
  private void roll(Push... oldestFirst) throws InterruptedException {
    roll(1, oldestFirst);
  }

  private void roll(int receiveCount, Push... oldestFirst) throws InterruptedException {
    List<Settlement.Roll> rolls =
        rollPush.settle(
            Arrays.stream(oldestFirst)
                .map(push -> new Arrival(push, QUEUED, RECEIVED, receiveCount))
                .toList(),
            Integer.MAX_VALUE);
    while (!rolls.isEmpty()) {
      rolls = rollPush.roll(rolls);
    }
  }

  private void rollsBack(String service) {
    swarm
        .then(
            service,
            () -> {
              swarm.has(service, swarm.failed(service, "1", "unhealthy"));
              swarm.says(service, "updating", "update in progress");
            })
        .then(service, () -> swarm.rollsBack(service, "rollback_completed"));
  }

  private void completes(String service) {
    swarm.then(service, () -> swarm.completes(service));
  }

  private List<Ending> endings() {
    return reports.stream().map(report -> new Ending(report.service(), report.outcome())).toList();
  }

  private static ImageReference image() {
    return TARGET.reference();
  }

  private static ResolvedImage imageOf(Push push) {
    return new ResolvedImage(push.image(), List.of());
  }

  /// What the pushed tag names since somebody pushed it again.
  private static ResolvedImage movedOn() {
    return new ResolvedImage(
        new ImageReference(PLAYLISTLOG, new Tag("2"), new Digest("sha256:" + "4".repeat(64))),
        List.of());
  }
}
