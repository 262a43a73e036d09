package dev.waggle.agent.rollout;

import static dev.waggle.agent.service.Services.NEW;
import static dev.waggle.agent.service.Services.NOON;
import static dev.waggle.agent.service.Services.OLD;
import static dev.waggle.agent.service.Services.PLAYLISTLOG;
import static dev.waggle.agent.service.Services.labelled;
import static dev.waggle.agent.service.Services.playlistlog;
import static dev.waggle.agent.service.Services.running;
import static dev.waggle.agent.service.Services.with;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.Evidence;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.push.Push;
import dev.waggle.agent.push.Tag;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.Rollout.Cause;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CandidatesTest {

  private static final Rollout FIRST = push("1.0", 1);
  private static final Rollout SECOND = push("1.1", 2);
  private static final Rollout THIRD = push("1.2", 3);

  @Test
  void areTriedTheNewestFirstInWhateverOrderTheyCame() {
    assertThat(inOrder("*", FIRST, THIRD, SECOND)).containsExactly(THIRD, SECOND, FIRST);
  }

  @Test
  void areTriedTheLaterInTheQueueFirstOfTwoOfOneSecond() {
    Rollout later = queued(push("2", 1), 5);
    assertThat(inOrder("*", later, FIRST)).containsExactly(later, FIRST);
    assertThat(inOrder("*", FIRST, later)).containsExactly(later, FIRST);
  }

  @Test
  void areTriedTheHighestVersionFirstWhereTheServiceWantsARange() {
    Rollout higher = push("1.3.0", 1);
    Rollout backport = push("1.2.9", 2);
    Rollout another = push("1.2.8", 3);
    assertThat(inOrder("semver:^1", higher, backport, another))
        .containsExactly(higher, backport, another);
    assertThat(inOrder("*", higher, backport, another)).containsExactly(another, backport, higher);
  }

  @Test
  void areTriedTheNewestFirstWhereATagIsNoVersion() {
    Rollout version = push("1.3.0", 1);
    Rollout latest = push("latest", 2);
    assertThat(inOrder("semver:^1,latest", version, latest)).containsExactly(latest, version);
  }

  @Test
  void areTriedInTheOrderOfTimeWhereAPersonAskedForALowerVersion() {
    Rollout higher = push("1.3.0", 1);
    Rollout back = commanded("1.2.9", 2, Cause.ROLLBACK);
    assertThat(inOrder("semver:^1", higher, back)).containsExactly(back, higher);
  }

  @Test
  void areTriedInTheOrderOfTimeWhereTheLabelsCannotBeRead() {
    assertThat(
            Candidates.inOrder(
                record(FIRST, SECOND),
                ServiceLabels.read(Map.of("waggle.tags", "*", "waggle.tag", "*"))))
        .containsExactly(SECOND, FIRST);
  }

  @Test
  void areNoneThatHaveEnded() {
    ServiceRecord record =
        record(FIRST, SECOND).close(SECOND, Ending.untouched(Outcome.PAUSED, "", NOON), List.of());
    assertThat(Candidates.inOrder(record, labels(playlistlog()))).containsExactly(FIRST);
  }

  @Test
  void haveNoObstacleWhereTheServiceWantsThem() {
    assertThat(obstacle(playlistlog(), FIRST)).isEmpty();
  }

  @Test
  void areLeftAloneByAServiceWhoseLabelsCannotBeReadWhichIsToldEveryProblem() {
    ServiceState service =
        labelled(
            labelled(labelled(playlistlog(), "waggle.tags", "v1 v2"), "waggle.order", "sleep"),
            "waggle.failure-action",
            "panic");
    assertThat(obstacle(service, FIRST))
        .contains(
            Conclusion.of(
                Outcome.LEFT_ALONE,
                "waggle.tags: 'v1 v2' is no tag or glob with * and ?; waggle.order must be one"
                    + " of start-first, stop-first, keep; did you mean keep?;"
                    + " waggle.failure-action must be one of rollback, pause, continue, keep;"
                    + " did you mean pause?"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "waggle.tag|*|waggle.tag is unknown; did you mean waggle.tags?",
        "waggle.timeout|soon|waggle.timeout must be a duration such as 90s or 10m, at most 24h",
        "waggle.timeout|25h|waggle.timeout must be a duration such as 90s or 10m, at most 24h"
      })
  void areLeftAloneWhereALabelHasNoMeaning(String label, String value, String problem) {
    assertThat(obstacle(labelled(playlistlog(), label, value), FIRST))
        .contains(Conclusion.of(Outcome.LEFT_ALONE, problem));
  }

  @Test
  void areNotLeftAloneForLabelsThatWaggleWroteOnce() {
    assertThat(obstacle(labelled(playlistlog(), "waggle.push.time", "noon"), FIRST)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Cause.class)
  void areLeftAloneByAJobWhoeverAsks(Cause cause) {
    ObjectNode tree = playlistlog().tree().deepCopy();
    tree.withObject("/Spec").putObject("Mode").putObject("ReplicatedJob");
    assertThat(obstacle(new ServiceState(tree), commanded("1.0", 1, cause)))
        .contains(Conclusion.of(Outcome.LEFT_ALONE, "a job has no rolling update"));
  }

  @ParameterizedTest
  @EnumSource(Cause.class)
  void neverMoveAServiceToAnotherRepositoryWhoeverAsks(Cause cause) {
    ServiceState moved =
        with(
            playlistlog(),
            "/Spec/TaskTemplate/ContainerSpec",
            "Image",
            "ghcr.io/vorce/playlistlog:1");
    assertThat(obstacle(moved, commanded("1.0", 1, cause)))
        .contains(
            Conclusion.of(
                Outcome.SUPERSEDED, "by ghcr.io/vorce/playlistlog:1 that the service has"));
  }

  @Test
  void areLeftAloneWhereTheLabelDoesNotWantTheTagAnyMoreThoughItMayWantAnOlderOne() {
    ServiceState service = labelled(playlistlog(), ServiceLabels.TAGS, "1.0");
    assertThat(obstacle(service, SECOND))
        .contains(
            Conclusion.ofTheImage(
                Outcome.LEFT_ALONE, "waggle.tags does not want the tag any more"));
    assertThat(obstacle(service, FIRST)).isEmpty();
  }

  @Test
  void areNotTriedAgainWhenTheirContentFailed() {
    ServiceRecord failed = record(FIRST).withFailed(digest(FIRST));
    assertThat(obstacle(failed, playlistlog(), FIRST))
        .contains(Conclusion.ofTheImage(Outcome.ROLLED_BACK_BEFORE, ""));
    assertThat(obstacle(failed, playlistlog(), SECOND)).isEmpty();
  }

  @Test
  void areFollowedWhereTheServiceHasTheirContentThoughItFailedOnce() {
    ServiceRecord failed = record(FIRST).withFailed(digest(FIRST));
    assertThat(obstacle(failed, running(playlistlog(), FIRST.push().image()), FIRST)).isEmpty();
  }

  @Test
  void areSupersededByANewerPushThatTheServiceHas() {
    ServiceRecord record = had(SECOND);
    ServiceState service = running(playlistlog(), SECOND.push().image());
    assertThat(obstacle(record, service, FIRST))
        .contains(
            Conclusion.of(
                Outcome.SUPERSEDED,
                "by the push of 1.1 at 2026-11-01T12:00:02Z that the service has"));
    assertThat(obstacle(record, service, THIRD)).isEmpty();
    assertThat(obstacle(record, service, push("another", 2))).isEmpty();
  }

  @Test
  void areNotSupersededByWhatTheServiceHadAndHasNoMore() {
    assertThat(obstacle(had(SECOND), playlistlog(), FIRST)).isEmpty();
  }

  @Test
  void areSupersededByTheSameContentUnderAnotherTag() {
    ServiceState service =
        running(playlistlog(), new ImageReference(PLAYLISTLOG, new Tag("latest"), digest(SECOND)));
    assertThat(obstacle(had(SECOND), service, FIRST)).isPresent();
  }

  @Test
  void areSupersededByAHigherVersionOfTheRangeThatTheServiceHas() {
    ServiceState service =
        labelled(
            running(playlistlog(), new ImageReference(PLAYLISTLOG, new Tag("1.3.0"), OLD)),
            ServiceLabels.TAGS,
            "semver:^1");
    assertThat(obstacle(service, push("1.2.9", 9)))
        .contains(
            Conclusion.of(Outcome.SUPERSEDED, "by the higher version 1.3.0 that the service has"));
    assertThat(obstacle(service, push("1.3.1", 9))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(value = Cause.class, names = "PUSH", mode = EnumSource.Mode.EXCLUDE)
  void haveNoObstacleInTagsTimesVersionsAndFailuresWhereAPersonAskedForThem(Cause cause) {
    ServiceState service =
        labelled(running(playlistlog(), THIRD.push().image()), ServiceLabels.TAGS, "semver:^1.1.5");
    Rollout back = commanded("1.1.9", 1, cause);
    ServiceRecord record = had(THIRD).withFailed(digest(back));
    assertThat(obstacle(record, service, back)).isEmpty();
    assertThat(obstacle(record, service, commanded("0.9", 1, cause))).isEmpty();
  }

  @Test
  void areNotHeldBackByTheFailureOfContentThatIsNotKnownYet() {
    Push unknown =
        new Push("unknown", PLAYLISTLOG, new Tag("1.0"), null, NOON, Evidence.UNKNOWN, NOON);
    Rollout rollout = Rollout.of(unknown, Cause.PUSH, NOON, NOON);
    assertThat(obstacle(record(rollout).withFailed(NEW), playlistlog(), rollout)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"'', true", ".sig, true", ".att, true", ".sbom, true", ".txt, false", "a, false"})
  void areNoImageWhereTheTagIsOfWhatIsAttachedToOne(String suffix, boolean attached) {
    Rollout signature = push("sha256-" + "a".repeat(64) + suffix, 1);
    assertThat(obstacle(playlistlog(), signature))
        .isEqualTo(
            attached
                ? Optional.of(Conclusion.ofTheImage(Outcome.NOT_AN_IMAGE, ""))
                : Optional.empty());
  }

  @Test
  void areUnconfirmedWhereTheyBringBackWhatTheServiceHadAndDockerHubWouldNotSayWhen() {
    Rollout replayed = limited(push("1.1", 2));
    ServiceRecord record = had(SECOND);
    assertThat(obstacle(record, playlistlog(), replayed))
        .contains(
            Conclusion.ofTheImage(
                Outcome.UNCONFIRMED,
                "Docker Hub did not say when it was pushed, and the service had this image before;"
                    + " to roll it all the same: agent rollback playlistlog --to "
                    + digest(SECOND)));
    assertThat(obstacle(record, playlistlog(), push("1.1", 2))).isEmpty();
    assertThat(obstacle(record, playlistlog(), limited(THIRD))).isEmpty();
    assertThat(obstacle(record, playlistlog(), limited(commanded("1.1", 2, Cause.ROLLBACK))))
        .isEmpty();
  }

  @Test
  void areUnconfirmedTooWhereTheServiceHadTheirContentBeforeWaggleRolledIt() {
    Ending ending =
        new Ending(Outcome.UPDATED, "", NOON, NOON, NOON, FIRST.push().image().toString(), true);
    ServiceRecord record = record(SECOND).close(SECOND, ending, List.of());
    assertThat(
            obstacle(
                record, running(playlistlog(), SECOND.push().image()), limited(push("1.0", 1))))
        .get()
        .extracting(Conclusion::outcome)
        .isEqualTo(Outcome.UNCONFIRMED);
  }

  private static Rollout limited(Rollout rollout) {
    Push push = rollout.push();
    return Rollout.of(
        new Push(
            "limited",
            push.repository(),
            push.tag(),
            push.digest(),
            NOON.plusSeconds(500),
            Evidence.LIMITED,
            NOON.plusSeconds(501)),
        rollout.cause(),
        NOON.plusSeconds(502),
        NOON.plusSeconds(503));
  }

  private static List<Rollout> inOrder(String tags, Rollout... rollouts) {
    return Candidates.inOrder(
        record(rollouts), labels(labelled(playlistlog(), ServiceLabels.TAGS, tags)));
  }

  private static Optional<Conclusion> obstacle(ServiceState service, Rollout rollout) {
    return obstacle(record(rollout), service, rollout);
  }

  private static Optional<Conclusion> obstacle(
      ServiceRecord record, ServiceState service, Rollout rollout) {
    return Candidates.obstacle(record, service, labels(service), rollout);
  }

  private static ServiceLabels.Reading labels(ServiceState service) {
    return ServiceLabels.read(service.labels());
  }

  private static ServiceRecord record(Rollout... rollouts) {
    ServiceRecord record = ServiceRecord.of("playlistlog");
    for (Rollout rollout : rollouts) {
      record = record.with("playlistlog", rollout, NOON);
    }
    return record;
  }

  private static ServiceRecord had(Rollout rollout) {
    return record(rollout).close(rollout, Ending.untouched(Outcome.UPDATED, "", NOON), List.of());
  }

  private static Digest digest(Rollout rollout) {
    return Optional.ofNullable(rollout.push().digest()).orElseThrow();
  }

  private static Rollout push(String tag, int second) {
    return commanded(tag, second, Cause.PUSH);
  }

  private static Rollout commanded(String tag, int second, Cause cause) {
    Instant pushed = NOON.plusSeconds(second);
    return queued(
        Rollout.of(
            new Push(
                cause + " of " + tag,
                PLAYLISTLOG,
                new Tag(tag),
                new Digest("sha256:" + Integer.toHexString(second + 2).repeat(64)),
                pushed,
                Evidence.CONFIRMED,
                pushed.plusSeconds(60)),
            cause,
            NOON,
            NOON),
        1);
  }

  private static Rollout queued(Rollout rollout, int second) {
    return Rollout.of(
        rollout.push(), rollout.cause(), NOON.plusSeconds(100L + second), NOON.plusSeconds(200));
  }
}
