package dev.waggle.agent.rollout;

import static dev.waggle.agent.rollout.Services.NEW;
import static dev.waggle.agent.rollout.Services.NOON;
import static dev.waggle.agent.rollout.Services.PUSH;
import static dev.waggle.agent.rollout.Services.TARGET;
import static dev.waggle.agent.rollout.Services.labelled;
import static dev.waggle.agent.rollout.Services.playlistlog;
import static dev.waggle.agent.rollout.Services.running;
import static dev.waggle.agent.rollout.Services.updating;
import static dev.waggle.agent.rollout.Services.with;
import static dev.waggle.agent.rollout.Services.without;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RolloutPlanTest {

  private static final Digest BAD = new Digest("sha256:" + "b".repeat(64));

  @Test
  void changesTheImageTheOrderTheFailureActionThePlatformsTheRecordAndNothingElse() {
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
    expected
        .withObject("/Labels")
        .put("waggle.push.delivery", PUSH.deliveryId())
        .put("waggle.push.time", "2026-11-01T11:59:55Z");

    assertThat(plan(playlistlog())).isEqualTo(new RolloutPlan.Update(expected));
  }

  @Test
  void leavesTheServiceThatWasReadAsItWas() {
    ServiceState service = playlistlog();
    plan(service);
    assertThat(service).isEqualTo(playlistlog());
  }

  @Test
  void keepsThePlatformsWhereTheRegistryTellsNone() {
    ResolvedImage withoutPlatforms = new ResolvedImage(TARGET.reference(), List.of());
    assertThat(
            update(RolloutPlan.of(playlistlog(), PUSH, withoutPlatforms, List.of(), List.of()))
                .at("/TaskTemplate/Placement"))
        .isEqualTo(playlistlog().spec().at("/TaskTemplate/Placement"));
  }

  @Test
  void fillsInTheDefaultsOfAnAbsentUpdateConfigurationSoThatNotAllTasksGoAtOnce() {
    ServiceState bare = without(playlistlog(), "/Spec", "UpdateConfig");
    assertThat(update(plan(bare)).path("UpdateConfig"))
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
    ServiceState service = labelled(playlistlog(), label, value);
    assertThat(update(plan(service)).path("UpdateConfig").path(field).asText()).isEqualTo(expected);
  }

  @Test
  void namesEveryLabelThatDoesNotParseAndLeavesTheServiceAlone() {
    ServiceState service =
        labelled(
            labelled(labelled(playlistlog(), "waggle.tags", "v1 v2"), "waggle.order", "sleep"),
            "waggle.failure-action",
            "panic");
    assertThat(plan(service))
        .isEqualTo(
            new RolloutPlan.Close(
                new RolloutOutcome.LeftAlone(
                    "waggle.tags: 'v1 v2' is no tag or glob with * and ?; waggle.order must be one"
                        + " of start-first, stop-first, keep; did you mean keep?;"
                        + " waggle.failure-action must be one of rollback, pause, continue, keep;"
                        + " did you mean pause?")));
  }

  @Test
  void leavesAJobAlone() {
    ObjectNode tree = playlistlog().tree().deepCopy();
    tree.withObject("/Spec").putObject("Mode").putObject("ReplicatedJob");
    assertThat(plan(new ServiceState(tree)))
        .isEqualTo(
            new RolloutPlan.Close(new RolloutOutcome.LeftAlone("a job has no rolling update")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "updating", "paused", "completed", "rollback_completed"})
  void followsAServiceThatAlreadyNamesTheContentWhateverItsTag(String state) {
    ImageReference sameUnderAnotherTag =
        new ImageReference(Services.PLAYLISTLOG, new Tag("latest"), NEW);
    assertThat(plan(updating(running(playlistlog(), sameUnderAnotherTag), state)))
        .isEqualTo(new RolloutPlan.Follow());
  }

  @Test
  void updatesAServiceThatNamesTheTagButNoDigest() {
    ServiceState service =
        with(playlistlog(), "/Spec/TaskTemplate/ContainerSpec", "Image", "vorce/playlistlog:2");
    assertThat(plan(service)).isInstanceOf(RolloutPlan.Update.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"updating", "rollback_started"})
  void waitsForARolloutOfAnotherImage(String state) {
    assertThat(plan(updating(playlistlog(), state))).isEqualTo(new RolloutPlan.WaitForOther());
  }

  @Test
  void neverMovesAServiceToAnotherRepository() {
    ServiceState moved =
        with(
            playlistlog(),
            "/Spec/TaskTemplate/ContainerSpec",
            "Image",
            "ghcr.io/vorce/playlistlog:1");
    assertThat(plan(moved))
        .isEqualTo(
            new RolloutPlan.Close(
                new RolloutOutcome.Superseded(
                    "by ghcr.io/vorce/playlistlog:1 that the service has")));
  }

  @Test
  void keepsWhatItWroteBeforeInTheSameUpdateAsTheImage() {
    ServiceState service =
        labelled(
            labelled(playlistlog(), RolloutRecord.DELIVERY, "the last"),
            RolloutRecord.ROLLED_BACK_FROM,
            BAD.value());
    assertThat(update(plan(service)).path("Labels"))
        .hasToString(
            "{\"waggle.tags\":\"*\",\"waggle.push.delivery\":\"JKJaXmPLvHcESHA=\","
                + "\"waggle.rolled-back-from\":\""
                + BAD
                + "\",\"waggle.push.time\":\"2026-11-01T11:59:55Z\"}");
  }

  @Test
  void isSupersededWhereTheServiceHasANewerPush() {
    assertThat(plan(labelled(playlistlog(), RolloutRecord.PUSHED_AT, "2026-11-01T11:59:56Z")))
        .isEqualTo(
            new RolloutPlan.Close(
                new RolloutOutcome.Superseded(
                    "by the push of 2026-11-01T11:59:56Z that the service has")));
    assertThat(plan(labelled(playlistlog(), RolloutRecord.PUSHED_AT, "2026-11-01T11:59:55Z")))
        .isInstanceOf(RolloutPlan.Update.class);
  }

  @Test
  void isSupersededWhereTheServiceHasAHigherVersionOfTheRange() {
    ServiceState service =
        labelled(
            Services.running(
                playlistlog(),
                new ImageReference(Services.PLAYLISTLOG, new Tag("2.1.0"), Services.OLD)),
            ServiceLabels.TAGS,
            "semver:^2");
    Push lower =
        new Push(
            "lower", Services.PLAYLISTLOG, new Tag("2.0.9"), NEW, NOON, Evidence.CONFIRMED, NOON);
    assertThat(RolloutPlan.obstacle(service, lower))
        .contains(
            new RolloutOutcome.Superseded("by the higher version 2.1.0 that the service has"));
  }

  @Test
  void isTheOneThatSwarmWentBackFromWhenItWasThereBefore() {
    assertThat(plan(rolledBack("2026-11-01T12:00:30Z"), failedTask(NEW)))
        .isEqualTo(new RolloutPlan.Close(new RolloutOutcome.RolledBack("unhealthy")));
  }

  @Test
  void doesNotTryTheContentAgainThatSwarmWentBackFrom() {
    assertThat(plan(rolledBack("2026-11-01T11:59:55.9Z"), failedTask(NEW)))
        .isEqualTo(new RolloutPlan.Close(new RolloutOutcome.RolledBackBefore("unhealthy")));
  }

  @Test
  void triesNewContentAfterARollbackAndNotesWhatSwarmWentBackFrom() {
    assertThat(
            update(plan(rolledBack("2026-11-01T11:59:55.9Z"), failedTask(BAD)))
                .at("/Labels/waggle.rolled-back-from"))
        .hasToString("\"" + BAD + "\"");
  }

  @Test
  void doesNotTryContentAgainThatIsNotedAsRolledBackFrom() {
    assertThat(plan(labelled(playlistlog(), RolloutRecord.ROLLED_BACK_FROM, BAD + "," + NEW)))
        .isEqualTo(new RolloutPlan.Close(new RolloutOutcome.RolledBackBefore("")));
  }

  @Test
  void doesNotHoldAnOldFailureAgainstContent() {
    TaskState longAgo =
        new TaskState(
            "1",
            "node1",
            TARGET.reference().toString(),
            false,
            false,
            "out of memory",
            NOON.minusSeconds(3600));
    assertThat(plan(rolledBack("2026-11-01T11:59:55.9Z"), longAgo))
        .isInstanceOf(RolloutPlan.Update.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "No such image: vorce/playlistlog:2",
        "no suitable node (insufficient resources on 1 node)"
      })
  void doesNotHoldAgainstContentThatItNeverStarted(String error) {
    TaskState never =
        new TaskState(
            "1", "node1", TARGET.reference().toString(), false, false, error, NOON.minusSeconds(7));
    assertThat(plan(rolledBack("2026-11-01T11:59:55.9Z"), never))
        .isInstanceOf(RolloutPlan.Update.class);
  }

  @Test
  void triesContentAgainWhoseTasksEndedWithTheirEngineAndWereGivenToItBeforeItWasReady() {
    TaskState early =
        new TaskState(
            "2",
            "node1",
            TARGET.reference().toString(),
            false,
            false,
            RolloutProgress.ENGINE_NOT_READY,
            NOON.minusSeconds(1));
    assertThat(
            update(
                    RolloutPlan.of(
                        rolledBack("2026-11-01T11:59:55.9Z"),
                        PUSH,
                        TARGET,
                        List.of(failedTask(NEW), early),
                        List.of()))
                .at("/Labels/waggle.rolled-back-from")
                .isMissingNode())
        .isTrue();
  }

  @Test
  void notesNoMoreThanEightContents() {
    List<Digest> nine =
        IntStream.rangeClosed(3, 11)
            .mapToObj(digit -> new Digest("sha256:" + Integer.toHexString(digit).repeat(64)))
            .toList();
    RolloutRecord record =
        new RolloutRecord(null, null, new LinkedHashSet<>()).next(PUSH, new LinkedHashSet<>(nine));
    assertThat(record.rolledBackFrom()).containsExactlyElementsOf(nine.subList(1, 9));
  }

  @Test
  void refusesToStartFirstWhereThatCanNeverFitUnlessTheLabelSaysStopFirst() {
    ObjectNode tree = playlistlog().tree().deepCopy();
    tree.withObject("/Spec/EndpointSpec").putArray("Ports").addObject().put("PublishMode", "host");
    ServiceState service = new ServiceState(tree);
    assertThat(plan(service))
        .isEqualTo(
            new RolloutPlan.Close(
                new RolloutOutcome.LeftAlone(
                    "it cannot start first: a port in host mode leaves room for one task on a node,"
                        + " and 2 on 0 nodes leave none for another; set the label waggle.order to"
                        + " stop-first")));
    assertThat(plan(labelled(service, ServiceLabels.ORDER, "stop-first")))
        .isInstanceOf(RolloutPlan.Update.class);
    assertThat(plan(labelled(service, ServiceLabels.ORDER, "keep")))
        .isInstanceOf(RolloutPlan.Update.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "waggle.tag|*|waggle.tag is unknown; did you mean waggle.tags?",
        "waggle.timeout|soon|waggle.timeout must be a duration such as 90s or 10m, at most 11h",
        "waggle.timeout|12h|waggle.timeout must be a duration such as 90s or 10m, at most 11h",
        "waggle.push.time|noon|waggle.push.time is written by Waggle alone: remove it with"
            + " --label-rm waggle.push.time"
      })
  void leavesAServiceAloneWhoseLabelHasNoMeaning(String label, String value, String problem) {
    assertThat(plan(labelled(playlistlog(), label, value)))
        .isEqualTo(new RolloutPlan.Close(new RolloutOutcome.LeftAlone(problem)));
  }

  private static ServiceState rolledBack(String completedAt) {
    ServiceState service = updating(playlistlog(), "rollback_completed");
    return with(
        with(service, "/UpdateStatus", "StartedAt", "2026-11-01T11:59:50Z"),
        "/UpdateStatus",
        "CompletedAt",
        completedAt);
  }

  private static TaskState failedTask(Digest digest) {
    return new TaskState(
        "1",
        "node1",
        "vorce/playlistlog:2@" + digest,
        false,
        false,
        "unhealthy",
        NOON.minusSeconds(7));
  }

  private static RolloutPlan plan(ServiceState service, TaskState task) {
    return RolloutPlan.of(service, PUSH, TARGET, List.of(task), List.of());
  }

  private static RolloutPlan plan(ServiceState service) {
    return RolloutPlan.of(service, PUSH, TARGET, List.of(), List.of());
  }

  private static ObjectNode update(RolloutPlan plan) {
    assertThat(plan).isInstanceOf(RolloutPlan.Update.class);
    return ((RolloutPlan.Update) plan).spec();
  }
}
