package dev.waggle.agent.record;

import static dev.waggle.agent.record.Recorded.NOON;
import static dev.waggle.agent.record.Recorded.attempt;
import static dev.waggle.agent.record.Recorded.digest;
import static dev.waggle.agent.record.Recorded.image;
import static dev.waggle.agent.record.Recorded.updated;
import static dev.waggle.agent.record.Recorded.waiting;
import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.Records.Change;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ServiceRecordTest {

  private static final String SITE = "site";
  private static final Instant LATER = NOON.plusSeconds(60);
  private static final ServiceRecord EMPTY = ServiceRecord.of(SITE);

  @Test
  void remembersWhatTheServiceWantsTheNewestFirst() {
    ServiceRecord record =
        with(EMPTY, pushed("second", 2, 20), pushed("third", 3, 30), pushed("first", 1, 10));

    assertThat(record.service()).isEqualTo(SITE);
    assertThat(ids(record.open())).containsExactly("third", "second", "first");
    assertThat(record.ended()).isEmpty();
    assertThat(record.underWay()).isEmpty();
  }

  @Test
  void ordersByTheTimeOfThePushWhateverTheOrderOfItsDeliveries() {
    Rollout late =
        Rollout.of(
            pushed("late", 1, 10).push(),
            Rollout.Cause.PUSH,
            NOON.plusSeconds(600),
            NOON.plusSeconds(601));

    assertThat(ids(with(EMPTY, late, pushed("newer", 2, 20)).open()))
        .containsExactly("newer", "late");
  }

  @Test
  void ofTwoPushesOfOneTimeTheOneThatWasQueuedLaterIsTheNewer() {
    Rollout first = pushed("first", 1, 10);
    Rollout second =
        Rollout.of(
            pushed("second", 2, 10).push(),
            Rollout.Cause.PUSH,
            first.queued().plusMillis(1),
            first.received());

    assertThat(ids(with(EMPTY, first, second).open())).containsExactly("second", "first");
    assertThat(ids(with(EMPTY, second, first).open())).containsExactly("second", "first");
  }

  @Test
  void takesTheServicesNewName() {
    assertThat(EMPTY.with("shop", pushed("first", 1, 10), LATER).service()).isEqualTo("shop");
  }

  @Test
  void dropsADeliveryThatItKnows() {
    ServiceRecord record = with(EMPTY, pushed("first", 1, 10));

    assertThat(record.with(SITE, waiting("first", "other", NOON), LATER)).isSameAs(record);
    assertThat(record.with("shop", waiting("first", "other", NOON), LATER)).isSameAs(record);
  }

  @Test
  void dropsADeliveryThatItKnowsEvenAfterItsEnd() {
    Rollout first = pushed("first", 1, 10);
    ServiceRecord record = close(with(EMPTY, first), first, Outcome.ROLLED_BACK);

    assertThat(record.with(SITE, first, LATER)).isSameAs(record);
  }

  @Test
  void dropsTheSamePushUnderAnotherDelivery() {
    ServiceRecord record = with(EMPTY, waiting("first", "1", 1, NOON));

    assertThat(record.with(SITE, waiting("again", "1", 1, NOON), LATER)).isSameAs(record);
  }

  @Test
  void keepsAPushThatDiffersInTagContentOrTime() {
    ServiceRecord record =
        with(
            EMPTY,
            waiting("first", "1", 1, NOON),
            waiting("tag", "2", 1, NOON),
            waiting("content", "1", 2, NOON),
            waiting("time", "1", 1, NOON.plusSeconds(1)));

    assertThat(record.open()).hasSize(4);
  }

  @Test
  void keepsPushesOfWhichTooLittleIsKnownToCallThemTheSame() {
    assertThat(with(EMPTY, waiting("first", "1", NOON), waiting("second", "1", NOON)).open())
        .hasSize(2);
  }

  @Test
  void ofMoreThanTwentyThatWaitTheOldestIsSuperseded() {
    ServiceRecord record = EMPTY;
    for (int i = 0; i < 23; i++) {
      record = record.with(SITE, pushed("push-" + i, i, i), LATER.plusSeconds(i));
    }

    assertThat(ids(record.open())).hasSize(20).startsWith("push-22").endsWith("push-3");
    assertThat(ids(record.untold())).containsExactly("push-0", "push-1", "push-2");
    assertThat(record.untold())
        .extracting(Rollout::ending)
        .extracting(Ending::outcome)
        .containsOnly(Outcome.SUPERSEDED);
    assertThat(record.untold().getFirst().ending())
        .isEqualTo(
            Ending.untouched(
                Outcome.SUPERSEDED,
                "by the push of latest at " + NOON.plusSeconds(20),
                LATER.plusSeconds(20)));
  }

  @Test
  void aPushOlderThanTwentyThatWaitIsSupersededItself() {
    ServiceRecord record = EMPTY;
    for (int i = 1; i <= 20; i++) {
      record = record.with(SITE, pushed("push-" + i, i, i), LATER);
    }
    record = record.with(SITE, pushed("old", 99, 0), LATER);

    assertThat(ids(record.open())).hasSize(20).doesNotContain("old");
    assertThat(ids(record.untold())).containsExactly("old");
  }

  @Test
  void whatIsBeingRolledDoesNotCountForOneThatWaits() {
    Rollout rolling = pushed("rolling", 0, 0);
    ServiceRecord record = begun(with(EMPTY, rolling), rolling, 0);
    for (int i = 1; i <= 20; i++) {
      record = record.with(SITE, pushed("push-" + i, i, i), LATER);
    }

    assertThat(record.untold()).isEmpty();
    assertThat(record.underWay()).map(Rollout::id).contains("rolling");
    record = record.with(SITE, pushed("push-21", 21, 21), LATER);
    assertThat(ids(record.untold())).containsExactly("push-1");
    assertThat(record.underWay()).map(Rollout::id).contains("rolling");
  }

  @Test
  void beginsARolloutAndKnowsItForTheOneThatIsUnderWay() {
    Rollout first = pushed("first", 1, 10);
    Attempt attempt = attempt(LATER, image("latest", 1), "vorce/playlistlog:1");
    ServiceRecord record = with(EMPTY, first, pushed("second", 2, 20)).begin(first, attempt);

    assertThat(record.underWay()).map(Rollout::id).contains("first");
    assertThat(record.underWay()).map(Rollout::attempt).contains(attempt);
    assertThat(record.open()).hasSize(2);
    assertThat(attempt.updates()).isTrue();
    assertThat(new Attempt(LATER, image("latest", 1), "", "", "").updates()).isFalse();
  }

  @Test
  void postponesARolloutAndCountsItsTries() {
    Rollout first = pushed("first", 1, 10);
    ServiceRecord record = begun(with(EMPTY, first), first, 1).postpone(first, LATER);

    assertThat(record.underWay()).isEmpty();
    assertThat(record.open())
        .singleElement()
        .satisfies(
            rollout -> {
              assertThat(rollout.tries()).isEqualTo(1);
              assertThat(rollout.notBefore()).isEqualTo(LATER);
            });
    ServiceRecord again = begun(record, first, 1).postpone(first, LATER.plusSeconds(60));
    assertThat(again.open().getFirst().tries()).isEqualTo(2);
    assertThat(again.open().getFirst().notBefore()).isEqualTo(LATER.plusSeconds(60));
    assertThat(begun(again, first, 1).open().getFirst().notBefore()).isNull();
  }

  @Test
  void closesARolloutAndWhatItSupersedes() {
    Rollout oldest = pushed("oldest", 1, 10);
    Rollout older = pushed("older", 2, 20);
    Rollout rolled = pushed("rolled", 3, 30);
    ServiceRecord before =
        begun(with(EMPTY, oldest, older, rolled, pushed("newer", 4, 40)), rolled, 3);
    Ending ending = Recorded.ending(Outcome.UPDATED, "", LATER, "vorce/playlistlog:1");
    ServiceRecord after = before.close(rolled, ending, List.of(older, oldest));

    assertThat(ids(after.open())).containsExactly("newer");
    assertThat(after.underWay()).isEmpty();
    assertThat(rollout(after, "rolled").ending()).isEqualTo(ending);
    assertThat(rollout(after, "rolled").attempt()).isNull();
    assertThat(rollout(after, "older").ending())
        .isEqualTo(
            Ending.untouched(
                Outcome.SUPERSEDED, "by the push of latest at " + NOON.plusSeconds(30), LATER));
    assertThat(ids(new Change(before, after).ended()))
        .containsExactlyInAnyOrder("oldest", "older", "rolled");
  }

  @Test
  void aChangeThatEndsNothingHasNothingToTell() {
    Rollout first = pushed("first", 1, 10);
    ServiceRecord ended = close(with(EMPTY, first), first, Outcome.UPDATED);

    assertThat(new Change(ended, ended.with(SITE, pushed("second", 2, 20), LATER)).ended())
        .isEmpty();
    assertThat(new Change(ended, ended.told(Set.of("first"))).ended()).isEmpty();
  }

  @Test
  void remembersTheContentThatWasFoundOutMeanwhile() {
    Rollout unknown = waiting("first", "latest", NOON);
    ServiceRecord record =
        begun(with(EMPTY, unknown), unknown, 7)
            .close(
                unknown,
                Recorded.ending(Outcome.UPDATED, "", LATER, "vorce/playlistlog:1"),
                List.of());

    assertThat(record.ended().getFirst().push().digest()).isEqualTo(digest(7));
    assertThat(record.broughtBy(digest(7))).map(Rollout::id).contains("first");
  }

  @Test
  void tellsTheLastEndingFirstAndTheUntoldInTheOrderOfTheirEnds() {
    Rollout first = pushed("first", 1, 10);
    Rollout second = pushed("second", 2, 20);
    ServiceRecord record =
        with(EMPTY, first, second)
            .close(second, Ending.untouched(Outcome.UNAUTHORISED, "", LATER), List.of())
            .close(first, Ending.untouched(Outcome.REMOVED, "", LATER.plusSeconds(1)), List.of());

    assertThat(ids(record.ended())).containsExactly("first", "second");
    assertThat(ids(record.untold())).containsExactly("second", "first");
  }

  @Test
  void marksWhatWasTold() {
    Rollout first = pushed("first", 1, 10);
    Rollout second = pushed("second", 2, 20);
    ServiceRecord record =
        close(close(with(EMPTY, first, second), first, Outcome.UPDATED), second, Outcome.PAUSED)
            .told(Set.of("first", "unknown"));

    assertThat(ids(record.untold())).containsExactly("second");
    assertThat(ids(record.ended())).containsExactlyInAnyOrder("first", "second");
    assertThat(record.told(Set.of("first"))).isEqualTo(record);
  }

  @Test
  void doesNotMarkWhatHasNotEnded() {
    ServiceRecord record = with(EMPTY, pushed("first", 1, 10));

    assertThat(record.told(Set.of("first"))).isEqualTo(record);
  }

  @Test
  void forgetsOldEndingsOnceTheyAreTold() {
    ServiceRecord record = EMPTY;
    for (int i = 0; i < 30; i++) {
      Rollout rollout = pushed("push-" + i, i, i);
      record = close(with(record, rollout), rollout, Outcome.PAUSED, LATER.plusSeconds(i));
    }
    assertThat(record.rollouts()).hasSize(30);

    record = record.told(Set.of("push-0", "push-2", "push-29"));

    assertThat(ids(record.ended()))
        .hasSize(28)
        .startsWith("push-29")
        .doesNotContain("push-0", "push-2");
  }

  @Test
  void keepsWhatWaitsAndTheImagesThatTheServiceHadAmongOldEndings() {
    ServiceRecord record = with(EMPTY, pushed("waiting", 500, 0));
    for (int i = 0; i < 12; i++) {
      Rollout rollout = pushed("image-" + i, i, i);
      record = close(with(record, rollout), rollout, Outcome.UPDATED, LATER.plusSeconds(i));
    }
    for (int i = 0; i < 25; i++) {
      Rollout rollout = pushed("failed-" + i, 100 + i, 100 + i);
      record = close(with(record, rollout), rollout, Outcome.PAUSED, LATER.plusSeconds(100 + i));
    }
    record = record.told(Set.copyOf(ids(record.ended())));

    assertThat(ids(record.open())).containsExactly("waiting");
    assertThat(record.images())
        .extracting(ImageReference::digest)
        .containsExactlyElementsOf(IntStream.range(0, 10).mapToObj(i -> digest(11 - i)).toList());
    assertThat(record.ended()).hasSize(30);
  }

  @Test
  void keepsTheLastHundredEndingsThatWereNotTold() {
    ServiceRecord record = EMPTY;
    for (int i = 0; i < 110; i++) {
      Rollout rollout = pushed("push-" + i, i, i);
      record = close(with(record, rollout), rollout, Outcome.PAUSED, LATER.plusSeconds(i));
    }
    assertThat(ids(record.untold())).hasSize(100).startsWith("push-10").endsWith("push-109");
  }

  @Test
  void knowsTheImagesThatTheServiceHadTheLastFirstAndEachOnce() {
    Rollout first = pushed("first", 1, 10);
    Rollout second = pushed("second", 2, 20);
    Rollout failed = pushed("failed", 3, 30);
    Rollout again = waiting("again", "other", 1, NOON.plusSeconds(40));
    ServiceRecord record = with(EMPTY, first, second, failed, again);
    record = close(record, first, Outcome.UPDATED, LATER);
    record = close(record, second, Outcome.UPDATED, LATER.plusSeconds(1));
    record = close(record, failed, Outcome.ROLLED_BACK, LATER.plusSeconds(2));
    record = close(record, again, Outcome.ALREADY_CURRENT, LATER.plusSeconds(3));

    assertThat(record.images())
        .extracting(ImageReference::digest)
        .containsExactly(digest(1), digest(2));
  }

  @Test
  void knowsTheNewestPushThatBroughtTheServiceWhatItHas() {
    ServiceRecord record =
        new ServiceRecord(
            SITE,
            List.of(
                updated("first", "1", 1, NOON, ""),
                updated("again", "latest", 1, NOON.plusSeconds(5), ""),
                waiting("waiting", "2", 1, NOON.plusSeconds(10)),
                waiting("failed", "3", 2, NOON)
                    .ended(Ending.untouched(Outcome.UNAUTHORISED, "", LATER))),
            List.of(),
            null,
            EMPTY.rest());

    assertThat(record.broughtBy(digest(1))).map(Rollout::id).contains("again");
    assertThat(record.broughtBy(digest(2))).isEmpty();
    assertThat(record.broughtBy(digest(3))).isEmpty();
    assertThat(record.broughtBy(null)).isEmpty();
  }

  @Test
  void remembersTheLastTwentyDigestsThatFailedEachOnce() {
    ServiceRecord record = EMPTY;
    for (int i = 0; i < 25; i++) {
      record = record.withFailed(digest(i));
    }
    record = record.withFailed(digest(10));

    List<Digest> expected = new ArrayList<>();
    IntStream.range(5, 25).filter(i -> i != 10).forEach(i -> expected.add(digest(i)));
    expected.add(digest(10));
    assertThat(record.failed()).containsExactlyElementsOf(expected);
    assertThat(record.withoutFailed(digest(10)).failed()).doesNotContain(digest(10)).hasSize(19);
    assertThat(record.withoutFailed(digest(99))).isEqualTo(record);
  }

  @Test
  void isHeldAndLetGo() {
    Hold hold = new Hold(NOON, "a demonstration");
    ServiceRecord record = with(EMPTY, pushed("first", 1, 10)).withFailed(digest(9));

    assertThat(record.held("shop", hold).hold()).isEqualTo(hold);
    assertThat(record.held("shop", hold).service()).isEqualTo("shop");
    assertThat(record.held(SITE, hold).held(SITE, null)).isEqualTo(record);
  }

  @Test
  void everyChangeKeepsTheRest() {
    Rollout first = pushed("first", 1, 10);
    ServiceRecord record =
        new ServiceRecord(
            SITE,
            List.of(first),
            List.of(digest(9)),
            new Hold(NOON, "why"),
            EMPTY.rest().deepCopy().put("window", "nights"));

    assertThat(
            List.of(
                record.with(SITE, pushed("second", 2, 20), LATER),
                begun(record, first, 1),
                record.postpone(first, LATER),
                close(record, first, Outcome.UPDATED),
                record.withFailed(digest(8)),
                record.withoutFailed(digest(8)),
                record.told(Set.of("first"))))
        .allSatisfy(
            next -> {
              assertThat(next.rest()).isEqualTo(record.rest());
              assertThat(next.hold()).isEqualTo(record.hold());
              assertThat(next.failed()).contains(digest(9));
              assertThat(ids(next.rollouts())).contains("first");
            });
  }

  @Test
  void aDetailIsShortenedWithoutCuttingALetterInTwo() {
    for (String padding : List.of("", "a")) {
      String detail = Ending.untouched(Outcome.PAUSED, padding + "🐝".repeat(400), NOON).detail();

      assertThat(detail).endsWith("🐝…").hasSizeBetween(499, 500);
    }
    assertThat(Ending.untouched(Outcome.PAUSED, "a".repeat(500), NOON).detail()).hasSize(500);
    assertThat(Ending.untouched(Outcome.PAUSED, "a".repeat(501), NOON).detail())
        .isEqualTo("a".repeat(499) + "…");
  }

  private static Rollout pushed(String id, int content, int seconds) {
    return waiting(id, "latest", content, NOON.plus(Duration.ofSeconds(seconds)));
  }

  private static ServiceRecord with(ServiceRecord record, Rollout... wanted) {
    ServiceRecord next = record;
    for (Rollout rollout : wanted) {
      next = next.with(SITE, rollout, LATER);
    }
    return next;
  }

  private static ServiceRecord begun(ServiceRecord record, Rollout rollout, int content) {
    return record.begin(rollout, attempt(LATER, image("latest", content), "vorce/playlistlog:1"));
  }

  private static ServiceRecord close(ServiceRecord record, Rollout rollout, Outcome outcome) {
    return close(record, rollout, outcome, LATER);
  }

  private static ServiceRecord close(
      ServiceRecord record, Rollout rollout, Outcome outcome, Instant at) {
    return record.close(rollout, Ending.untouched(outcome, "", at), List.of());
  }

  private static Rollout rollout(ServiceRecord record, String id) {
    return record.rollouts().stream()
        .filter(rollout -> rollout.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> ids(List<Rollout> rollouts) {
    return rollouts.stream().map(Rollout::id).toList();
  }
}
