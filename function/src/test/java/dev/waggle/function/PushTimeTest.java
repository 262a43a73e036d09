package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.function.PushRecords.PushRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PushTimeTest {
  private static final Instant NOW = Instant.parse("2026-11-01T10:00:02Z");
  private static final Instant PUSHED = Instant.parse("2026-11-01T10:00:00Z");
  private static final Digest DIGEST = new Digest("sha256:" + "a".repeat(64));
  private static final Digest OTHER = new Digest("sha256:" + "b".repeat(64));

  private static Optional<PushRecord> record(Digest digest, Instant at) {
    return Optional.of(new PushRecord(at, Set.of(digest)));
  }

  private static void assertJudged(
      @Nullable Instant said,
      @Nullable Digest digest,
      Optional<PushRecord> record,
      PushTime expected) {
    assertThat(PushTime.judge(said, NOW, digest, record)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"PT0S", "PT0.515907S", "PT5M", "PT-5M"})
  void confirmsAPushThatDockerHubRecordedAtThatTime(Duration apart) {
    Instant recorded = PUSHED.plus(apart);
    Instant now = recorded.isAfter(NOW) ? recorded : NOW;
    assertThat(PushTime.judge(PUSHED, now, DIGEST, record(DIGEST, recorded)))
        .isEqualTo(new PushTime(recorded, true, Evidence.RECORDED));
  }

  @Test
  void contradictsAFreshDeliveryOfATagThatWasPushedLongAgo() {
    Instant longAgo = Instant.parse("2024-07-03T14:59:26.515907Z");
    assertJudged(
        PUSHED,
        DIGEST,
        record(DIGEST, longAgo),
        new PushTime(longAgo, true, Evidence.NOT_RECORDED));
    Instant justTooLong = NOW.minus(Duration.ofDays(1)).minusMillis(1);
    assertJudged(
        PUSHED,
        DIGEST,
        record(DIGEST, justTooLong),
        new PushTime(justTooLong, true, Evidence.NOT_RECORDED));
  }

  @Test
  void takesTheTimeOfAnEarlierPushOfTheSameDigestForWhatItIs() {
    Instant earlier = PUSHED.minus(Duration.ofMinutes(5)).minusMillis(1);
    assertJudged(
        PUSHED,
        DIGEST,
        record(DIGEST, earlier),
        new PushTime(earlier, true, Evidence.PUSHED_BEFORE));
  }

  @Test
  void isNotFooledByADeliveryThatLeavesTheTimeOut() {
    Instant longAgo = NOW.minus(Duration.ofDays(1)).minusMillis(1);
    assertJudged(
        null, DIGEST, record(DIGEST, longAgo), new PushTime(longAgo, true, Evidence.NOT_RECORDED));
    Instant today = NOW.minus(Duration.ofHours(23));
    assertJudged(null, DIGEST, record(DIGEST, today), new PushTime(today, true, Evidence.RECORDED));
  }

  @Test
  void contradictsADeliveryThatIsMoreThanADayOld() {
    Instant yesterday = NOW.minus(Duration.ofDays(1));
    assertJudged(
        yesterday, DIGEST, Optional.empty(), new PushTime(yesterday, false, Evidence.NO_RECORD));
    Instant older = yesterday.minusMillis(1);
    PushTime tooOld = new PushTime(older, false, Evidence.TOO_OLD);
    assertJudged(older, DIGEST, Optional.empty(), tooOld);
    assertJudged(older, DIGEST, record(DIGEST, older), tooOld);
    assertJudged(older, null, Optional.empty(), tooOld);
  }

  @Test
  void passesOnNoTimeThatIsStillToCome() {
    Instant soon = NOW.plus(Duration.ofMinutes(5));
    assertJudged(soon, DIGEST, Optional.empty(), new PushTime(soon, false, Evidence.NO_RECORD));
    Instant later = soon.plusMillis(1);
    assertJudged(
        later, DIGEST, Optional.empty(), new PushTime(null, false, Evidence.IN_THE_FUTURE));
    assertJudged(
        later, DIGEST, record(DIGEST, PUSHED), new PushTime(PUSHED, true, Evidence.IN_THE_FUTURE));
    assertJudged(
        PUSHED, DIGEST, record(DIGEST, later), new PushTime(PUSHED, false, Evidence.NO_RECORD));
  }

  @Test
  void takesTheTimeOfALaterPushOfTheSameDigest() {
    Instant said = NOW.minus(Duration.ofHours(2));
    assertJudged(
        said, DIGEST, record(DIGEST, PUSHED), new PushTime(PUSHED, true, Evidence.PUSHED_AGAIN));
  }

  @Test
  void doesNotHoldARecordAgainstAPushThatItIsNotOf() {
    Instant before = PUSHED.minus(Duration.ofDays(300));
    assertJudged(
        PUSHED, DIGEST, record(OTHER, before), new PushTime(PUSHED, false, Evidence.OTHER_RECORD));
    assertJudged(
        PUSHED,
        DIGEST,
        Optional.of(new PushRecord(before, Set.of())),
        new PushTime(PUSHED, false, Evidence.OTHER_RECORD));
  }

  @Test
  void believesARecordOfThatTimeWhereTheRegistryNamedNoDigest() {
    assertJudged(
        PUSHED,
        null,
        record(OTHER, PUSHED.plusMillis(515)),
        new PushTime(PUSHED, false, Evidence.RECORDED));
    assertJudged(
        PUSHED,
        null,
        record(OTHER, PUSHED.minus(Duration.ofDays(300))),
        new PushTime(PUSHED, false, Evidence.OTHER_RECORD));
  }

  @Test
  void knowsNothingWithoutARecord() {
    assertJudged(PUSHED, DIGEST, Optional.empty(), new PushTime(PUSHED, false, Evidence.NO_RECORD));
    assertJudged(null, DIGEST, Optional.empty(), new PushTime(null, false, Evidence.NO_RECORD));
  }
}
