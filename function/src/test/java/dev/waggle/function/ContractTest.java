package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
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
    assertThat(
            push("vorce/playlistlog", "2", DIGEST, said(PUSHED.plusSeconds(60))).deduplicationId())
        .isNotEqualTo(push.deduplicationId());
    assertThat(
            push("vorce/playlistlog", "2", DIGEST, recorded(PUSHED.plusMillis(1)))
                .deduplicationId())
        .isNotEqualTo(push("vorce/playlistlog", "2", DIGEST, recorded(PUSHED)).deduplicationId());
  }

  @Test
  void tellsUnprovenPushesApartByTheirTimeAndElseByTheirDelivery() {
    PushMessage push = push("vorce/playlistlog", "2", null, said(PUSHED));
    assertThat(push("vorce/playlistlog", "2", null, said(PUSHED.plusSeconds(1))).deduplicationId())
        .isNotEqualTo(push.deduplicationId());
    assertThat(push("vorce/playlistlog", "2", null, said(null)).identity())
        .contains("JKJaXmPLvHcESHA=");
  }

  @Test
  void groupsByRepositoryWithinTheLengthThatSqsAllows() {
    String longest = "vorce/" + "a".repeat(122);
    String tooLong = "vorce/" + "a".repeat(123);
    assertThat(push(longest, "2", DIGEST, said(PUSHED)).group()).isEqualTo(longest);
    assertThat(push(tooLong, "2", DIGEST, said(PUSHED)).group()).isEqualTo(Sha256.hex(tooLong));
  }
}
