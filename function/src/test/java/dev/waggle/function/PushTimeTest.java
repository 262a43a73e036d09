package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.function.PushRecords.Finding;
import java.time.Duration;
import java.time.Instant;
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

  private static final Finding NOTHING = new Finding.Nothing();

  private static Finding record(Digest digest, Instant at) {
    return new Finding.LastPush(at, Set.of(digest));
  }

  private static void assertJudged(
      @Nullable Instant said, @Nullable Digest digest, Finding record, PushTime expected) {
    assertThat(PushTime.judge(said, NOW, digest, record)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"PT0S", "PT0.515907S", "PT5M", "PT-10S"})
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
        new PushTime(longAgo, true, Evidence.NOT_RECORDED).ofSomethingOlder());
    Instant justTooLong = NOW.minus(Duration.ofDays(1)).minusMillis(1);
    assertJudged(
        PUSHED,
        DIGEST,
        record(DIGEST, justTooLong),
        new PushTime(justTooLong, true, Evidence.NOT_RECORDED).ofSomethingOlder());
  }

  @Test
  void takesTheTimeOfAnEarlierPushOfTheSameDigestForWhatItIs() {
    Instant earlier = PUSHED.minus(Duration.ofMinutes(5)).minusMillis(1);
    assertJudged(
        PUSHED,
        DIGEST,
        record(DIGEST, earlier),
        new PushTime(earlier, true, Evidence.PUSHED_BEFORE).ofSomethingOlder());
  }

  @Test
  void isNotFooledByADeliveryThatLeavesTheTimeOut() {
    Instant longAgo = NOW.minus(Duration.ofDays(1)).minusMillis(1);
    assertJudged(
        null,
        DIGEST,
        record(DIGEST, longAgo),
        new PushTime(longAgo, true, Evidence.NOT_RECORDED).ofSomethingOlder());
    Instant today = NOW.minus(Duration.ofHours(23));
    assertJudged(null, DIGEST, record(DIGEST, today), new PushTime(today, true, Evidence.RECORDED));
  }

  @Test
  void contradictsADeliveryThatIsMoreThanADayOld() {
    Instant yesterday = NOW.minus(Duration.ofDays(1));
    assertJudged(yesterday, DIGEST, NOTHING, new PushTime(yesterday, false, Evidence.NO_RECORD));
    Instant older = yesterday.minusMillis(1);
    PushTime tooOld = new PushTime(older, false, Evidence.TOO_OLD);
    assertJudged(older, DIGEST, NOTHING, tooOld);
    assertJudged(older, DIGEST, record(DIGEST, older), tooOld);
    assertJudged(older, null, NOTHING, tooOld);
  }

  @Test
  void passesOnNoTimeThatIsStillToCome() {
    Instant soon = NOW.plus(Duration.ofMinutes(5));
    assertJudged(soon, DIGEST, NOTHING, new PushTime(soon, false, Evidence.NO_RECORD));
    Instant later = soon.plusMillis(1);
    assertJudged(later, DIGEST, NOTHING, new PushTime(null, false, Evidence.IN_THE_FUTURE));
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
        new Finding.LastPush(before, Set.of()),
        new PushTime(PUSHED, false, Evidence.OTHER_RECORD));
  }

  @Test
  void seesThatWhatIsKnownIsOlderThanThePush() {
    Instant before = PUSHED.minusSeconds(11);
    assertJudged(
        PUSHED,
        DIGEST,
        record(DIGEST, before),
        new PushTime(before, true, Evidence.RECORDED).ofSomethingOlder());
    Instant longest = PUSHED.minus(Duration.ofMinutes(5));
    assertJudged(
        PUSHED,
        DIGEST,
        record(DIGEST, longest),
        new PushTime(longest, true, Evidence.RECORDED).ofSomethingOlder());
  }

  @Test
  void seesThatTheRegistryIsBehindTheRecordOfThePush() {
    PushTime expected = new PushTime(PUSHED, false, Evidence.OTHER_RECORD).ofSomethingOlder();
    assertJudged(PUSHED, DIGEST, record(OTHER, PUSHED), expected);
    assertJudged(PUSHED, DIGEST, record(OTHER, PUSHED.minusSeconds(10)), expected);
    assertJudged(
        null, DIGEST, record(OTHER, PUSHED), new PushTime(null, false, Evidence.OTHER_RECORD));
  }

  @Test
  void knowsWhenDockerHubLimitsUs() {
    Finding limited = new Finding.Limited();
    assertJudged(PUSHED, DIGEST, limited, new PushTime(PUSHED, false, Evidence.LIMITED));
    assertJudged(PUSHED, null, limited, new PushTime(PUSHED, false, Evidence.LIMITED));
    Instant old = NOW.minus(Duration.ofDays(2));
    assertJudged(old, DIGEST, limited, new PushTime(old, false, Evidence.TOO_OLD));
    assertJudged(
        NOW.plus(Duration.ofMinutes(6)),
        DIGEST,
        limited,
        new PushTime(null, false, Evidence.IN_THE_FUTURE));
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
        record(OTHER, PUSHED.minus(Duration.ofHours(2))),
        new PushTime(PUSHED, false, Evidence.PUSHED_BEFORE).ofSomethingOlder());
  }

  @Test
  void contradictsAPushThatIsNotRecordedThoughTheRegistryNamedNoDigest() {
    PushTime contradicted = new PushTime(PUSHED, false, Evidence.NOT_RECORDED).ofSomethingOlder();
    assertJudged(PUSHED, null, record(OTHER, PUSHED.minus(Duration.ofDays(3))), contradicted);
    assertJudged(
        null,
        null,
        record(OTHER, PUSHED.minus(Duration.ofDays(3))),
        new PushTime(null, false, Evidence.NOT_RECORDED).ofSomethingOlder());
  }

  @Test
  void knowsNothingWithoutARecord() {
    assertJudged(PUSHED, DIGEST, NOTHING, new PushTime(PUSHED, false, Evidence.NO_RECORD));
    assertJudged(null, DIGEST, NOTHING, new PushTime(null, false, Evidence.NO_RECORD));
  }
}
