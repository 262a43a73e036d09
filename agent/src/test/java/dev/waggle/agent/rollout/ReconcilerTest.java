package dev.waggle.agent.rollout;

import static dev.waggle.agent.service.Services.NOON;
import static dev.waggle.agent.service.Services.OLD;
import static dev.waggle.agent.service.Services.PLAYLISTLOG;
import static dev.waggle.agent.service.Services.labelled;
import static dev.waggle.agent.service.Services.named;
import static dev.waggle.agent.service.Services.running;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.Evidence;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.push.Push;
import dev.waggle.agent.push.Tag;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Endings;
import dev.waggle.agent.record.Hold;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.RecordsInMemory;
import dev.waggle.agent.record.RecordsInMemory.Request.Write;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.Rollout.Cause;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.HandClock;
import dev.waggle.agent.service.RegistryUnavailableException;
import dev.waggle.agent.service.ResolvedImage;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.SwarmInMemory;
import dev.waggle.agent.service.SwarmInMemory.Request;
import dev.waggle.agent.service.SwarmInMemory.Request.Inspect;
import dev.waggle.agent.service.SwarmInMemory.Request.ListTasks;
import dev.waggle.agent.service.SwarmInMemory.Request.Resolve;
import dev.waggle.agent.service.SwarmInMemory.Request.RollBack;
import dev.waggle.agent.service.SwarmInMemory.Request.Update;
import dev.waggle.agent.service.TaskState;
import dev.waggle.testhost.Await;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReconcilerTest {

  private static final Duration LONGEST = Duration.ofMinutes(10);

  /// Nothing that a test waits for takes nearly as long, however busy the machine is.
  private static final Duration LONGEST_TEST = Duration.ofMinutes(2);

  private static final String OLD_IMAGE = named("web").imageText();
  private static final Rollout FIRST = push(1);
  private static final Rollout SECOND = push(2);
  private static final Rollout THIRD = push(3);

  private record Told(String service, String id, Outcome outcome, String detail) {}

  private record Agent(Reconciler reconciler, Thread listening) {}

  private final HandClock clock = new HandClock(NOON);
  private final SwarmInMemory swarm = new SwarmInMemory(clock);
  private final RecordsInMemory records = new RecordsInMemory();
  private final List<Told> told = new CopyOnWriteArrayList<>();
  private final List<ServiceRecord> found = new CopyOnWriteArrayList<>();
  private final List<Agent> agents = new ArrayList<>();
  private final CountDownLatch end = new CountDownLatch(1);
  private final Endings endings =
      new Endings() {

        @Override
        public void ended(String serviceId, String service, List<Rollout> rollouts) {
          for (Rollout rollout : rollouts) {
            Ending ending = Optional.ofNullable(rollout.ending()).orElseThrow();
            told.add(new Told(service, rollout.id(), ending.outcome(), ending.detail()));
          }
        }

        @Override
        public void found(String serviceId, ServiceRecord record) {
          found.add(record);
        }

        @Override
        public void unwanted(Rollout push) {
          throw new IllegalStateException("only the inbox knows of " + push);
        }
      };

  ReconcilerTest() {
    swarm.with(named("web"));
    List.of(FIRST, SECOND, THIRD).forEach(this::hasImage);
  }

  @AfterEach
  void stop() {
    end.countDown();
    agents.forEach(this::kill);
  }

  @Test
  void rollsAPushOfARecordAndTellsItsEndOnce() {
    swarm.then(
        "web",
        () -> {
          clock.advance(Duration.ofSeconds(2));
          swarm.completes("web");
        });
    agent();
    wanted("web", FIRST);

    awaitTold(1);
    assertThat(told).containsExactly(new Told("web", FIRST.id(), Outcome.UPDATED, ""));
    assertThat(swarm.now("web").image()).contains(FIRST.push().image());
    Ending ending = ending("web", FIRST);
    assertThat(ending.started()).isEqualTo(NOON);
    assertThat(ending.serving()).isBetween(NOON.plusSeconds(2), NOON.plusSeconds(2).plusMillis(1));
    assertThat(ending.at()).isEqualTo(NOON.plusSeconds(2));
    assertThat(ending.before()).isEqualTo(OLD_IMAGE);
    assertThat(ending.told()).isFalse();
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  @Test
  void leavesASwarmsOtherServicesAlone() {
    swarm.with(named("other")).then("web", () -> swarm.completes("web"));
    ServiceState before = swarm.now("other");
    agent();
    wanted("web", FIRST);

    awaitTold(1);
    assertThat(swarm.now("other")).isEqualTo(before);
    assertThat(swarm.now("web").tree().at("/PreviousSpec/TaskTemplate/ContainerSpec/Image"))
        .hasToString("\"" + OLD_IMAGE + "\"");
  }

  @Test
  void isAlreadyCurrentWithoutAnUpdate() {
    swarm.with(running(named("web"), FIRST.push().image()));
    agent();
    wanted("web", FIRST);

    awaitTold(1);
    assertThat(told).containsExactly(new Told("web", FIRST.id(), Outcome.ALREADY_CURRENT, ""));
    Ending ending = ending("web", FIRST);
    assertThat(ending.started()).isNull();
    assertThat(ending.serving()).isNull();
    assertThat(ending.before()).isNull();
    assertThat(swarm.requests(Update.class)).isEmpty();
    assertThat(swarm.requests(Resolve.class)).isEmpty();
  }

  @Test
  void rollsWhatTheTagNamesWhereThePushHasNoDigest() {
    swarm.then("web", () -> swarm.completes("web"));
    agent();
    wanted("web", withoutDigest(FIRST));

    awaitTold(1);
    assertThat(told).extracting(Told::outcome).containsExactly(Outcome.UPDATED);
    assertThat(swarm.now("web").image()).contains(FIRST.push().image());
    assertThat(records.get("web").rollouts().getFirst().push().digest())
        .isEqualTo(FIRST.push().digest());
  }

  @Test
  void supersedesTheOlderOnes() {
    swarm.then("web", () -> swarm.completes("web"));
    agent();
    wanted("web", FIRST, THIRD, SECOND);

    awaitTold(3);
    assertThat(told)
        .containsExactlyInAnyOrder(
            new Told("web", THIRD.id(), Outcome.UPDATED, ""),
            new Told("web", SECOND.id(), Outcome.SUPERSEDED, by(THIRD)),
            new Told("web", FIRST.id(), Outcome.SUPERSEDED, by(THIRD)));
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  @Test
  void rollsANewerPushAfterTheOneUnderWay() {
    swarm
        .then(
            "web",
            () -> {
              records.put("web", records.get("web").with("web", THIRD, NOON));
              swarm.completes("web");
            })
        .then("web", () -> swarm.completes("web"));
    agent();
    wanted("web", SECOND);

    awaitTold(2);
    assertThat(told)
        .containsExactly(
            new Told("web", SECOND.id(), Outcome.UPDATED, ""),
            new Told("web", THIRD.id(), Outcome.UPDATED, ""));
  }

  @Test
  void doesNotGoBackToALatePush() {
    swarm.then("web", () -> swarm.completes("web"));
    agent();
    wanted("web", SECOND);
    awaitTold(1);
    records.put("web", records.get("web").with("web", FIRST, NOON));

    awaitTold(2);
    assertThat(told.getLast())
        .isEqualTo(
            new Told("web", FIRST.id(), Outcome.SUPERSEDED, by(SECOND) + " that the service has"));
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  @Test
  void rollsTheNextNewestWhenTheNewestFailsDownToTheTwentieth() {
    List<Rollout> twenty = IntStream.rangeClosed(1, 20).mapToObj(ReconcilerTest::push).toList();
    for (Rollout rollout : twenty.reversed()) {
      hasImage(rollout);
      swarm.then(
          "web",
          () -> {
            if (rollout.equals(twenty.getFirst())) {
              swarm.completes("web");
            } else {
              swarm.failsAndRollsBack("web", "unhealthy");
            }
          });
    }
    agent();
    wanted("web", twenty.toArray(Rollout[]::new));

    awaitTold(20);
    List<Told> expected = new ArrayList<>();
    for (Rollout rollout : twenty.reversed()) {
      expected.add(new Told("web", rollout.id(), Outcome.ROLLED_BACK, "unhealthy"));
    }
    expected.set(19, new Told("web", twenty.getFirst().id(), Outcome.UPDATED, ""));
    assertThat(told).isEqualTo(expected);
    assertThat(swarm.now("web").image()).contains(twenty.getFirst().push().image());
    assertThat(records.get("web").failed())
        .containsExactlyElementsOf(
            twenty.reversed().stream().limit(19).map(ReconcilerTest::digest).toList());
  }

  @Test
  void rollsTheNextNewestWhenTheRegistryRefusesTheNewest() {
    swarm.then("web", () -> swarm.completes("web"));
    Rollout nowhere = push(9);
    agent();
    wanted("web", FIRST, nowhere);

    awaitTold(2);
    assertThat(told)
        .containsExactly(
            new Told("web", nowhere.id(), Outcome.REFUSED_BY_THE_REGISTRY, "manifest unknown"),
            new Told("web", FIRST.id(), Outcome.UPDATED, ""));
  }

  @Test
  void remembersWhatFailedForTheNextPushOfThatContent() {
    swarm.then("web", () -> swarm.failsAndRollsBack("web", "unhealthy"));
    agent();
    wanted("web", FIRST);
    awaitTold(1);
    swarm.change("web", tree -> tree.withObject("/Spec/Labels").put("changed", "by hand"));
    swarm.runsEveryTask("web");
    Rollout again = rollout("again", 5, digest(FIRST), Cause.PUSH);
    records.put("web", records.get("web").with("web", again, NOON));

    awaitTold(2);
    assertThat(told.getLast())
        .isEqualTo(new Told("web", again.id(), Outcome.ROLLED_BACK_BEFORE, "unhealthy"));
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  @Test
  void forgetsThatContentFailedWhichWentLiveAfterAll() {
    swarm.then("web", () -> swarm.completes("web"));
    agent();
    Rollout redeploy = rollout("redeploy", 5, digest(FIRST), Cause.REDEPLOY);
    records.put("web", recordOf(redeploy).withFailed(digest(FIRST)).withFailed(digest(SECOND)));

    awaitTold(1);
    assertThat(records.get("web").failed()).containsExactly(digest(SECOND));
  }

  @ParameterizedTest
  @ValueSource(strings = {"no suitable node (1 node not available)", ""})
  void doesNotHoldATimeOutAgainstContentThatNeverStarted(String error) {
    swarm.then(
        "web",
        () -> {
          swarm.says("web", "updating", "update in progress");
          if (!error.isEmpty()) {
            swarm.has("web", swarm.failed("web", "1", error));
          }
        });
    agent();
    wanted("web", FIRST);
    looks("web");
    clock.advance(LONGEST);
    looks("web");

    awaitTold(1);
    assertThat(told).extracting(Told::outcome).containsExactly(Outcome.TIMED_OUT);
    assertThat(swarm.requests(RollBack.class)).hasSize(1);
    assertThat(swarm.now("web").imageText()).isEqualTo(OLD_IMAGE);
    assertThat(records.get("web").failed()).isEmpty();
  }

  @Test
  void holdsATimeOutAgainstContentWhoseTasksFail() {
    swarm.then(
        "web",
        () -> {
          swarm.has("web", swarm.failed("web", "1", "task: non-zero exit (1)"));
          swarm.says("web", "updating", "update in progress");
        });
    agent();
    wanted("web", FIRST);
    looks("web");
    clock.advance(LONGEST);
    looks("web");

    awaitTold(1);
    assertThat(told)
        .containsExactly(
            new Told(
                "web",
                FIRST.id(),
                Outcome.TIMED_OUT,
                "task: non-zero exit (1); Waggle asked Swarm to roll back"));
    assertThat(records.get("web").failed()).containsExactly(digest(FIRST));
  }

  @Test
  void asksAgainWhereTheServiceChangedBeforeSwarmCouldBeAskedToGoBack() {
    swarm.then("web", () -> swarm.says("web", "updating", "update in progress"));
    AtomicInteger asked = new AtomicInteger();
    swarm.gate(
        request -> {
          if (request instanceof RollBack && asked.incrementAndGet() == 1) {
            swarm.says("web", "updating", "update in progress");
          }
        });
    agent();
    wanted("web", FIRST);
    looks("web");
    clock.advance(LONGEST);
    looks("web");

    awaitTold(1);
    assertThat(swarm.requests(RollBack.class)).hasSize(2);
    assertThat(swarm.now("web").imageText()).isEqualTo(OLD_IMAGE);
    assertThat(told.getFirst().detail()).isEqualTo("Waggle asked Swarm to roll back");
  }

  @Test
  void goesBackFromAnUpdateThatKeepsFailingAfterSwarmCalledItCompleted() {
    swarm.then(
        "web",
        () -> {
          swarm.completes("web");
          swarm.has(
              "web",
              swarm.failed("web", "1", "exit 1"),
              swarm.failed("web", "1", "exit 1"),
              swarm.failed("web", "2", "exit 1"));
        });
    agent();
    wanted("web", FIRST);
    await("rollback", () -> swarm.requests(RollBack.class).size() == 1);
    swarm.says("web", "rollback_completed", "rollback completed");

    awaitTold(1);
    assertThat(told).containsExactly(new Told("web", FIRST.id(), Outcome.ROLLED_BACK, "exit 1"));
    assertThat(swarm.requests(RollBack.class)).hasSize(1);
  }

  @Test
  void triesAgainLaterWhereTheNodesWereNotReady() {
    swarm
        .then("web", () -> swarm.failsAndRollsBack("web", "No such image: vorce/playlistlog:1"))
        .then("web", () -> swarm.completes("web"));
    Agent agent = agent();
    wanted("web", FIRST);
    await("postponed", () -> NOON.plusSeconds(30).equals(open("web").getFirst().notBefore()));
    assertThat(told).isEmpty();
    clock.advance(Duration.ofSeconds(30));
    agent.reconciler().wake("web");

    awaitTold(1);
    assertThat(told).containsExactly(new Told("web", FIRST.id(), Outcome.UPDATED, ""));
    assertThat(swarm.requests(Update.class)).hasSize(2);
    assertThat(ending("web", FIRST).started()).isEqualTo(NOON.plusSeconds(30));
  }

  @Test
  void keepsNobodyWaitingForARegistryThatDoesNotAnswer() {
    swarm.with(named("stuck")).then("web", () -> swarm.completes("web"));
    swarm.then("stuck", () -> swarm.completes("stuck"));
    CountDownLatch goesOn = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    swarm.gate(
        request -> {
          if (request.equals(new Resolve(SECOND.push().image()))) {
            asked.countDown();
            goesOn.await();
          }
        });
    agent();
    wanted("stuck", SECOND);
    await("look up", () -> asked.getCount() == 0);
    wanted("web", FIRST);

    awaitTold(1);
    assertThat(told).containsExactly(new Told("web", FIRST.id(), Outcome.UPDATED, ""));
    goesOn.countDown();
    awaitTold(2);
    assertThat(told.getLast()).isEqualTo(new Told("stuck", SECOND.id(), Outcome.UPDATED, ""));
  }

  @Test
  void asksTheRegistryAgainThatDidNotAnswer() {
    swarm.then("web", () -> swarm.completes("web"));
    AtomicInteger asked = new AtomicInteger();
    swarm.gate(
        request -> {
          if (request instanceof Resolve && asked.incrementAndGet() == 1) {
            throw new RegistryUnavailableException("the registry does not answer");
          }
        });
    Agent agent = agent();
    wanted("web", FIRST);
    await("look up", () -> asked.get() > 0);
    agent.reconciler().wake("web");

    awaitTold(1);
    assertThat(told).containsExactly(new Told("web", FIRST.id(), Outcome.UPDATED, ""));
  }

  @Test
  void asksTheRegistryOnceForAllServicesAndWhoeverExpectsThem() {
    List<String> names = List.of("web", "worker", "site");
    for (String name : names) {
      swarm.with(named(name)).then(name, () -> swarm.completes(name));
    }
    Agent agent = agent();
    agent.reconciler().expect(FIRST.push());
    names.forEach(name -> wanted(name, FIRST));

    awaitTold(3);
    assertThat(told).extracting(Told::outcome).containsOnly(Outcome.UPDATED);
    assertThat(swarm.requests(Resolve.class)).containsExactly(new Resolve(FIRST.push().image()));
  }

  @Test
  void asksTheRegistryAnewWhenTheAnswerIsOld() {
    swarm
        .then("web", () -> swarm.completes("web"))
        .with(named("worker"))
        .then("worker", () -> swarm.completes("worker"));
    agent();
    wanted("web", FIRST);
    awaitTold(1);
    clock.advance(Duration.ofSeconds(5));
    wanted("worker", FIRST);

    awaitTold(2);
    assertThat(swarm.requests(Resolve.class)).hasSize(2);
  }

  @Test
  void sendsTheServiceAsItIsReadAgainWhenTheUpdateIsOutOfSequence() {
    swarm.then("web", () -> swarm.completes("web"));
    AtomicInteger updates = new AtomicInteger();
    swarm.gate(
        request -> {
          if (request instanceof Update && updates.incrementAndGet() == 1) {
            swarm.change("web", tree -> tree.withObject("/Spec/Labels").put("changed", "1"));
          }
        });
    agent();
    wanted("web", FIRST);

    awaitTold(1);
    assertThat(told).extracting(Told::outcome).containsExactly(Outcome.UPDATED);
    assertThat(swarm.requests(Update.class))
        .extracting(Update::version)
        .containsExactly("13", "14");
    assertThat(swarm.now("web").labels()).containsEntry("changed", "1");
  }

  @Test
  void sendsAgainWhatDidNotArrive() {
    swarm.then("web", () -> swarm.completes("web"));
    AtomicInteger updates = new AtomicInteger();
    swarm.gate(
        request -> {
          if (request instanceof Update && updates.incrementAndGet() == 1) {
            throw SwarmInMemory.unreachable();
          }
        });
    agent();
    wanted("web", FIRST);

    awaitTold(1);
    assertThat(told).extracting(Told::outcome).containsExactly(Outcome.UPDATED);
    assertThat(swarm.requests(Update.class))
        .extracting(Update::version)
        .containsExactly("13", "13");
  }

  @Test
  void doesNotSendAgainWhereOnlyTheAnswerWasLost() {
    swarm.then("web", () -> swarm.completes("web"));
    swarm.losesTheNextAnswer();
    agent();
    wanted("web", FIRST);

    awaitTold(1);
    assertThat(told).extracting(Told::outcome).containsExactly(Outcome.UPDATED);
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  @Test
  void doesNotSendAgainWhereTheUpdateWhoseAnswerWasLostIsRolledBack() {
    swarm.then("web", () -> swarm.failsAndRollsBack("web", "unhealthy"));
    swarm.losesTheNextAnswer();
    agent();
    wanted("web", FIRST);

    awaitTold(1);
    assertThat(told).containsExactly(new Told("web", FIRST.id(), Outcome.ROLLED_BACK, "unhealthy"));
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  @Test
  void isUpdatedWhenTheLostUpdateArrivesJustBeforeTheSecond() {
    AtomicInteger updates = new AtomicInteger();
    swarm.gate(
        request -> {
          if (request instanceof Update) {
            if (updates.incrementAndGet() == 1) {
              throw SwarmInMemory.unreachable();
            }
            swarm.give("web", FIRST.push().image().toString());
            swarm.completes("web");
          }
        });
    agent();
    wanted("web", FIRST);

    awaitTold(1);
    assertThat(told).extracting(Told::outcome).containsExactly(Outcome.UPDATED);
    assertThat(swarm.requests(Update.class)).hasSize(2);
  }

  @Test
  void isRejectedInTheEnginesWords() {
    swarm.rejects("no such network");
    agent();
    wanted("web", FIRST);

    awaitTold(1);
    assertThat(told)
        .containsExactly(
            new Told("web", FIRST.id(), Outcome.REJECTED_BY_THE_ENGINE, "no such network"));
  }

  @Test
  void isRemovedWhenTheServiceGoesAwayUnderTheUpdate() {
    swarm.gate(
        request -> {
          if (request instanceof Update) {
            swarm.remove("web");
          }
        });
    agent();
    wanted("web", FIRST);

    awaitTold(1);
    assertThat(told).containsExactly(new Told("web", FIRST.id(), Outcome.REMOVED, ""));
  }

  @Test
  void isRemovedWithAllThatWaitsWhenTheServiceGoesAway() {
    swarm.then("web", () -> swarm.remove("web"));
    agent();
    wanted("web", FIRST, SECOND);

    awaitTold(2);
    assertThat(told)
        .containsExactlyInAnyOrder(
            new Told("web", SECOND.id(), Outcome.REMOVED, ""),
            new Told("web", FIRST.id(), Outcome.REMOVED, ""));
    assertThat(open("web")).isEmpty();
  }

  @Test
  void isSupersededByWhoeverGivesTheServiceAnotherImageMeanwhile() {
    swarm.then(
        "web",
        () -> {
          swarm.says("web", "updating", "update in progress");
          swarm.give("web", THIRD.push().image().toString());
        });
    agent();
    wanted("web", FIRST);

    awaitTold(1);
    assertThat(told)
        .containsExactly(
            new Told(
                "web",
                FIRST.id(),
                Outcome.SUPERSEDED,
                "by " + THIRD.push().image() + " that the service has"));
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  @Test
  void waitsForAnotherRolloutAndThenUpdatesWhatThatLeft() {
    swarm.then("web", () -> swarm.completes("web"));
    swarm.says("web", "updating", "update in progress");
    agent();
    wanted("web", FIRST);
    looks("web");
    assertThat(swarm.requests(Update.class)).isEmpty();
    swarm.completes("web");

    awaitTold(1);
    assertThat(told).extracting(Told::outcome).containsExactly(Outcome.UPDATED);
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  @Test
  void waitsForAnEngineThatGoesAwayWhileItFollows() {
    swarm.then(
        "web",
        () -> {
          swarm.says("web", "updating", "update in progress");
          swarm.unreachableFor(Request.class);
        });
    agent();
    wanted("web", FIRST);
    await("the update", () -> !swarm.requests(Update.class).isEmpty());
    int before = swarm.requests(Inspect.class).size();
    await("looks", () -> swarm.requests(Inspect.class).size() > before + 1);
    assertThat(told).isEmpty();
    swarm.reachable();
    swarm.completes("web");

    awaitTold(1);
    assertThat(told).extracting(Told::outcome).containsExactly(Outcome.UPDATED);
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  @Test
  void waitsForRecordsThatGoAway() {
    swarm.then(
        "web",
        () -> {
          records.unreachable();
          swarm.completes("web");
        });
    agent();
    wanted("web", FIRST);
    await("the update", () -> !swarm.requests(Update.class).isEmpty());
    int before = records.requests().size();
    await("questions", () -> records.requests().size() > before + 2);
    records.reachable();

    awaitTold(1);
    assertThat(told).extracting(Told::outcome).containsExactly(Outcome.UPDATED);
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  /// Whether the ending was written is not known then: it is found, if not told by whoever wrote
  /// it.
  @Test
  void tellsNothingTwiceWhereTheAnswerToTheEndingWasLost() {
    swarm.then("web", () -> swarm.completes("web"));
    AtomicBoolean lost = new AtomicBoolean();
    records.gate(
        request -> {
          if (request instanceof Write(_, ServiceRecord next)
              && next.open().isEmpty()
              && !lost.getAndSet(true)) {
            records.losesTheNextAnswer();
          }
        });
    Agent agent = agent();
    wanted("web", FIRST);
    await("ending", () -> lost.get() && open("web").isEmpty());
    kill(agent);
    agent();

    await("found", () -> found.stream().anyMatch(record -> !record.untold().isEmpty()));
    assertThat(told).isEmpty();
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  @Test
  void watchesAServiceWithoutReplicasForItsMonitorPeriodHoweverTheClockIsSet() {
    ObjectNode none = named("web").tree().deepCopy();
    none.withObject("/Spec/Mode/Replicated").put("Replicas", 0);
    swarm.with(new ServiceState(none));
    agent();
    wanted("web", FIRST);
    await("update", () -> swarm.requests(Update.class).size() == 1);
    looks("web");
    clock.advance(Duration.ofSeconds(4));
    clock.set(Duration.ofHours(1));
    looks("web");
    clock.set(Duration.ofHours(-2));
    clock.advance(Duration.ofSeconds(3).minusMillis(1));
    looks("web");
    assertThat(told).isEmpty();
    clock.advance(Duration.ofMillis(1));
    swarm.tell("web");

    awaitTold(1);
    assertThat(told).extracting(Told::outcome).containsExactly(Outcome.UPDATED);
    assertThat(ending("web", FIRST).serving()).isNull();
  }

  @Test
  void beginsTheMonitorPeriodAnewWhenATaskFailsInIt() {
    swarm.then("web", () -> swarm.runsEveryTask("web"));
    agent();
    wanted("web", FIRST);
    await("update", () -> swarm.requests(Update.class).size() == 1);
    looks("web");
    clock.advance(Duration.ofSeconds(6));
    swarm.has("web", swarm.up("web", "1"), swarm.failed("web", "2", "died"));
    looks("web");
    swarm.runsEveryTask("web");
    looks("web");
    clock.advance(Duration.ofSeconds(7).minusMillis(1));
    looks("web");
    assertThat(told).isEmpty();
    clock.advance(Duration.ofMillis(1));
    swarm.tell("web");

    awaitTold(1);
    assertThat(told).extracting(Told::outcome).containsExactly(Outcome.UPDATED);
  }

  @Test
  void timesOutByTheServicesLabelAndNotBefore() {
    swarm.with(labelled(named("web"), ServiceLabels.TIMEOUT, "1h30m"));
    swarm.then("web", () -> swarm.says("web", "updating", "update in progress"));
    agent();
    wanted("web", FIRST);
    await("update", () -> swarm.requests(Update.class).size() == 1);
    looks("web");
    clock.advance(Duration.ofMinutes(90).minusMillis(1));
    looks("web");
    assertThat(told).isEmpty();
    clock.advance(Duration.ofMillis(1));
    swarm.tell("web");

    awaitTold(1);
    assertThat(told).extracting(Told::outcome).containsExactly(Outcome.TIMED_OUT);
  }

  @Test
  void isUpdatedOnceThoughTheAgentWasKilledBetweenTheBeginningAndTheUpdate() {
    AtomicBoolean killed = new AtomicBoolean();
    CountDownLatch sending = new CountDownLatch(1);
    swarm.then("web", () -> swarm.completes("web"));
    swarm.gate(
        request -> {
          if (request instanceof Update && !killed.get()) {
            sending.countDown();
            end.await();
          }
        });
    Agent first = agent();
    wanted("web", FIRST);
    await("update", () -> sending.getCount() == 0);
    killed.set(true);
    kill(first);
    assertThat(swarm.now("web").imageText()).isEqualTo(OLD_IMAGE);
    agent();

    awaitTold(1);
    assertThat(told).containsExactly(new Told("web", FIRST.id(), Outcome.UPDATED, ""));
    assertThat(swarm.now("web").tree().at("/PreviousSpec/TaskTemplate/ContainerSpec/Image"))
        .hasToString("\"" + OLD_IMAGE + "\"");
  }

  @Test
  void isUpdatedOnceThoughTheAgentWasKilledAfterTheUpdate() {
    Agent first = killedAfterTheUpdate(() -> swarm.says("web", "updating", "update in progress"));
    kill(first);
    agent();
    looks("web");
    swarm.completes("web");

    awaitTold(1);
    assertThat(told).containsExactly(new Told("web", FIRST.id(), Outcome.UPDATED, ""));
    assertThat(swarm.requests(Update.class)).hasSize(1);
    assertThat(ending("web", FIRST).started()).isEqualTo(NOON);
    assertThat(ending("web", FIRST).before()).isEqualTo(OLD_IMAGE);
  }

  @Test
  void isRolledBackOnceThoughTheAgentWasKilledBeforeItSawThat() {
    Agent first = killedAfterTheUpdate(() -> swarm.failsAndRollsBack("web", "unhealthy"));
    kill(first);
    clock.advance(Duration.ofDays(1));
    agent();

    awaitTold(1);
    assertThat(told).containsExactly(new Told("web", FIRST.id(), Outcome.ROLLED_BACK, "unhealthy"));
    assertThat(swarm.requests(Update.class)).hasSize(1);
    assertThat(records.get("web").failed()).containsExactly(digest(FIRST));
  }

  @Test
  void endsOnceThoughTheAgentWasKilledBetweenTheRollbackThatItAskedForAndItsEnding() {
    swarm.then("web", () -> swarm.says("web", "updating", "update in progress"));
    AtomicBoolean killed = new AtomicBoolean();
    CountDownLatch ending = new CountDownLatch(1);
    records.gate(
        request -> {
          if (request instanceof Write
              && !killed.get()
              && !swarm.requests(RollBack.class).isEmpty()) {
            ending.countDown();
            end.await();
          }
        });
    Agent first = agent();
    wanted("web", FIRST);
    await("update", () -> swarm.requests(Update.class).size() == 1);
    looks("web");
    clock.advance(LONGEST);
    swarm.tell("web");
    await("ending", () -> ending.getCount() == 0);
    killed.set(true);
    kill(first);
    swarm.has("web", swarm.up("web", "1"), swarm.up("web", "2"), failedTask(FIRST));
    swarm.says("web", "rollback_completed", "rollback completed");
    agent();

    awaitTold(1);
    assertThat(told).containsExactly(new Told("web", FIRST.id(), Outcome.ROLLED_BACK, "unhealthy"));
    assertThat(swarm.requests(RollBack.class)).hasSize(1);
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  @Test
  void findsWhatAnAgentThatIsGoneLeftUntold() {
    ServiceRecord untold =
        recordOf(FIRST)
            .close(FIRST, Ending.untouched(Outcome.ALREADY_CURRENT, "", NOON), List.of());
    records.put("web", untold);
    agent();

    await("found", () -> !found.isEmpty());
    assertThat(found).containsExactly(untold);
    assertThat(told).isEmpty();
    assertThat(swarm.requests(Inspect.class)).isEmpty();
  }

  @Test
  void areTwoAgentsThatSendOneUpdateAndTellOneEnding() {
    swarm.then("web", () -> swarm.completes("web"));
    CyclicBarrier sending = new CyclicBarrier(2);
    CyclicBarrier ending = new CyclicBarrier(2);
    swarm.gate(
        request -> {
          if (request instanceof Update) {
            together(sending);
          }
        });
    records.gate(
        request -> {
          if (request instanceof Write(_, ServiceRecord next) && next.open().isEmpty()) {
            together(ending);
          }
        });
    agent();
    agent();
    wanted("web", FIRST);

    awaitTold(1);
    agents.forEach(this::kill);
    assertThat(told).containsExactly(new Told("web", FIRST.id(), Outcome.UPDATED, ""));
    assertThat(swarm.requests(Update.class))
        .extracting(Update::version)
        .containsExactly("13", "13");
    assertThat(swarm.now("web").tree().at("/PreviousSpec/TaskTemplate/ContainerSpec/Image"))
        .hasToString("\"" + OLD_IMAGE + "\"");
    assertThat(ending("web", FIRST).before()).isEqualTo(OLD_IMAGE);
  }

  @Test
  void rollsAnOperatorsRollbackUnderAHoldAndThePushThatIsNewerAtTheRelease() {
    ImageReference before = new ImageReference(PLAYLISTLOG, new Tag("1"), OLD);
    swarm.with(running(named("web"), FIRST.push().image()));
    hasImage(rollout("1", 0, OLD, Cause.PUSH));
    swarm.then("web", () -> swarm.completes("web")).then("web", () -> swarm.completes("web"));
    Rollout rollback = rollout("1", 2, OLD, Cause.ROLLBACK);
    agent();
    records.put(
        "web",
        recordOf(THIRD, rollback)
            .withFailed(digest(FIRST))
            .held("web", new Hold(NOON, "the fair")));

    awaitTold(1);
    assertThat(told).containsExactly(new Told("web", rollback.id(), Outcome.UPDATED, ""));
    assertThat(swarm.now("web").image()).contains(before);
    assertThat(open("web")).containsExactly(THIRD);
    records.put("web", records.get("web").held("web", null));

    awaitTold(2);
    assertThat(told.getLast()).isEqualTo(new Told("web", THIRD.id(), Outcome.UPDATED, ""));
  }

  @Test
  void asksNothingOfTheEngineForAServiceWithoutWork() {
    Agent agent = agent();
    records.put("web", ServiceRecord.of("web"));
    swarm.tell("web");
    await("look", () -> !records.requests(RecordsInMemory.Request.Read.class).isEmpty());
    kill(agent);
    assertThat(swarm.requests()).containsExactly(new Request.Listen());
  }

  @Test
  void forgetsRemovedServicesOnlyWhenToldToAndWhenNothingIsLeftToTell() throws Exception {
    ServiceRecord ended =
        recordOf(FIRST)
            .close(FIRST, Ending.untouched(Outcome.ALREADY_CURRENT, "", NOON), List.of());
    records.put("web", ended.told(Set.of(FIRST.id())));
    records.put("gone", ended.told(Set.of(FIRST.id())));
    records.put("untold", ended);
    Agent agent = agent();
    wanted("waiting", SECOND);
    awaitTold(1);
    assertThat(told).extracting(Told::outcome).containsExactly(Outcome.REMOVED);
    assertThat(List.of("web", "gone", "untold", "waiting")).allMatch(records::has);

    agent.reconciler().tidy();
    assertThat(List.of("web", "untold", "waiting")).allMatch(records::has);
    assertThat(records.has("gone")).isFalse();
    records.put("untold", records.get("untold").told(Set.of(FIRST.id())));
    agent.reconciler().tidy();
    assertThat(records.has("untold")).isFalse();
  }

  @Test
  void endsWhatARemovedServiceLeftOpenWhenItTidies() throws Exception {
    records.put("gone", recordOf(FIRST));
    Reconciler reconciler = reconciler();
    agents.add(new Agent(reconciler, Thread.ofVirtual().unstarted(() -> {})));
    reconciler.tidy();

    awaitTold(1);
    assertThat(told).extracting(Told::outcome).containsExactly(Outcome.REMOVED);
  }

  @Test
  void leavesAServiceAloneWhoseRecordCannotBeReadAndNoOther() {
    swarm.with(named("broken")).then("web", () -> swarm.completes("web"));
    swarm.then("broken", () -> swarm.completes("broken"));
    records.put("broken", "{");
    Agent agent = agent();
    agent.reconciler().wake("broken");
    wanted("web", FIRST);

    awaitTold(1);
    assertThat(told).containsExactly(new Told("web", FIRST.id(), Outcome.UPDATED, ""));
    assertThat(agent.reconciler().isBroken()).isFalse();
    assertThat(swarm.requests(Inspect.class)).doesNotContain(new Inspect("broken"));
    wanted("broken", FIRST);
    awaitTold(2);
    assertThat(told.getLast()).isEqualTo(new Told("broken", FIRST.id(), Outcome.UPDATED, ""));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void isBrokenAfterFiveFailuresInARowThatNobodyForesaw(boolean error) {
    swarm.gate(
        request -> {
          if (request instanceof Inspect) {
            if (error) {
              throw new NoClassDefFoundError("nobody foresaw this");
            }
            throw new IllegalStateException("nobody foresaw this");
          }
        });
    Agent agent = agent();
    wanted("web", FIRST);
    for (int failures = 1; failures < 5; failures++) {
      int count = failures;
      await("failure", () -> swarm.requests(Inspect.class).size() == count);
      assertThat(agent.reconciler().isBroken()).isFalse();
      agent.reconciler().wake("web");
    }
    await("broken", () -> agent.reconciler().isBroken());
  }

  @Test
  void isNotBrokenWhereASuccessComesBetween() {
    AtomicBoolean fails = new AtomicBoolean(true);
    swarm.gate(
        request -> {
          if (request instanceof Inspect && fails.get()) {
            throw new IllegalStateException("nobody foresaw this");
          }
        });
    swarm.says("web", "updating", "update in progress");
    Agent agent = agent();
    wanted("web", FIRST);
    await("failure", () -> swarm.requests(Inspect.class).size() == 1);
    fails.set(false);
    looks("web");
    fails.set(true);
    int before = swarm.requests(Inspect.class).size();
    for (int failures = 1; failures <= 4; failures++) {
      int count = before + failures;
      agent.reconciler().wake("web");
      await("failure", () -> swarm.requests(Inspect.class).size() == count);
    }
    kill(agent);
    assertThat(agent.reconciler().isBroken()).isFalse();
  }

  @Test
  void leavesRolloutsToSwarmWhenItEnds() {
    swarm.then("web", () -> swarm.says("web", "updating", "update in progress"));
    Agent agent = agent();
    wanted("web", FIRST);
    await("update", () -> !swarm.requests(ListTasks.class).isEmpty());
    kill(agent);
    agent.reconciler().wake("web");
    assertThat(told).isEmpty();
    assertThat(open("web")).hasSize(1);
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  private Agent agent() {
    Reconciler reconciler = reconciler();
    records.tells(reconciler);
    int listeners = swarm.listeners();
    Thread listening =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    swarm.listen(reconciler);
                  } catch (InterruptedException stopped) {
                    Thread.currentThread().interrupt();
                  }
                });
    Agent agent = new Agent(reconciler, listening);
    agents.add(agent);
    await("listener", () -> swarm.listeners() > listeners);
    return agent;
  }

  private Reconciler reconciler() {
    return new Reconciler(swarm, records, clock, clock, LONGEST, "queue", endings);
  }

  private void kill(Agent agent) {
    int listeners = swarm.listeners();
    boolean listened = agent.listening().isAlive();
    agent.listening().interrupt();
    agent.reconciler().close();
    if (listened) {
      await("end of listening", () -> swarm.listeners() < listeners);
    }
  }

  /// The agent is at its first look after the update, and gets no further.
  private Agent killedAfterTheUpdate(SwarmInMemory.Step step) {
    CountDownLatch looking = new CountDownLatch(1);
    AtomicBoolean taken = new AtomicBoolean();
    swarm.then(
        "web",
        () -> {
          step.happen();
          taken.set(true);
        });
    swarm.gate(
        request -> {
          if (request instanceof Inspect && taken.get() && looking.getCount() > 0) {
            looking.countDown();
            end.await();
          }
        });
    Agent agent = agent();
    wanted("web", FIRST);
    await("look", () -> looking.getCount() == 0);
    return agent;
  }

  private static void together(CyclicBarrier barrier) throws InterruptedException {
    try {
      barrier.await();
    } catch (BrokenBarrierException over) {
      throw new IllegalStateException(over);
    }
  }

  /// Returns when the service was looked at once more, and the step after that look is done.
  private void looks(String serviceId) {
    for (int looks = 0; looks < 2; looks++) {
      int before = swarm.requests(Inspect.class).size();
      swarm.tell(serviceId);
      await("look", () -> swarm.requests(Inspect.class).size() > before || !told.isEmpty());
    }
  }

  private void awaitTold(int endings) {
    Await.until(endings + " endings", LONGEST_TEST, () -> told.size() >= endings, () -> told);
  }

  private static void await(String what, Callable<Boolean> condition) {
    Await.until(what, LONGEST_TEST, condition);
  }

  private void wanted(String serviceId, Rollout... rollouts) {
    ServiceRecord record = ServiceRecord.of(serviceId);
    for (Rollout rollout : rollouts) {
      record = record.with(serviceId, rollout, NOON);
    }
    records.put(serviceId, record);
  }

  private static ServiceRecord recordOf(Rollout... rollouts) {
    ServiceRecord record = ServiceRecord.of("web");
    for (Rollout rollout : rollouts) {
      record = record.with("web", rollout, NOON);
    }
    return record;
  }

  private List<Rollout> open(String serviceId) {
    return records.get(serviceId).open();
  }

  private Ending ending(String serviceId, Rollout of) {
    return records.get(serviceId).rollouts().stream()
        .filter(rollout -> rollout.id().equals(of.id()))
        .flatMap(rollout -> Stream.ofNullable(rollout.ending()))
        .findFirst()
        .orElseThrow();
  }

  private void hasImage(Rollout rollout) {
    swarm.withImage(
        new ResolvedImage(
            rollout.push().image(), List.of(new ResolvedImage.Platform("amd64", "linux"))));
  }

  private TaskState failedTask(Rollout of) {
    return new TaskState(
        "1", "node1", of.push().image().toString(), false, false, "unhealthy", clock.instant());
  }

  private static String by(Rollout rollout) {
    return "by the push of " + rollout.push().tag() + " at " + rollout.push().time();
  }

  private static Digest digest(Rollout rollout) {
    return Optional.ofNullable(rollout.push().digest()).orElseThrow();
  }

  private static Rollout push(int number) {
    return rollout(
        "v" + number, number, new Digest("sha256:" + "%064x".formatted(number)), Cause.PUSH);
  }

  private static Rollout rollout(String tag, int second, Digest digest, Cause cause) {
    Instant pushed = NOON.minusSeconds(100).plusSeconds(second);
    return Rollout.of(
        new Push(
            cause + " of " + tag,
            PLAYLISTLOG,
            new Tag(tag),
            digest,
            pushed,
            Evidence.CONFIRMED,
            pushed.plusSeconds(1)),
        cause,
        pushed.plusSeconds(2),
        pushed.plusSeconds(3));
  }

  private static Rollout withoutDigest(Rollout rollout) {
    Push push = rollout.push();
    return Rollout.of(push.of(null), rollout.cause(), rollout.queued(), rollout.received());
  }
}
