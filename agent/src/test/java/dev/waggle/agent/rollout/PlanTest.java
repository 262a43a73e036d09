package dev.waggle.agent.rollout;

import static dev.waggle.agent.service.Services.NEW;
import static dev.waggle.agent.service.Services.NOON;
import static dev.waggle.agent.service.Services.OLD;
import static dev.waggle.agent.service.Services.PLAYLISTLOG;
import static dev.waggle.agent.service.Services.PUSH;
import static dev.waggle.agent.service.Services.TARGET;
import static dev.waggle.agent.service.Services.labelled;
import static dev.waggle.agent.service.Services.playlistlog;
import static dev.waggle.agent.service.Services.running;
import static dev.waggle.agent.service.Services.updating;
import static dev.waggle.agent.service.Services.with;
import static dev.waggle.agent.service.Services.without;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.Evidence;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.push.Push;
import dev.waggle.agent.push.Tag;
import dev.waggle.agent.record.Attempt;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Hold;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.Rollout.Cause;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ImageHealth;
import dev.waggle.agent.service.NodeState;
import dev.waggle.agent.service.ResolvedImage;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Swarm.Resolution;
import dev.waggle.agent.service.SwarmInMemory;
import dev.waggle.agent.service.TaskState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlanTest {

  private static final Duration LONGEST = Duration.ofMinutes(10);
  private static final ImageReference IMAGE = TARGET.reference();
  private static final String OLD_IMAGE = playlistlog().imageText();
  private static final ResolvedImage MOVED_ON =
      new ResolvedImage(
          new ImageReference(PLAYLISTLOG, new Tag("2"), new Digest("sha256:" + "4".repeat(64))),
          TARGET.platforms());

  /// When the update began that the service had before.
  private static final String BEFORE = "2026-11-01T11:00:00Z";

  /// When the update began that was sent for the push.
  private static final String SINCE = "2026-11-01T12:00:01Z";

  private static final Rollout WANTED = wanted(PUSH, Cause.PUSH);
  private static final Rollout WANTED_WITHOUT_DIGEST =
      wanted(
          new Push(
              PUSH.deliveryId(),
              PLAYLISTLOG,
              new Tag("2"),
              null,
              PUSH.pushedAt(),
              Evidence.UNKNOWN,
              PUSH.acceptedAt()),
          Cause.PUSH);
  private static final Attempt ATTEMPT = new Attempt(NOON, IMAGE, "13", "", OLD_IMAGE);

  /// The service names the image already.
  private static final Attempt NO_UPDATE = new Attempt(NOON, IMAGE, "", "", IMAGE.toString());

  private ServiceRecord record = recordOf(WANTED);
  private ServiceState service = playlistlog();
  private List<TaskState> tasks = List.of();
  private List<NodeState> nodes = List.of();
  private Optional<Resolution> lookup = Optional.empty();
  private boolean taken;
  private boolean followed;
  private String lastError = "";
  private Duration elapsed = Duration.ZERO;
  private Duration converged = Duration.ZERO;
  private Duration rolledBack = Duration.ZERO;
  private Duration down = Duration.ZERO;
  private @Nullable ImageHealth imageHealth = ImageHealth.UNKNOWN;

  @Test
  void restsWhereNothingIsOpen() {
    record = record.close(WANTED, Ending.untouched(Outcome.ALREADY_CURRENT, "", NOON), List.of());
    assertThat(next()).isEqualTo(new Step.Rest());
  }

  @Test
  void restsWhileTheServiceIsHeld() {
    record = record.held("playlistlog", new Hold(NOON, "the fair"));
    assertThat(next()).isEqualTo(new Step.Rest());
  }

  @ParameterizedTest
  @ValueSource(strings = {"ROLLBACK", "REDEPLOY"})
  void beginsWhatAPersonAsksForThoughTheServiceIsHeld(Cause cause) {
    Rollout commanded = wanted(older("commanded"), cause);
    record = recordOf(WANTED, commanded).held("playlistlog", new Hold(NOON, "the fair"));
    assertThat(next()).isInstanceOfSatisfying(Step.Begin.class, PlanTest::beginsTheCommanded);
  }

  private static void beginsTheCommanded(Step.Begin begin) {
    assertThat(begin.rollout().id()).isEqualTo("commanded");
  }

  @Test
  void goesOnWithWhatWasBegunBeforeTheServiceWasHeld() {
    begun(ATTEMPT);
    record = record.held("playlistlog", new Hold(NOON, "the fair"));
    service = ours("updating");
    assertThat(next()).isEqualTo(new Step.Wait("the rollout"));
  }

  @Test
  void beginsTheNewest() {
    record = recordOf(wanted(older("older"), Cause.PUSH), WANTED);
    assertThat(next()).isEqualTo(new Step.Begin(WANTED, ATTEMPT));
  }

  @Test
  void beginsTheHighestVersionOfARange() {
    Rollout backport = wanted(push("backport", "1.2.9", NEW, NOON), Cause.PUSH);
    Rollout higher = wanted(push("higher", "1.3.0", NEW, NOON.minusSeconds(9)), Cause.PUSH);
    record = recordOf(higher, backport);
    service = labelled(service, ServiceLabels.TAGS, "semver:^1");
    assertThat(next())
        .isInstanceOfSatisfying(
            Step.Begin.class, begin -> assertThat(begin.rollout()).isEqualTo(higher));
  }

  @Test
  void closesWhatHasAnObstacleUntouched() {
    service = labelled(service, "waggle.tag", "*");
    assertThat(next())
        .isEqualTo(
            new Step.Close(
                WANTED,
                Conclusion.of(
                    Outcome.LEFT_ALONE, "waggle.tag is unknown; did you mean waggle.tags?"),
                false));
  }

  @Test
  void doesNotBeginWhatIsToBeTriedLater() {
    record = record.postpone(WANTED, NOON.plusMillis(1));
    assertThat(next()).isEqualTo(new Step.WaitUntil(NOON.plusMillis(1)));
    record = recordOf(WANTED).postpone(WANTED, NOON);
    assertThat(next()).isInstanceOf(Step.Begin.class);
  }

  @Test
  void doesNotWaitForATimeThatOnlyAClockThatWasSetBackCouldMakeSoLate() {
    record = record.postpone(WANTED, NOON.plusSeconds(90));
    assertThat(next()).isEqualTo(new Step.WaitUntil(NOON.plusSeconds(90)));
    record = recordOf(WANTED).postpone(WANTED, NOON.plusSeconds(91));
    assertThat(next()).isInstanceOf(Step.Begin.class);
  }

  @Test
  void doesNotTryAnOlderOneWhileTheNewestIsToBeTriedLater() {
    record =
        recordOf(wanted(older("older"), Cause.PUSH), WANTED).postpone(WANTED, NOON.plusSeconds(30));
    assertThat(next()).isEqualTo(new Step.WaitUntil(NOON.plusSeconds(30)));
  }

  @Test
  void writesDownWhatTheUpdateIsMadeFrom() {
    service = status(updating(service, "completed"), BEFORE);
    assertThat(next())
        .isEqualTo(new Step.Begin(WANTED, new Attempt(NOON, IMAGE, "13", BEFORE, OLD_IMAGE)));
  }

  @Test
  void beginsWhatIsNotKnownYet() {
    record = recordOf(WANTED_WITHOUT_DIGEST);
    assertThat(next())
        .isEqualTo(
            new Step.Begin(
                WANTED_WITHOUT_DIGEST,
                new Attempt(
                    NOON,
                    new ImageReference(PLAYLISTLOG, new Tag("2"), null),
                    "13",
                    "",
                    OLD_IMAGE)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "updating", "paused", "completed", "rollback_completed"})
  void beginsWithoutAnUpdateWhereTheServiceNamesTheContentWhateverItsTag(String state) {
    ImageReference sameUnderAnotherTag = new ImageReference(PLAYLISTLOG, new Tag("latest"), NEW);
    service = updating(running(service, sameUnderAnotherTag), state);
    assertThat(next())
        .isEqualTo(
            new Step.Begin(
                WANTED, new Attempt(NOON, IMAGE, "", "", sameUnderAnotherTag.toString())));
  }

  @Test
  void beginsWithAnUpdateWhereTheServiceNamesTheTagButNoDigest() {
    service = with(service, "/Spec/TaskTemplate/ContainerSpec", "Image", "vorce/playlistlog:2");
    assertThat(next())
        .isInstanceOfSatisfying(
            Step.Begin.class, begin -> assertThat(begin.attempt().updates()).isTrue());
  }

  @Test
  void asksWhatTheTagNamesWhereThePushHasNoDigest() {
    begunWithoutDigest();
    assertThat(next())
        .isEqualTo(new Step.LookUp(new ImageReference(PLAYLISTLOG, new Tag("2"), null)));
  }

  @Test
  void beginsAgainWithWhatTheTagNames() {
    begunWithoutDigest();
    lookup = resolved(MOVED_ON);
    assertThat(next())
        .isEqualTo(
            new Step.Begin(
                underWay(), new Attempt(NOON, MOVED_ON.reference(), "13", "", OLD_IMAGE)));
  }

  @Test
  void looksOnceMoreWhereTheServiceHasWhatTheTagNamesSinceTheRegistryMayLagBehindThePush() {
    begunWithoutDigest();
    service = running(service, IMAGE);
    lookup = resolved(TARGET);
    assertThat(next()).isEqualTo(new Step.Postpone(underWay(), NOON.plusSeconds(20)));
  }

  @Test
  void beginsAgainWithoutAnUpdateWhereTheServiceStillHasWhatTheTagNames() {
    record =
        recordOf(WANTED_WITHOUT_DIGEST)
            .postpone(WANTED_WITHOUT_DIGEST, NOON)
            .begin(
                WANTED_WITHOUT_DIGEST,
                new Attempt(
                    NOON,
                    new ImageReference(PLAYLISTLOG, new Tag("2"), null),
                    "13",
                    "",
                    OLD_IMAGE));
    service = running(service, IMAGE);
    lookup = resolved(TARGET);
    assertThat(next()).isEqualTo(new Step.Begin(underWay(), NO_UPDATE));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void closesWhatTheRegistryDoesNotHave(boolean knownDigest) {
    if (knownDigest) {
      begun(ATTEMPT);
    } else {
      begunWithoutDigest();
    }
    lookup = Optional.of(new Resolution.Refused("manifest unknown"));
    assertThat(next())
        .isEqualTo(
            new Step.Close(
                underWay(),
                Conclusion.ofTheImage(Outcome.REFUSED_BY_THE_REGISTRY, "manifest unknown"),
                false));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void closesWhatTheRegistryDoesNotShow(boolean knownDigest) {
    if (knownDigest) {
      begun(ATTEMPT);
    } else {
      begunWithoutDigest();
    }
    lookup = Optional.of(new Resolution.Unauthorised("denied"));
    assertThat(next())
        .isEqualTo(
            new Step.Close(
                underWay(), Conclusion.ofTheImage(Outcome.UNAUTHORISED, "denied"), false));
  }

  @Test
  void doesNotTryContentAgainThatFailedThoughOnlyTheRegistryKnewItFor() {
    begunWithoutDigest();
    record = record.withFailed(NEW);
    lookup = resolved(TARGET);
    assertThat(next())
        .isEqualTo(
            new Step.Close(
                underWay(), Conclusion.ofTheImage(Outcome.ROLLED_BACK_BEFORE, ""), false));
  }

  @Test
  void asksForExactlyTheDigestThatWasPushed() {
    begun(ATTEMPT);
    assertThat(next()).isEqualTo(new Step.LookUp(IMAGE));
  }

  /// The agent that asked what the tag names is gone, and the tag has moved on.
  @Test
  void asksForExactlyTheDigestThatWasBegun() {
    record = recordOf(WANTED_WITHOUT_DIGEST).begin(WANTED_WITHOUT_DIGEST, ATTEMPT);
    assertThat(next()).isEqualTo(new Step.LookUp(IMAGE));
  }

  /// Of two agents that ask what the tag names, one begins and both send.
  @Test
  void sendsExactlyTheDigestThatWasBegun() {
    record = recordOf(WANTED_WITHOUT_DIGEST).begin(WANTED_WITHOUT_DIGEST, ATTEMPT);
    lookup = resolved(MOVED_ON);
    assertThat(sent().at("/TaskTemplate/ContainerSpec/Image").asText()).isEqualTo(IMAGE.toString());
  }

  @Test
  void changesTheImageTheOrderTheFailureActionThePlatformsAndNothingElse() {
    ObjectNode expected = playlistlog().spec();
    expected.withObject("/TaskTemplate/ContainerSpec").put("Image", "vorce/playlistlog:2@" + NEW);
    expected
        .withObject("/TaskTemplate/Placement")
        .putArray("Platforms")
        .addObject()
        .put("Architecture", "amd64")
        .put("OS", "linux");
    expected
        .withObject("/UpdateConfig")
        .put("Order", "start-first")
        .put("FailureAction", "rollback");

    begun(ATTEMPT);
    lookup = resolved(TARGET);
    assertThat(next()).isEqualTo(new Step.Send(underWay(), expected));
    assertThat(service).isEqualTo(playlistlog());
  }

  @Test
  void isNoImageWhereTheRegistryTellsNoPlatformTwice() {
    begun(ATTEMPT);
    lookup = resolved(new ResolvedImage(IMAGE, List.of()));
    assertThat(next()).isEqualTo(new Step.Postpone(underWay(), NOON.plusSeconds(20)));
    record = recordOf(WANTED).postpone(WANTED, NOON).begin(WANTED, ATTEMPT);
    assertThat(next())
        .isEqualTo(
            new Step.Close(
                underWay(),
                Conclusion.ofTheImage(
                    Outcome.NOT_AN_IMAGE, "the registry names no platform for it"),
                false));
  }

  @Test
  void keepsThePlatformsOfWhatAPersonAskedForWhereTheRegistryTellsNone() {
    Rollout redeploy = wanted(PUSH, Cause.REDEPLOY);
    record = recordOf(redeploy).begin(redeploy, ATTEMPT);
    lookup = resolved(new ResolvedImage(IMAGE, List.of()));
    assertThat(sent().at("/TaskTemplate/Placement"))
        .isEqualTo(playlistlog().spec().at("/TaskTemplate/Placement"));
  }

  @Test
  void fillsInTheDefaultsOfAnAbsentUpdateConfigurationSoThatNotAllTasksGoAtOnce() {
    begun(ATTEMPT);
    lookup = resolved(TARGET);
    service = without(playlistlog(), "/Spec", "UpdateConfig");
    assertThat(sent().path("UpdateConfig"))
        .hasToString(
            "{\"Parallelism\":1,\"FailureAction\":\"rollback\",\"Monitor\":5000000000,\"MaxFailureRatio\":0,"
                + "\"Order\":\"start-first\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "waggle.order,stop-first,Order,stop-first",
    "waggle.order,keep,Order,stop-first",
    "waggle.failure-action,continue,FailureAction,continue",
    "waggle.failure-action,pause,FailureAction,pause",
    "waggle.failure-action,keep,FailureAction,pause"
  })
  void followsTheLabelsOfTheService(String label, String value, String field, String expected) {
    begun(ATTEMPT);
    lookup = resolved(TARGET);
    service = labelled(service, label, value);
    assertThat(sent().path("UpdateConfig").path(field).asText()).isEqualTo(expected);
  }

  @Test
  void refusesToStartFirstWhereThatCanNeverFitUnlessTheLabelSaysStopFirst() {
    begun(ATTEMPT);
    lookup = resolved(TARGET);
    ObjectNode tree = playlistlog().tree().deepCopy();
    tree.withObject("/Spec/EndpointSpec").putArray("Ports").addObject().put("PublishMode", "host");
    service = new ServiceState(tree);
    assertThat(next())
        .isEqualTo(
            new Step.Close(
                underWay(),
                Conclusion.of(
                    Outcome.LEFT_ALONE,
                    "it cannot start first: a port in host mode leaves room for one task on a node,"
                        + " and 2 on 0 nodes leave none for another; set the label waggle.order to"
                        + " stop-first"),
                false));
    service = labelled(new ServiceState(tree), ServiceLabels.ORDER, "stop-first");
    assertThat(next()).isInstanceOf(Step.Send.class);
    service = labelled(new ServiceState(tree), ServiceLabels.ORDER, "keep");
    assertThat(next()).isInstanceOf(Step.Send.class);
  }

  @Test
  void beginsAgainWhereTheServiceChangedSinceButForTheTime() {
    begun(ATTEMPT);
    lookup = resolved(TARGET);
    service = labelled(version(service, "14"), "changed", "1");
    elapsed = Duration.ofSeconds(3);
    assertThat(next())
        .isEqualTo(new Step.Begin(underWay(), new Attempt(NOON, IMAGE, "14", "", OLD_IMAGE)));
  }

  /// What the registry said then may not be true any more, as after days without an engine.
  @Test
  void beginsAgainWhereItWasBegunTooLongAgo() {
    begun(new Attempt(NOON.minus(LONGEST), IMAGE, "13", "", OLD_IMAGE));
    lookup = resolved(TARGET);
    elapsed = LONGEST;
    assertThat(next()).isEqualTo(new Step.Begin(underWay(), ATTEMPT));
  }

  @ParameterizedTest
  @ValueSource(strings = {"updating", "rollback_started"})
  void waitsForARolloutOfAnotherImageAndNotForever(String state) {
    begun(ATTEMPT);
    lookup = resolved(TARGET);
    service = updating(service, state);
    elapsed = LONGEST.minusMillis(1);
    assertThat(next()).isEqualTo(new Step.Wait("another rollout of the service"));
    elapsed = LONGEST;
    assertThat(next())
        .isEqualTo(
            new Step.Close(
                underWay(),
                Conclusion.of(Outcome.TIMED_OUT, "another rollout of the service did not end"),
                false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"completed", "paused", "rollback_completed", "rollback_paused"})
  void updatesWhatAnotherRolloutLeft(String state) {
    begun(new Attempt(NOON, IMAGE, "13", BEFORE, OLD_IMAGE));
    lookup = resolved(TARGET);
    service = status(updating(service, state), BEFORE);
    assertThat(next()).isInstanceOf(Step.Send.class);
  }

  @Test
  void leavesAServiceAloneThatOptsOutMeanwhile() {
    begun(ATTEMPT);
    lookup = resolved(TARGET);
    service = without(version(service, "14"), "/Spec/Labels", ServiceLabels.TAGS);
    assertThat(next())
        .isInstanceOfSatisfying(
            Step.Close.class,
            close -> {
              assertThat(close.conclusion().outcome()).isEqualTo(Outcome.LEFT_ALONE);
              assertThat(close.touched()).isFalse();
            });
  }

  @Test
  void followsAnUpdateWhoseAnswerWasLost() {
    begun(ATTEMPT);
    service = version(ours("updating"), "14");
    assertThat(next()).isEqualTo(new Step.Wait("the rollout"));
    service = version(ours("completed"), "15");
    tasks = List.of(up("1"), up("2"));
    assertThat(next()).isEqualTo(new Step.Close(underWay(), Conclusion.of(Outcome.UPDATED), true));
  }

  @Test
  void isRolledBackWhereTheUpdateWhoseAnswerWasLostWas() {
    begun(new Attempt(NOON, IMAGE, "13", BEFORE, OLD_IMAGE));
    service = status(updating(version(service, "15"), "rollback_started"), SINCE);
    tasks = List.of(down("unhealthy", NOON));
    lastError = "unhealthy";
    assertThat(next()).isEqualTo(new Step.Wait("the rollout"));
    service = status(updating(version(service, "16"), "rollback_completed"), SINCE);
    tasks = List.of(down("unhealthy", NOON), old("1", true), old("2", true));
    assertThat(next()).isEqualTo(rolledBack("unhealthy", true));
  }

  @Test
  void isNotRolledBackWhereOnlyTheRolloutOfSomebodyElseWas() {
    begun(new Attempt(NOON, IMAGE, "13", BEFORE, OLD_IMAGE));
    lookup = resolved(TARGET);
    service = status(updating(version(service, "16"), "rollback_completed"), SINCE);
    tasks =
        List.of(
            new TaskState(
                "1",
                "node1",
                MOVED_ON.reference().toString(),
                false,
                false,
                "unhealthy",
                NOON.plusSeconds(2)));
    assertThat(next())
        .isEqualTo(new Step.Begin(underWay(), new Attempt(NOON, IMAGE, "16", SINCE, OLD_IMAGE)));
  }

  @Test
  void isSupersededByAChangeByHandAfterTheUpdateWhoseAnswerWasLost() {
    begun(ATTEMPT);
    service = status(updating(version(service, "17"), "completed"), SINCE);
    ObjectNode tree = service.tree().deepCopy();
    tree.withObject("/PreviousSpec/TaskTemplate/ContainerSpec").put("Image", IMAGE.toString());
    service = new ServiceState(tree);
    assertThat(next())
        .isEqualTo(
            new Step.Close(
                underWay(),
                Conclusion.of(Outcome.SUPERSEDED, "by " + OLD_IMAGE + " that the service has"),
                true));
  }

  @Test
  void goesBackToWhatTheServiceHadBefore() {
    service = status(updating(service, "completed"), BEFORE);
    ObjectNode tree = service.tree().deepCopy();
    tree.withObject("/PreviousSpec/TaskTemplate/ContainerSpec").put("Image", IMAGE.toString());
    service = new ServiceState(tree);
    begun(new Attempt(NOON, IMAGE, "13", BEFORE, OLD_IMAGE));
    lookup = resolved(TARGET);
    assertThat(next()).isInstanceOf(Step.Send.class);
  }

  @Test
  void isSupersededByAChangeByHandAfterTheUpdate() {
    begun(ATTEMPT);
    taken = true;
    service = updating(version(service, "17"), "updating");
    assertThat(next())
        .isEqualTo(
            new Step.Close(
                underWay(),
                Conclusion.of(Outcome.SUPERSEDED, "by " + OLD_IMAGE + " that the service has"),
                true));
  }

  @Test
  void doesNotTryContentAgainThatSwarmWentBackFromBefore() {
    rolledBackByHand(down("unhealthy", NOON.minusSeconds(7)));
    assertThat(Plan.dependsOnTasks(record, service)).isTrue();
    assertThat(next())
        .isEqualTo(
            new Step.Close(
                underWay(), Conclusion.ofTheImage(Outcome.ROLLED_BACK_BEFORE, "unhealthy"), false));
  }

  @Test
  void triesNewContentAfterARollback() {
    rolledBackByHand(
        new TaskState(
            "1",
            "node1",
            MOVED_ON.reference().toString(),
            false,
            false,
            "unhealthy",
            NOON.minusSeconds(7)));
    assertThat(next()).isInstanceOf(Step.Send.class);
  }

  @Test
  void doesNotHoldAnOldFailureAgainstContent() {
    rolledBackByHand(down("out of memory", NOON.minusSeconds(3600 * 2)));
    assertThat(next()).isInstanceOf(Step.Send.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "No such image: vorce/playlistlog:2",
        "no suitable node (insufficient resources on 1 node)",
        Progress.ENGINE_NOT_READY
      })
  void doesNotHoldAgainstContentThatItNeverStarted(String error) {
    rolledBackByHand(down(error, NOON.minusSeconds(7)));
    assertThat(next()).isInstanceOf(Step.Send.class);
  }

  @Test
  void triesContentAgainWhoseTasksEndedWithTheirEngineAndWereGivenToItBeforeItWasReady() {
    rolledBackByHand(down("unhealthy", NOON.minusSeconds(7)));
    tasks = List.of(tasks.getFirst(), down(Progress.ENGINE_NOT_READY, NOON.minusSeconds(1)));
    assertThat(next()).isInstanceOf(Step.Send.class);
  }

  @Test
  void triesAgainWhatItPostponed() {
    rolledBackByHand(down("unhealthy", NOON.minusSeconds(7)));
    record =
        recordOf(WANTED)
            .postpone(WANTED, NOON)
            .begin(WANTED, new Attempt(NOON, IMAGE, "13", BEFORE, OLD_IMAGE));
    assertThat(next()).isInstanceOf(Step.Send.class);
  }

  @Test
  void triesAgainWhatAPersonAsksFor() {
    rolledBackByHand(down("unhealthy", NOON.minusSeconds(7)));
    Rollout redeploy = wanted(PUSH, Cause.REDEPLOY);
    record =
        recordOf(redeploy)
            .withFailed(NEW)
            .begin(redeploy, new Attempt(NOON, IMAGE, "13", BEFORE, OLD_IMAGE));
    assertThat(next()).isInstanceOf(Step.Send.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "completed", "rollback_completed"})
  void isAlreadyCurrentAtTheFirstLook(String state) {
    begun(NO_UPDATE);
    service = ours(state);
    tasks = List.of(up("1"), up("2"));
    assertThat(next())
        .isEqualTo(new Step.Close(underWay(), Conclusion.of(Outcome.ALREADY_CURRENT), false));
  }

  @Test
  void isUpdatedThoughItDidNotDoSoItselfWhereItSawTheRolloutUnderWay() {
    begun(NO_UPDATE);
    service = ours("updating");
    assertThat(next()).isEqualTo(new Step.Wait("the rollout"));
    service = ours("completed");
    tasks = List.of(up("1"), up("2"));
    followed = true;
    assertThat(next()).isEqualTo(new Step.Close(underWay(), Conclusion.of(Outcome.UPDATED), false));
  }

  @Test
  void isUpdatedWhenSwarmSaysCompletedAndEverySlotRuns() {
    begun(ATTEMPT);
    service = ours("completed");
    tasks = List.of(up("1"));
    assertThat(next()).isEqualTo(new Step.Wait("the rollout"));
    tasks = List.of(up("1"), up("2"));
    assertThat(next()).isEqualTo(new Step.Close(underWay(), Conclusion.of(Outcome.UPDATED), true));
  }

  @Test
  void doesNotCountTasksOnANodeThatWasLost() {
    begun(ATTEMPT);
    service = ours("completed");
    tasks = List.of(up("1"), up("2"));
    nodes = List.of(SwarmInMemory.node("node2", true));
    assertThat(Plan.dependsOnNodes(record, service)).isTrue();
    assertThat(next()).isEqualTo(new Step.Wait("the rollout"));
  }

  @Test
  void watchesItselfForTheMonitorPeriodWhereSwarmHadNothingToChange() {
    begun(ATTEMPT);
    ObjectNode none = ours("").tree().deepCopy();
    none.withObject("/Spec/Mode/Replicated").put("Replicas", 0);
    service = new ServiceState(none);
    assertThat(next()).isEqualTo(new Step.Confirm());
    converged = Duration.ofSeconds(7).minusMillis(1);
    assertThat(next()).isEqualTo(new Step.Confirm());
    converged = Duration.ofSeconds(7);
    assertThat(next()).isEqualTo(new Step.Close(underWay(), Conclusion.of(Outcome.UPDATED), true));
  }

  @Test
  void isRolledBackWithTheWordsOfATaskThatSwarmForgotMeanwhile() {
    begun(ATTEMPT);
    taken = true;
    lastError = "unhealthy";
    service = updating(service, "rollback_completed");
    tasks = List.of(old("1", true), old("2", true));
    assertThat(next()).isEqualTo(rolledBack("unhealthy", true));
  }

  @Test
  void isNotRolledBackBeforeTheImageBeforeServesAgainInEverySlot() {
    begun(ATTEMPT);
    taken = true;
    lastError = "unhealthy";
    service = updating(service, "rollback_completed");
    tasks = List.of(down("unhealthy", NOON), old("1", false), old("2", true));
    assertThat(next()).isEqualTo(new Step.Wait("the image before"));
    nodes = List.of(SwarmInMemory.node("node2", true));
    tasks = List.of(old("1", true), old("2", true));
    assertThat(next()).isEqualTo(new Step.Wait("the image before"));
    nodes = List.of();
    down = Duration.ofMillis(8_400);
    assertThat(next()).isEqualTo(rolledBack("unhealthy; no task ran for 8 s", true));
  }

  @Test
  void saysAfterAMinuteWhatOfTheImageBeforeDoesNotServeAgain() {
    begun(ATTEMPT);
    taken = true;
    lastError = "unhealthy";
    service = updating(service, "rollback_completed");
    tasks = List.of(old("1", false), old("2", true));
    rolledBack = Duration.ofMinutes(1);
    assertThat(next())
        .isEqualTo(rolledBack("unhealthy; 1 task of the image before does not run", false));
    tasks = List.of(old("1", false));
    assertThat(next())
        .isEqualTo(rolledBack("unhealthy; 2 tasks of the image before do not run", false));
    rolledBack = Duration.ZERO;
    elapsed = LONGEST;
    assertThat(next())
        .isEqualTo(rolledBack("unhealthy; 2 tasks of the image before do not run", false));
  }

  @Test
  void isRolledBackToAnImageThatNobodyPinned() {
    begun(ATTEMPT);
    taken = true;
    service =
        with(
            updating(service, "rollback_completed"),
            "/Spec/TaskTemplate/ContainerSpec",
            "Image",
            "vorce/playlistlog:1");
    tasks =
        List.of(
            new TaskState("1", "node1", "vorce/playlistlog:1", true, true, null, NOON),
            new TaskState("2", "node2", "vorce/playlistlog:1", true, true, null, NOON));
    assertThat(next()).isEqualTo(rolledBack("", true));
  }

  @Test
  void isPausedWithSwarmsWordsAndTheTasks() {
    begun(ATTEMPT);
    lastError = "unhealthy";
    service = with(ours("paused"), "/UpdateStatus", "Message", "update paused");
    assertThat(next())
        .isEqualTo(
            new Step.Close(
                underWay(), Conclusion.of(Outcome.PAUSED, "update paused: unhealthy"), true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "No such image: vorce/playlistlog:2",
        "cannot create a swarm scoped network when swarm is not active"
      })
  void triesTwiceAgainLaterWhereTheNodesWereNotReady(String error) {
    taken = true;
    lastError = error;
    service = updating(service, "rollback_completed");
    begun(ATTEMPT);
    assertThat(next()).isEqualTo(new Step.Postpone(underWay(), NOON.plusSeconds(30)));
    record = recordOf(WANTED).postpone(WANTED, NOON).begin(WANTED, ATTEMPT);
    assertThat(next()).isEqualTo(new Step.Postpone(underWay(), NOON.plusSeconds(60)));
    record = recordOf(WANTED).postpone(WANTED, NOON).postpone(WANTED, NOON).begin(WANTED, ATTEMPT);
    tasks = List.of(old("1", true), old("2", true));
    assertThat(next()).isEqualTo(rolledBack(error, true));
  }

  @ParameterizedTest
  @ValueSource(strings = {"updating", "completed"})
  void asksSwarmToGoBackWhenItTimesOut(String state) {
    begun(ATTEMPT);
    service = goingBack(ours(state));
    lastError = "no suitable node (1 node not available)";
    elapsed = LONGEST.minusMillis(1);
    assertThat(next()).isEqualTo(new Step.Wait("the rollout"));
    elapsed = LONGEST;
    assertThat(next())
        .isEqualTo(
            new Step.GiveUp(
                underWay(),
                Conclusion.ofTheImage(
                    Outcome.TIMED_OUT,
                    "no suitable node (1 node not available); Waggle asked Swarm to roll back"),
                Conclusion.of(Outcome.TIMED_OUT, "no suitable node (1 node not available)")));
    lastError = "";
    assertThat(next())
        .isEqualTo(
            new Step.GiveUp(
                underWay(),
                Conclusion.ofTheImage(Outcome.TIMED_OUT, "Waggle asked Swarm to roll back"),
                Conclusion.of(Outcome.TIMED_OUT, "")));
  }

  @Test
  void leavesAnUpdateThatTimedOutAsItIsWhereTheServiceDoesNotRollBack() {
    begun(ATTEMPT);
    service = ours("updating");
    elapsed = LONGEST;
    assertThat(next())
        .isEqualTo(new Step.Close(underWay(), Conclusion.of(Outcome.TIMED_OUT, ""), true));
  }

  @Test
  void leavesAnUpdateThatTimedOutAsItIsWhereSomebodyElseBeganIt() {
    begun(NO_UPDATE);
    service = goingBack(ours("updating"));
    elapsed = LONGEST;
    assertThat(next())
        .isEqualTo(new Step.Close(underWay(), Conclusion.of(Outcome.TIMED_OUT, ""), false));
  }

  @Test
  void doesNotAskSwarmTwiceToGoBack() {
    begun(ATTEMPT);
    taken = true;
    service = goingBack(updating(service, "rollback_started"));
    elapsed = LONGEST;
    assertThat(next())
        .isEqualTo(new Step.Close(underWay(), Conclusion.of(Outcome.TIMED_OUT, ""), true));
  }

  @Test
  void takesTheTimeoutOfTheServicesLabel() {
    begun(ATTEMPT);
    service = labelled(ours("updating"), ServiceLabels.TIMEOUT, "1h30m");
    elapsed = Duration.ofMinutes(90).minusMillis(1);
    assertThat(next()).isEqualTo(new Step.Wait("the rollout"));
    elapsed = Duration.ofMinutes(90);
    assertThat(next()).isInstanceOf(Step.Close.class);
  }

  /// An engine that is started again in the middle of an update can call it completed.
  @Test
  void goesBackFromAnUpdateThatKeepsFailingAfterSwarmCalledItCompleted() {
    begun(ATTEMPT);
    service = status(goingBack(ours("completed")), SINCE);
    TaskState failed = down("exit 1", NOON.plusSeconds(2));
    tasks = List.of(failed, failed);
    assertThat(next()).isEqualTo(new Step.Wait("the rollout"));
    tasks = List.of(failed, failed, failed);
    assertThat(next()).isEqualTo(new Step.RollBack());
  }

  @Test
  void doesNotGoBackFromAnUpdateThatKeepsFailingWhereThatIsNotItsOwn() {
    service = status(goingBack(ours("completed")), SINCE);
    TaskState failed = down("exit 1", NOON.plusSeconds(2));
    tasks = List.of(failed, failed, failed);
    begun(NO_UPDATE);
    assertThat(next()).isEqualTo(new Step.Wait("the rollout"));
    begun(ATTEMPT);
    service = status(ours("completed"), SINCE);
    assertThat(next()).isEqualTo(new Step.Wait("the rollout"));
    service = status(goingBack(ours("updating")), SINCE);
    assertThat(next()).isEqualTo(new Step.Wait("the rollout"));
  }

  @Test
  void supersedesTheOlderOnesAndNoNewerOne() {
    Rollout older = wanted(older("older"), Cause.PUSH);
    Rollout newer = wanted(push("newer", "3", NEW, NOON), Cause.PUSH);
    record = recordOf(older, WANTED, newer);
    assertThat(Candidates.superseded(view(), WANTED, Conclusion.of(Outcome.UPDATED)))
        .containsExactly(older);
  }

  @Test
  void supersedesNothingWhereAnOlderOneMayDoBetter() {
    record = recordOf(wanted(older("older"), Cause.PUSH), WANTED);
    assertThat(
            Candidates.superseded(
                view(), WANTED, Conclusion.ofTheImage(Outcome.ROLLED_BACK, "unhealthy")))
        .isEmpty();
  }

  @Test
  void supersedesALowerVersionThatIsNewer() {
    Rollout higher = wanted(push("higher", "1.3.0", NEW, NOON.minusSeconds(9)), Cause.PUSH);
    Rollout backport = wanted(push("backport", "1.2.9", OLD, NOON), Cause.PUSH);
    record = recordOf(higher, backport);
    service = labelled(service, ServiceLabels.TAGS, "semver:^1");
    assertThat(Candidates.superseded(view(), higher, Conclusion.of(Outcome.UPDATED)))
        .containsExactly(backport);
  }

  @ParameterizedTest
  @MethodSource("questions")
  void asksForTasksAndNodesOnlyWhereTheStepMayDependOnThem(
      ServiceRecord record, ServiceState service, boolean tasks, boolean nodes) {
    assertThat(Plan.dependsOnTasks(record, service)).isEqualTo(tasks);
    assertThat(Plan.dependsOnNodes(record, service)).isEqualTo(nodes);
  }

  static Stream<Arguments> questions() {
    ServiceRecord waiting = recordOf(WANTED);
    ServiceRecord begun = waiting.begin(WANTED, ATTEMPT);
    return Stream.of(
        Arguments.of(waiting, updating(playlistlog(), "rollback_completed"), false, false),
        Arguments.of(begun, playlistlog(), false, false),
        Arguments.of(begun, updating(playlistlog(), "rollback_completed"), true, true),
        Arguments.of(begun, ours("updating"), true, false),
        Arguments.of(begun, ours("completed"), true, true),
        Arguments.of(begun, ours(""), true, true));
  }

  @Test
  void saysThatNobodyCouldKnowWhetherTheNewTaskServesWhereThereIsNoHealthCheck() {
    begun(ATTEMPT);
    service = without(ours("completed"), "/Spec/TaskTemplate/ContainerSpec", "Healthcheck");
    tasks = List.of(up("1"), up("2"));
    imageHealth = null;
    assertThat(next()).isEqualTo(new Step.Inspect(IMAGE));
    imageHealth = ImageHealth.UNKNOWN;
    assertThat(next()).isEqualTo(new Step.Close(underWay(), Conclusion.of(Outcome.UPDATED), true));
    imageHealth = ImageHealth.CHECKED;
    assertThat(next()).isEqualTo(new Step.Close(underWay(), Conclusion.of(Outcome.UPDATED), true));
    imageHealth = ImageHealth.UNCHECKED;
    assertThat(next())
        .isEqualTo(
            new Step.Close(
                underWay(),
                Conclusion.of(
                    Outcome.UPDATED,
                    "there is no health check: Swarm stopped the old task before it could know"
                        + " that the new one serves"),
                true));
  }

  private Step rolledBack(String detail, boolean servesAgain) {
    return new Step.Close(
        underWay(), new Conclusion(Outcome.ROLLED_BACK, detail, true, servesAgain), true);
  }

  private static TaskState old(String slot, boolean running) {
    return new TaskState(slot, "node" + slot, OLD_IMAGE, true, running, null, NOON);
  }

  private Step next() {
    return Plan.next(view());
  }

  private View view() {
    return new View(
        record,
        service,
        tasks,
        nodes,
        lookup.map(resolution -> new Lookups.Found(resolution, nodes)),
        new View.Seen(
            taken, followed, lastError, elapsed, converged, rolledBack, down, imageHealth),
        NOON,
        LONGEST);
  }

  private ObjectNode sent() {
    Step step = next();
    assertThat(step).isInstanceOf(Step.Send.class);
    return ((Step.Send) step).spec();
  }

  private void begun(Attempt attempt) {
    record = recordOf(WANTED).begin(WANTED, attempt);
  }

  private void begunWithoutDigest() {
    record =
        recordOf(WANTED_WITHOUT_DIGEST)
            .begin(
                WANTED_WITHOUT_DIGEST,
                new Attempt(
                    NOON,
                    new ImageReference(PLAYLISTLOG, new Tag("2"), null),
                    "13",
                    "",
                    OLD_IMAGE));
  }

  /// Somebody tried the image by hand before the push was begun.
  private void rolledBackByHand(TaskState failed) {
    begun(new Attempt(NOON, IMAGE, "13", BEFORE, OLD_IMAGE));
    service = status(updating(service, "rollback_completed"), BEFORE);
    tasks = List.of(failed);
    lookup = resolved(TARGET);
  }

  private Rollout underWay() {
    return record.underWay().orElseThrow();
  }

  private static Optional<Resolution> resolved(ResolvedImage image) {
    return Optional.of(new Resolution.Resolved(image));
  }

  private static ServiceState ours(String state) {
    return updating(running(playlistlog(), IMAGE), state);
  }

  private static ServiceState goingBack(ServiceState service) {
    return with(service, "/Spec/UpdateConfig", "FailureAction", "rollback");
  }

  private static ServiceState status(ServiceState service, String started) {
    return with(service, "/UpdateStatus", "StartedAt", started);
  }

  private static ServiceState version(ServiceState service, String version) {
    return with(service, "/Version", "Index", version);
  }

  private static TaskState up(String slot) {
    return new TaskState(slot, "node" + slot, IMAGE.toString(), true, true, null, NOON);
  }

  private static TaskState down(String error, Instant since) {
    return new TaskState("1", "node1", IMAGE.toString(), false, false, error, since);
  }

  private static Rollout wanted(Push push, Cause cause) {
    return Rollout.of(push, cause, NOON.minusSeconds(3), NOON.minusSeconds(2));
  }

  private static Push older(String id) {
    return push(id, "1", OLD, PUSH.time().minusSeconds(1));
  }

  private static Push push(String id, String tag, Digest digest, Instant pushed) {
    return new Push(id, PLAYLISTLOG, new Tag(tag), digest, pushed, Evidence.CONFIRMED, NOON);
  }

  private static ServiceRecord recordOf(Rollout... rollouts) {
    ServiceRecord record = ServiceRecord.of("playlistlog");
    for (Rollout rollout : rollouts) {
      record = record.with("playlistlog", rollout, NOON);
    }
    return record;
  }
}
