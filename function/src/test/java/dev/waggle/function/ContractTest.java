package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What the function writes is, byte for byte, what the agent's tests read.
class ContractTest {
  private static final Digest DIGEST =
      new Digest("sha256:e58fcf7418d4390dec8e8fb69d88c06ec07039d651fedd3aa72af9972e7d046b");
  private static final Instant PUSHED = Instant.parse("2026-11-01T10:00:00Z");

  private static PushMessage push(
      String repository, String tag, @Nullable Digest digest, PushTime time) {
    return new PushMessage(
        new DeliveryId("JKJaXmPLvHcESHA="),
        new Repository(repository),
        new Tag(tag),
        digest,
        time,
        Instant.parse("2026-11-01T10:00:02.123456789Z"));
  }

  /// The same of another delivery, which came some seconds later.
  private static PushMessage later(PushMessage push, int seconds, PushTime time) {
    return new PushMessage(
        new DeliveryId("another"),
        push.repository(),
        push.tag(),
        push.digest(),
        time,
        push.acceptedAt().plusSeconds(seconds));
  }

  private static PushTime recorded(Instant at) {
    return new PushTime(at, true, Evidence.RECORDED);
  }

  private static PushTime said(@Nullable Instant at) {
    return new PushTime(at, false, Evidence.NO_RECORD);
  }

  private static void assertGolden(String file, PushMessage push) {
    assertThat(push.json() + "\n").isEqualTo(Resources.text("contract/" + file));
  }

  @Test
  void writesAProvenPush() {
    assertGolden("push.json", push("vorce/playlistlog", "2", DIGEST, recorded(PUSHED)));
  }

  @Test
  void writesAnUnprovenPushWithoutADigest() {
    assertGolden("push-unproven.json", push("vorce/playlistlog", "2", null, said(PUSHED)));
  }

  @Test
  void writesAnOfficialImageAsItsRegistryDoes() {
    assertGolden(
        "push-official-image.json", push("library/busybox", "latest", DIGEST, said(PUSHED)));
  }

  @Test
  void writesAPushWithoutItsTime() {
    assertGolden("push-without-time.json", push("vorce/playlistlog", "2", DIGEST, said(null)));
  }

  @Test
  void writesThatTheTimeIsContradicted() {
    Instant longAgo = Instant.parse("2024-07-03T14:59:26.515907Z");
    assertGolden(
        "push-contradicted.json",
        push("vorce/playlistlog", "2", DIGEST, new PushTime(longAgo, true, Evidence.NOT_RECORDED)));
  }

  @Test
  void writesThatDockerHubLimitsUs() {
    assertGolden(
        "push-limited.json",
        push("vorce/playlistlog", "2", DIGEST, new PushTime(PUSHED, false, Evidence.LIMITED)));
  }

  @Test
  void writesThatWhatIsKnownOfTheTagIsOlderThanThePush() {
    Instant before = Instant.parse("2026-11-01T08:00:00Z");
    assertGolden(
        "push-look-again.json",
        push(
            "vorce/playlistlog",
            "2",
            DIGEST,
            new PushTime(before, true, Evidence.PUSHED_BEFORE).ofSomethingOlder()));
  }

  @Test
  void takesNoPushThatIsNewerThanWhatIsKnownOfItsTagForARepeatOfTheOneBefore() {
    PushMessage before = push("vorce/playlistlog", "2", DIGEST, recorded(PUSHED));
    PushMessage genuine = later(before, 120, recorded(PUSHED).ofSomethingOlder());
    assertThat(genuine.deduplicationId()).isNotEqualTo(before.deduplicationId());
    assertThat(genuine.identity()).contains("another");
  }

  @Test
  void tellsPushesApartByWhatWasPushed() {
    PushMessage push = push("vorce/playlistlog", "2", DIGEST, said(PUSHED));
    Digest other = new Digest("sha256:" + "0".repeat(64));
    assertThat(push("vorce/playlistlog", "2", other, said(PUSHED)).deduplicationId())
        .isNotEqualTo(push.deduplicationId());
    assertThat(push("vorce/playlistlog", "latest", DIGEST, said(PUSHED)).deduplicationId())
        .isNotEqualTo(push.deduplicationId());
    assertThat(push("vorce/site", "2", DIGEST, said(PUSHED)).deduplicationId())
        .isNotEqualTo(push.deduplicationId());
  }

  @Test
  void takesDeliveriesOfOneMinuteForOnePush() {
    PushMessage push = push("vorce/playlistlog", "2", DIGEST, said(PUSHED));
    assertThat(
            push("vorce/playlistlog", "2", DIGEST, said(PUSHED.plusSeconds(59))).deduplicationId())
        .isEqualTo(push.deduplicationId());
  }

  @Test
  void seesAnImageThatComesBackToItsTag() {
    PushMessage push = push("vorce/playlistlog", "2", DIGEST, said(PUSHED));
    assertThat(later(push, 60, said(PUSHED.plusSeconds(60))).deduplicationId())
        .isNotEqualTo(push.deduplicationId());
    assertThat(
            push("vorce/playlistlog", "2", DIGEST, recorded(PUSHED.plusMillis(1)))
                .deduplicationId())
        .isNotEqualTo(push("vorce/playlistlog", "2", DIGEST, recorded(PUSHED)).deduplicationId());
  }

  @Test
  void takesNoDeliveryOfAnUnprovenPushForARepeatOfAnother() {
    PushMessage forged = push("vorce/playlistlog", "2", null, said(PUSHED));
    PushMessage genuine = later(forged, 200, said(PUSHED));
    assertThat(genuine.deduplicationId()).isNotEqualTo(forged.deduplicationId());
    assertThat(push("vorce/playlistlog", "2", null, said(null)).deduplicationId())
        .isEqualTo(forged.deduplicationId());
  }

  @Test
  void letsNoClaimedTimeUseUpTheIdentityOfAPushThatIsStillToCome() {
    Instant soon = PUSHED.plusSeconds(240);
    PushMessage forged = push("vorce/playlistlog", "2", DIGEST, said(soon));
    PushMessage genuine = later(forged, 240, said(soon));
    assertThat(genuine.deduplicationId()).isNotEqualTo(forged.deduplicationId());
  }

  @Test
  void passesOnNoTimeThatIsLaterThanTheAcceptance() {
    Instant accepted = Instant.parse("2026-11-01T10:00:02.123Z");
    for (PushTime time :
        List.of(said(accepted.plusSeconds(240)), recorded(accepted.plusNanos(1)))) {
      PushMessage push = push("vorce/playlistlog", "2", DIGEST, time);
      assertThat(push.pushedAt()).isEqualTo(accepted);
      assertThat(push.json()).contains("\"pushedAt\":\"2026-11-01T10:00:02.123Z\"");
    }
  }

  @Test
  void takesRepeatsOfARecordedPushForOneEvenWhenOurClockIsBehind() {
    Instant ahead = PUSHED.plusSeconds(60);
    PushMessage push = push("vorce/playlistlog", "2", DIGEST, recorded(ahead));
    PushMessage repeat = later(push, 1, recorded(ahead));
    assertThat(repeat.deduplicationId()).isEqualTo(push.deduplicationId());
  }

  @Test
  void seesAnImageThatComesBackToItsTagWithoutATime() {
    PushMessage push = push("vorce/playlistlog", "2", DIGEST, said(null));
    assertThat(later(push, 60, said(null)).deduplicationId()).isNotEqualTo(push.deduplicationId());
  }

  @Test
  void groupsByRepositoryWithinTheLengthThatSqsAllows() {
    String longest = "vorce/" + "a".repeat(122);
    String tooLong = "vorce/" + "a".repeat(123);
    assertThat(push(longest, "2", DIGEST, said(PUSHED)).group()).isEqualTo(longest);
    assertThat(push(tooLong, "2", DIGEST, said(PUSHED)).group()).isEqualTo(Sha256.hex(tooLong));
  }
}
