package dev.waggle.agent.rollout;

import static dev.waggle.agent.rollout.Services.NEW;
import static dev.waggle.agent.rollout.Services.OLD;
import static dev.waggle.agent.rollout.Services.PLAYLISTLOG;
import static dev.waggle.agent.rollout.Services.TARGET;
import static dev.waggle.agent.rollout.Services.labelled;
import static dev.waggle.agent.rollout.Services.playlistlog;
import static dev.waggle.agent.rollout.Services.running;
import static dev.waggle.agent.rollout.Services.updating;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.rollout.SwarmInMemory.Request;
import dev.waggle.agent.rollout.SwarmInMemory.Request.Inspect;
import dev.waggle.agent.rollout.SwarmInMemory.Request.ListNodes;
import dev.waggle.agent.rollout.SwarmInMemory.Request.ListTasks;
import dev.waggle.agent.rollout.SwarmInMemory.Request.Listen;
import dev.waggle.agent.rollout.SwarmInMemory.Request.RollBack;
import dev.waggle.agent.rollout.SwarmInMemory.Request.Update;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RolloutTest {

  private static final String ID = playlistlog().id();
  private static final ImageReference IMAGE = TARGET.reference();
  private static final String OTHER_IMAGE = "vorce/playlistlog:3@sha256:" + "3".repeat(64);
  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private final HandClock clock = new HandClock(NOON);
  private final SwarmInMemory swarm = new SwarmInMemory(clock);
  private final Rollout rollout =
      new Rollout(swarm, clock, clock, Services.PUSH, ID, TARGET, LONGEST);

  @AfterEach
  void nobodyListensAfterTheEnd() {
    assertThat(swarm.listeners()).isZero();
  }

  @Test
  void isAlreadyCurrentThoughTheEngineGoesAwayDuringTheFirstLook() throws InterruptedException {
    swarm.with(running(playlistlog(), TARGET.reference())).then(ID, swarm::reachable);
    swarm.unreachableFor(ListNodes.class);
    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.AlreadyCurrent());
  }

  @Test
  void isUpdatedWhenTheLostUpdateArrivesJustBeforeTheSecond() throws InterruptedException {
    swarm.withPlaylistlog();
    AtomicInteger updates = new AtomicInteger();
    swarm.gate(
        request -> {
          if (request instanceof Update) {
            if (updates.incrementAndGet() == 1) {
              throw SwarmInMemory.unreachable();
            }
            swarm.give(ID, TARGET.reference().toString());
          }
        });
    swarm.then(ID, () -> {}).then(ID, () -> swarm.completes(ID));
    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(rollout.started()).isEqualTo(NOON);
  }

  @Test
  void isRolledBackWhenTheLostUpdateIsRolledBackBeforeTheEngineIsBack()
      throws InterruptedException {
    swarm
        .withPlaylistlog()
        .then(
            ID,
            () -> {
              swarm.has(ID, swarm.failed(ID, "1", "unhealthy"));
              swarm.rollsBack(ID, "rollback_completed");
            })
        .then(
            ID,
            () -> {
              swarm.rollsBack(ID, "rollback_completed");
            });
    swarm.losesTheNextAnswer();
    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.RolledBack(""));
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  @Test
  void isUpdatedWhenSwarmSaysCompleted() throws InterruptedException {
    swarm
        .withPlaylistlog()
        .then(
            ID,
            () -> {
              swarm.says(ID, "updating", "update in progress");
              swarm.has(ID, swarm.up(ID, "1"));
            })
        .then(ID, () -> swarm.runsEveryTask(ID))
        .then(ID, () -> swarm.completes(ID));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(rollout.started()).isEqualTo(NOON);
    assertThat(rollout.firstServing()).isEqualTo(NOON.plusSeconds(1));
    assertThat(clock.instant()).isEqualTo(NOON.plusSeconds(3));
    assertThat(updates()).containsExactly(new Update(ID, "13", planned(playlistlog())));
    assertThat(swarm.requests().getFirst()).isEqualTo(new Listen(ID));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vorce/playlistlog:2@",
        "vorce/playlistlog:latest@",
        "docker.io/vorce/playlistlog@"
      })
  void isAlreadyCurrentWithoutAnUpdateWhateverTheTag(String name) throws InterruptedException {
    swarm.with(
        Services.with(playlistlog(), "/Spec/TaskTemplate/ContainerSpec", "Image", name + NEW));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.AlreadyCurrent());
    assertThat(rollout.started()).isNull();
    assertThat(rollout.firstServing()).isNull();
    assertThat(updates()).isEmpty();
    assertThat(clock.instant()).isEqualTo(NOON);
  }

  /// The agent that sent the update is gone, and with it what it knew.
  @Test
  void isUpdatedWhenAnUpdateForThisPushHadBroughtTheImageBefore() throws InterruptedException {
    swarm.with(
        labelled(
            Services.with(
                updating(running(playlistlog(), IMAGE), "completed"),
                "/UpdateStatus",
                "StartedAt",
                "2026-11-01T11:59:58Z"),
            RolloutRecord.DELIVERY,
            Services.PUSH.deliveryId()));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(rollout.started()).isEqualTo(NOON.minusSeconds(2));
    assertThat(rollout.firstServing()).isEqualTo(NOON);
    assertThat(updates()).isEmpty();
  }

  @Test
  void asksForNodesOnlyWhenAllElseHasConverged() throws InterruptedException {
    swarm
        .withPlaylistlog()
        .then(ID, () -> swarm.says(ID, "updating", "update in progress"))
        .then(ID, () -> {})
        .then(ID, () -> swarm.completes(ID));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(swarm.requests(ListNodes.class)).hasSize(1);
  }

  @Test
  void asksForTasksOnlyWhereThePlanDependsOnThem() throws InterruptedException {
    swarm.withPlaylistlog().then(ID, () -> swarm.completes(ID));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(swarm.requests())
        .startsWith(new Listen(ID), new Inspect(ID), new Update(ID, "13", planned(playlistlog())));
  }

  @Test
  void followsAnUpdateToTheImageThatAnotherBegan() throws InterruptedException {
    swarm
        .with(updating(running(playlistlog(), IMAGE), "updating"))
        .then(ID, () -> swarm.completes(ID));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(rollout.started()).isNull();
    assertThat(updates()).isEmpty();
  }

  @Test
  void sendsTheServiceAsItIsReadAgainWhenTheUpdateIsOutOfSequence() throws InterruptedException {
    swarm.withPlaylistlog();
    changesTheServiceBeforeUpdates(1);
    swarm.then(ID, () -> {}).then(ID, () -> swarm.completes(ID));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(rollout.started()).isEqualTo(NOON.plusSeconds(1));
    assertThat(updates())
        .containsExactly(
            new Update(ID, "13", planned(playlistlog())),
            new Update(ID, "14", planned(labelled(playlistlog(), "changed", "1"))));
  }

  @Test
  void isAlreadyCurrentWhenTheUpdateThatCameBetweenBroughtTheImage() throws InterruptedException {
    swarm.withPlaylistlog();
    swarm.gate(
        request -> {
          if (request instanceof Update) {
            swarm.give(ID, IMAGE.toString());
            swarm.completes(ID);
          }
        });

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.AlreadyCurrent());
    assertThat(rollout.started()).isNull();
    assertThat(updates()).hasSize(1);
  }

  @Test
  void timesOutWhenOthersKeepChangingTheService() throws InterruptedException {
    swarm.withPlaylistlog();
    changesTheServiceBeforeUpdates(Integer.MAX_VALUE);

    assertThat(rollout.run())
        .isEqualTo(new RolloutOutcome.TimedOut("others kept changing the service", false));
    assertThat(rollout.started()).isNull();
  }

  @Test
  void followsAnUpdateWhoseAnswerWasLost() throws InterruptedException {
    swarm
        .withPlaylistlog()
        .then(ID, () -> swarm.says(ID, "updating", "update in progress"))
        .then(ID, () -> swarm.completes(ID));
    swarm.losesTheNextAnswer();

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(rollout.started()).isEqualTo(NOON);
    assertThat(updates()).hasSize(1);
  }

  @Test
  void isUpdatedAndNotAlreadyCurrentWhenTheLostUpdateIsThroughAtTheNextLook()
      throws InterruptedException {
    swarm.withPlaylistlog().then(ID, () -> swarm.completes(ID));
    swarm.losesTheNextAnswer();

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(rollout.started()).isEqualTo(NOON);
    assertThat(rollout.firstServing()).isEqualTo(NOON.plusSeconds(1));
    assertThat(updates()).hasSize(1);
  }

  @Test
  void sendsAgainWhatDidNotArrive() throws InterruptedException {
    swarm.withPlaylistlog();
    swarm.unreachableFor(Update.class);
    swarm.then(ID, swarm::reachable).then(ID, () -> swarm.completes(ID));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(rollout.started()).isEqualTo(NOON.plusSeconds(1));
    assertThat(updates())
        .containsExactly(
            new Update(ID, "13", planned(playlistlog())),
            new Update(ID, "13", planned(playlistlog())));
  }

  @Test
  void looksBeforeItSendsAgain() throws InterruptedException {
    swarm.withPlaylistlog();
    // The first look has to succeed for an update to be sent.
    AtomicInteger inspections = new AtomicInteger();
    swarm.gate(
        request -> {
          if (request instanceof Update
              || (request instanceof Inspect && inspections.incrementAndGet() > 1)) {
            throw SwarmInMemory.unreachable();
          }
        });
    swarm
        .then(ID, () -> {})
        .then(
            ID,
            () -> {
              swarm.reachable();
              swarm.give(ID, OTHER_IMAGE);
              swarm.says(ID, "updating", "update in progress");
            })
        .then(ID, () -> swarm.rollsBack(ID, "rollback_completed"))
        .then(ID, () -> swarm.completes(ID));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(updates()).extracting(Update::version).containsExactly("13", "17");
  }

  @ParameterizedTest
  @ValueSource(classes = {Listen.class, Inspect.class})
  void throwsWhenTheEngineIsUnreachableBeforeAnythingWasSent(Class<? extends Request> kind) {
    swarm.withPlaylistlog();
    swarm.unreachableFor(kind);

    assertThatExceptionOfType(SwarmUnavailableException.class)
        .isThrownBy(rollout::run)
        .withMessage("connection refused");
    assertThat(updates()).isEmpty();
  }

  @Test
  void throwsWhenTheEngineGoesAwayBeforeItsTurnCame() {
    swarm
        .with(updating(playlistlog(), "updating"))
        .then(ID, () -> swarm.unreachableFor(Inspect.class));

    assertThatExceptionOfType(SwarmUnavailableException.class).isThrownBy(rollout::run);
    assertThat(updates()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(classes = {Inspect.class, ListTasks.class, ListNodes.class})
  void waitsForAnEngineThatGoesAwayWhileItFollows(Class<? extends Request> kind)
      throws InterruptedException {
    swarm
        .withPlaylistlog()
        .then(ID, () -> swarm.unreachableFor(kind))
        .then(ID, () -> {})
        .then(
            ID,
            () -> {
              swarm.reachable();
              swarm.completes(ID);
            });

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(clock.instant()).isEqualTo(NOON.plusSeconds(3));
    assertThat(updates()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT1H", "PT-1H"})
  void takesTheSameTimeWhenTheClockIsSetMeanwhile(Duration forward) throws InterruptedException {
    ObjectNode none = playlistlog().tree().deepCopy();
    none.withObject("/Spec/Mode/Replicated").put("Replicas", 0);
    swarm.with(new ServiceState(none));
    swarm.then(ID, () -> {}).then(ID, () -> clock.set(forward));
    Duration began = clock.elapsed();

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(clock.elapsed().minus(began)).isEqualTo(Duration.ofSeconds(8));
  }

  @Test
  void timesOutWhenTheEngineStaysAwayWhileItFollows() throws InterruptedException {
    swarm.withPlaylistlog().then(ID, () -> swarm.unreachableFor(Inspect.class));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.TimedOut("connection refused", false));
    assertThat(rollout.started()).isEqualTo(NOON);
    assertThat(clock.instant()).isEqualTo(NOON.plus(LONGEST));
    assertThat(updates()).hasSize(1);
  }

  @Test
  void isRolledBackWithTheWordsOfATaskThatSwarmForgotMeanwhile() throws InterruptedException {
    swarm
        .withPlaylistlog()
        .then(
            ID,
            () -> {
              swarm.says(ID, "updating", "update in progress");
              swarm.has(ID, swarm.failed(ID, "1", "unhealthy"));
            })
        .then(ID, () -> swarm.rollsBack(ID, "rollback_started"))
        .then(ID, () -> swarm.says(ID, "rollback_completed", "rollback completed"));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.RolledBack("unhealthy"));
    assertThat(rollout.started()).isEqualTo(NOON);
    assertThat(rollout.firstServing()).isNull();
    assertThat(updates()).hasSize(1);
  }

  @Test
  void isPausedWithSwarmsWordsAndTheTasks() throws InterruptedException {
    swarm
        .withPlaylistlog()
        .then(ID, () -> swarm.has(ID, swarm.failed(ID, "1", "unhealthy")))
        .then(
            ID,
            () -> {
              swarm.has(ID);
              swarm.says(ID, "paused", "update paused");
            });

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Paused("update paused: unhealthy"));
  }

  @Test
  void isSupersededByWhoeverGivesTheServiceAnotherImageMeanwhile() throws InterruptedException {
    swarm
        .withPlaylistlog()
        .then(ID, () -> swarm.says(ID, "updating", "update in progress"))
        .then(ID, () -> swarm.give(ID, OTHER_IMAGE));

    assertThat(rollout.run())
        .isEqualTo(new RolloutOutcome.Superseded("by " + OTHER_IMAGE + " that the service has"));
    assertThat(updates()).hasSize(1);
  }

  @Test
  void isRemovedWhenTheServiceGoesAwayMeanwhile() throws InterruptedException {
    swarm.withPlaylistlog().then(ID, () -> swarm.remove(ID));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Removed());
    assertThat(updates()).hasSize(1);
  }

  @Test
  void isRemovedWhenTheServiceIsGoneBeforeTheFirstLook() throws InterruptedException {
    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Removed());
    assertThat(updates()).isEmpty();
  }

  @Test
  void isRejectedInTheEnginesWordsWhenTheServiceGoesAwayBeforeTheUpdate()
      throws InterruptedException {
    swarm.withPlaylistlog();
    swarm.gate(
        request -> {
          if (request instanceof Update) {
            swarm.remove(ID);
          }
        });

    assertThat(rollout.run())
        .isEqualTo(new RolloutOutcome.RejectedByEngine("service " + ID + " not found"));
  }

  @Test
  void isLeftAloneWhenTheServiceOptsOutMeanwhile() throws InterruptedException {
    swarm
        .with(updating(playlistlog(), "updating"))
        .then(
            ID,
            () -> swarm.change(ID, tree -> tree.withObject("/Spec/Labels").remove("waggle.tags")));

    assertThat(rollout.run()).isInstanceOf(RolloutOutcome.LeftAlone.class);
    assertThat(updates()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"updating, completed", "rollback_started, rollback_completed"})
  void waitsForAnotherRolloutAndThenUpdatesWhatThatLeft(String underway, String ended)
      throws InterruptedException {
    swarm
        .with(updating(playlistlog(), underway))
        .then(ID, () -> {})
        .then(ID, () -> swarm.says(ID, ended, ""))
        .then(ID, () -> swarm.completes(ID));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(rollout.started()).isEqualTo(NOON.plusSeconds(2));
    assertThat(updates()).containsExactly(new Update(ID, "14", planned(playlistlog())));
  }

  @Test
  void isAlreadyCurrentWhenAnotherRolloutBringsTheImageFirst() throws InterruptedException {
    swarm
        .with(updating(playlistlog(), "updating"))
        .then(
            ID,
            () -> {
              swarm.give(ID, IMAGE.toString());
              swarm.completes(ID);
            });

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.AlreadyCurrent());
    assertThat(updates()).isEmpty();
  }

  @Test
  void timesOutWhenAnotherRolloutDoesNotEnd() throws InterruptedException {
    swarm.with(updating(playlistlog(), "updating"));

    assertThat(rollout.run())
        .isEqualTo(
            new RolloutOutcome.TimedOut("another rollout of the service did not end", false));
    assertThat(rollout.started()).isNull();
    assertThat(clock.instant()).isEqualTo(NOON.plus(LONGEST));
    assertThat(updates()).isEmpty();
  }

  @Test
  void timesOutWithTheLastError() throws InterruptedException {
    swarm
        .withPlaylistlog()
        .then(ID, () -> swarm.has(ID, swarm.failed(ID, "1", "no such file")))
        .then(
            ID,
            () -> {
              swarm.says(ID, "updating", "update in progress");
              swarm.has(ID, swarm.failed(ID, "1", "no suitable node (1 node not available)"));
            })
        .then(ID, () -> swarm.has(ID));

    assertThat(rollout.run())
        .isEqualTo(new RolloutOutcome.TimedOut("no suitable node (1 node not available)", true));
    assertThat(swarm.now(ID).image()).contains(playlistlog().image().orElseThrow());
    assertThat(clock.instant()).isEqualTo(NOON.plus(LONGEST));
    assertThat(updates()).hasSize(1);
  }

  /// An engine that is started again in the middle of an update can call it completed.
  @Test
  void goesBackFromAnUpdateThatKeepsFailingAfterSwarmCalledItCompleted()
      throws InterruptedException {
    swarm
        .withPlaylistlog()
        .then(
            ID,
            () -> {
              swarm.change(
                  ID,
                  tree ->
                      tree.putObject("UpdateStatus")
                          .put("State", "completed")
                          .put("StartedAt", NOON.toString()));
              swarm.has(ID, swarm.failed(ID, "1", "exit 1"), swarm.failed(ID, "1", "exit 1"));
            })
        .then(
            ID,
            () -> {
              assertThat(swarm.requests(RollBack.class)).isEmpty();
              TaskState failed = swarm.failed(ID, "1", "exit 1");
              swarm.has(ID, failed, failed, failed);
            })
        .then(ID, () -> {})
        .then(ID, () -> swarm.says(ID, "rollback_completed", "rollback completed"));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.RolledBack("exit 1"));
    assertThat(swarm.requests(RollBack.class)).hasSize(1);
    assertThat(swarm.now(ID).image()).contains(playlistlog().image().orElseThrow());
  }

  @Test
  void goesBackWhenItTimesOutThoughSwarmCalledTheUpdateCompleted() throws InterruptedException {
    swarm
        .withPlaylistlog()
        .then(
            ID,
            () -> {
              swarm.says(ID, "completed", "update completed");
              swarm.has(ID, swarm.failed(ID, "1", "unhealthy"));
            });

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.TimedOut("unhealthy", true));
    assertThat(swarm.now(ID).image()).contains(playlistlog().image().orElseThrow());
  }

  @ParameterizedTest
  @CsvSource({"'', true", "another-push, false"})
  void goesBackFromWhatItFollowsIfThatWasGivenForAPush(String deliveryBefore, boolean goesBack)
      throws InterruptedException {
    swarm.with(labelled(playlistlog(), RolloutRecord.DELIVERY, deliveryBefore));
    swarm.give(ID, IMAGE.toString());
    swarm.change(
        ID,
        tree -> {
          tree.withObject("/Spec/Labels").put(RolloutRecord.DELIVERY, "another-push");
          tree.withObject("/Spec/UpdateConfig").put("FailureAction", "rollback");
        });
    swarm.says(ID, "completed", "update completed");
    swarm.has(ID, swarm.failed(ID, "1", "task: non-zero exit (1)"));

    assertThat(rollout.run())
        .isEqualTo(new RolloutOutcome.TimedOut("task: non-zero exit (1)", goesBack));
    assertThat(updates()).isEmpty();
  }

  @Test
  void leavesAnUpdateThatTimedOutAsItIsWhereTheServiceDoesNotRollBack()
      throws InterruptedException {
    swarm
        .with(labelled(playlistlog(), ServiceLabels.FAILURE_ACTION, "pause"))
        .then(ID, () -> swarm.has(ID, swarm.failed(ID, "1", "no suitable node")))
        .then(ID, () -> swarm.says(ID, "updating", "update in progress"));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.TimedOut("no suitable node", false));
    assertThat(swarm.requests(RollBack.class)).isEmpty();
    assertThat(swarm.now(ID).image()).contains(IMAGE);
  }

  @Test
  void watchesAServiceWithoutReplicasForItsMonitorPeriod() throws InterruptedException {
    ObjectNode none = playlistlog().tree().deepCopy();
    none.withObject("/Spec/Mode/Replicated").put("Replicas", 0);
    swarm.with(new ServiceState(none));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(rollout.firstServing()).isNull();
    // The first look is a second after the update; the period is seven seconds.
    assertThat(clock.instant()).isEqualTo(NOON.plusSeconds(8));
  }

  @Test
  void beginsTheMonitorPeriodAnewWhenATaskFailsInIt() throws InterruptedException {
    swarm
        .withPlaylistlog()
        .then(ID, () -> swarm.runsEveryTask(ID))
        .then(ID, () -> {})
        .then(ID, () -> swarm.has(ID, swarm.up(ID, "1"), swarm.failed(ID, "2", "died")))
        .then(ID, () -> swarm.runsEveryTask(ID));

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(rollout.firstServing()).isEqualTo(NOON.plusSeconds(1));
    assertThat(clock.instant()).isEqualTo(NOON.plusSeconds(4 + 7));
  }

  @Test
  void doesNotCountTasksOnANodeThatWasLost() throws InterruptedException {
    swarm.withPlaylistlog();
    swarm
        .then(
            ID,
            () -> {
              swarm.completes(ID);
              swarm.loses("node2");
            })
        .then(
            ID,
            () -> {
              TaskState first = swarm.up(ID, "1");
              swarm.has(
                  ID,
                  first,
                  new TaskState("2", "node1", first.image(), true, true, null, first.since()));
            });

    assertThat(rollout.run()).isEqualTo(new RolloutOutcome.Updated());
    assertThat(clock.instant()).isEqualTo(NOON.plusSeconds(2));
  }

  @Test
  void endsWithoutAnOutcomeWhenInterrupted() {
    swarm.withPlaylistlog().then(ID, () -> Thread.currentThread().interrupt());

    assertThatExceptionOfType(InterruptedException.class).isThrownBy(rollout::run);
    assertThat(updates()).hasSize(1);
  }

  @Test
  void leavesASwarmsOtherServicesAlone() throws InterruptedException {
    ServiceState other =
        Services.with(Services.with(playlistlog(), "", "ID", "other"), "/Spec", "Name", "other");
    swarm.withPlaylistlog().with(other).then(ID, () -> swarm.completes(ID));

    rollout.run();
    assertThat(swarm.now("other")).isEqualTo(other);
    assertThat(swarm.now(ID).image()).contains(new ImageReference(PLAYLISTLOG, IMAGE.tag(), NEW));
    assertThat(swarm.now(ID).tree().at("/PreviousSpec/TaskTemplate/ContainerSpec/Image"))
        .hasToString("\"vorce/playlistlog:1@" + OLD + "\"");
  }

  private List<Update> updates() {
    return swarm.requests(Update.class);
  }

  /// Another change comes between the look and the update, so many times.
  private void changesTheServiceBeforeUpdates(int times) {
    AtomicInteger changes = new AtomicInteger();
    swarm.gate(
        request -> {
          if (request instanceof Update && changes.get() < times) {
            String count = Integer.toString(changes.incrementAndGet());
            swarm.change(ID, tree -> tree.withObject("/Spec/Labels").put("changed", count));
          }
        });
  }

  private static ObjectNode planned(ServiceState service) {
    return RolloutPlan.of(service, Services.PUSH, TARGET, List.of(), List.of())
            instanceof RolloutPlan.Update(ObjectNode spec)
        ? spec
        : service.spec();
  }
}
