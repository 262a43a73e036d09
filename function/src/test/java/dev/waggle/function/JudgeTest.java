package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JudgeTest {
  private static final String TOKEN = "right-token";
  private static final String OLD_TOKEN = "old-token";
  private static final String REAL =
      Resources.text("payloads/2022-12-17-bluebrown-busybox-manifest-list.json");
  private static final Repository BUSYBOX = new Repository("bluebrown/busybox");
  private static final Tag LATEST = new Tag("latest");
  private static final Digest DIGEST = new Digest("sha256:" + "a".repeat(64));
  private static final Instant NOW = Instant.parse("2022-12-17T20:06:04.5Z");
  private static final Instant PUSHED = Instant.parse("2022-12-17T20:06:02Z");
  private static final PushTime SAID = new PushTime(PUSHED, false, Evidence.NO_RECORD);
  private static final DeliveryId ID = new DeliveryId("JKJaXmPLvHcESHA=");

  private final KnownTags registry =
      new KnownTags().knowing("bluebrown/busybox", "latest", new Registry.Finding.Found(DIGEST));
  private final KnownPushes records = new KnownPushes();
  private final List<Duration> pauses = new ArrayList<>();
  private final QueueInMemory queue = new QueueInMemory();

  private Judge judge(String repositories) {
    return judge(repositories, "refuse");
  }

  private Judge judge(String repositories, String contradicted) {
    Configuration configuration =
        Configuration.from(
            Map.of(
                "WAGGLE_TOKEN_SHA256",
                Sha256.hex(TOKEN) + "," + Sha256.hex(OLD_TOKEN),
                "WAGGLE_REPOSITORIES",
                repositories,
                "WAGGLE_CONTRADICTED_PUSHES",
                contradicted,
                "WAGGLE_QUEUE_URL",
                "https://sqs.eu-central-1.amazonaws.com/1/waggle.fifo"));
    return new Judge(
        configuration, registry, records, queue, pauses::add, Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private Verdict verdict(@Nullable String token, @Nullable String body) {
    return judge("bluebrown/busybox:latest")
        .judge(new Request(ID, token, body, false), new Waits());
  }

  private void assertNothingHappened() {
    assertThat(registry.asked).isEmpty();
    assertThat(records.asked).isEmpty();
    assertThat(queue.sent).isEmpty();
  }

  @Test
  void acceptsAPushThatTheRegistryProves() {
    PushMessage push = new PushMessage(ID, BUSYBOX, LATEST, DIGEST, SAID, NOW);
    assertThat(verdict(TOKEN, REAL)).isEqualTo(new Verdict.Accepted(TokenHashes.Match.FIRST, push));
    assertThat(queue.sent).containsExactly(push);
  }

  @Test
  void acceptsTheOldTokenDuringARotationAndTellsThemApart() {
    assertThat(verdict(OLD_TOKEN, REAL))
        .isInstanceOfSatisfying(
            Verdict.Accepted.class,
            accepted -> assertThat(accepted.token()).isEqualTo(TokenHashes.Match.SECOND));
  }

  @Test
  void acceptsAnEncodedBody() {
    String encoded = Base64.getEncoder().encodeToString(REAL.getBytes(UTF_8));
    assertThat(judge("bluebrown/busybox").judge(new Request(ID, TOKEN, encoded, true), new Waits()))
        .isInstanceOf(Verdict.Accepted.class);
  }

  @Test
  void acceptsWithoutADigestWhatTheRegistryDoesNotProve() {
    for (Registry.Doubt doubt : Registry.Doubt.values()) {
      registry.knowing("bluebrown/busybox", "latest", new Registry.Finding.Unproven(doubt));
      PushMessage push = new PushMessage(ID, BUSYBOX, LATEST, null, SAID, NOW);
      assertThat(verdict(TOKEN, REAL))
          .isEqualTo(new Verdict.AcceptedUnproven(TokenHashes.Match.FIRST, push, doubt));
      assertThat(queue.held()).containsExactly(push);
    }
  }

  @Test
  void makesOneMessageOfTheManyDeliveriesOfOnePush() {
    verdict(TOKEN, REAL);
    verdict(TOKEN, REAL.replace("1671307562", "1671307564"));
    registry.knowing(
        "bluebrown/busybox",
        "latest",
        new Registry.Finding.Found(new Digest("sha256:" + "b".repeat(64))));
    verdict(TOKEN, REAL);
    assertThat(queue.sent).hasSize(3);
    assertThat(queue.held()).hasSize(2);
  }

  @Test
  void refusesAWrongTokenBeforeItLooksAtTheBody() {
    assertThat(verdict("wrong-token", REAL)).isEqualTo(new Verdict.WrongToken());
    assertThat(verdict(null, REAL)).isEqualTo(new Verdict.WrongToken());
    assertThat(verdict("", "x".repeat(Body.MAX_BYTES + 1))).isEqualTo(new Verdict.WrongToken());
    assertThat(verdict("wrong-token", null)).isEqualTo(new Verdict.WrongToken());
    assertNothingHappened();
  }

  @Test
  void refusesABodyThatIsTooLarge() {
    assertThat(verdict(TOKEN, REAL + " ".repeat(Body.MAX_BYTES)))
        .isEqualTo(new Verdict.TooLarge(TokenHashes.Match.FIRST));
    assertNothingHappened();
  }

  @Test
  void refusesWhatIsNotADelivery() {
    assertThat(verdict(TOKEN, null))
        .isEqualTo(new Verdict.NotADelivery(TokenHashes.Match.FIRST, "body", "a JSON object"));
    assertThat(verdict(TOKEN, "{}"))
        .isEqualTo(new Verdict.NotADelivery(TokenHashes.Match.FIRST, "repository", "an object"));
    assertNothingHappened();
  }

  @Test
  void refusesARepositoryThatIsNotOurs() {
    assertThat(
            judge("bluebrown/other,busybox")
                .judge(new Request(ID, TOKEN, REAL, false), new Waits()))
        .isEqualTo(new Verdict.NotOurRepository(TokenHashes.Match.FIRST));
    assertNothingHappened();
  }

  @Test
  void ignoresADeliveryWithoutATag() {
    assertThat(verdict(TOKEN, REAL.replace("\"tag\": \"latest\",", "")))
        .isEqualTo(new Verdict.NoTag(TokenHashes.Match.FIRST, BUSYBOX));
    assertNothingHappened();
  }

  @Test
  void ignoresATagThatIsNotWanted() {
    assertThat(
            judge("bluebrown/busybox:1.*").judge(new Request(ID, TOKEN, REAL, false), new Waits()))
        .isEqualTo(new Verdict.TagNotWanted(TokenHashes.Match.FIRST, BUSYBOX, LATEST));
    assertNothingHappened();
  }

  @Test
  void ignoresATagThatIsNotInTheRegistry() {
    registry.knowing("bluebrown/busybox", "latest", new Registry.Finding.Missing());
    assertThat(verdict(TOKEN, REAL))
        .isEqualTo(new Verdict.TagNotInRegistry(TokenHashes.Match.FIRST, BUSYBOX, LATEST));
    assertThat(pauses).isEqualTo(Lookup.PAUSES);
    assertThat(registry.asked).hasSize(1 + pauses.size()).containsOnly("bluebrown/busybox:latest");
    assertThat(records.asked).isEmpty();
    assertThat(queue.sent).isEmpty();
  }

  @Test
  void ignoresTheTagOfASignatureBeforeAnythingIsAsked() {
    for (String suffix : List.of("", ".sig", ".att", ".sbom")) {
      Tag tag = new Tag("sha256-" + "a".repeat(64) + suffix);
      String delivery = REAL.replace("\"latest\"", "\"" + tag + "\"");
      for (String repositories : List.of("bluebrown/busybox", "bluebrown/busybox:1.*")) {
        assertThat(judge(repositories).judge(new Request(ID, TOKEN, delivery, false), new Waits()))
            .isEqualTo(new Verdict.NotAnImage(TokenHashes.Match.FIRST, BUSYBOX, tag, null));
      }
    }
    assertNothingHappened();
  }

  @Test
  void ignoresWhatTheRegistryKeepsThatIsNoImage() {
    registry.keepingAnArtifact(DIGEST);
    assertThat(verdict(TOKEN, REAL))
        .isEqualTo(new Verdict.NotAnImage(TokenHashes.Match.FIRST, BUSYBOX, LATEST, DIGEST));
    assertThat(queue.sent).isEmpty();
  }

  @Test
  void leavesWhatMayBeOfAnEarlierPushToTheAgent() {
    registry.keepingAnArtifact(DIGEST);
    records.knowing("bluebrown/busybox", "latest", DIGEST, PUSHED.minus(Duration.ofHours(1)));
    assertThat(verdict(TOKEN, REAL)).isInstanceOf(Verdict.Accepted.class);
    assertThat(registry.judged).isEmpty();
    assertThat(queue.sent)
        .singleElement()
        .satisfies(push -> assertThat(push.json()).contains("\"lookAgain\":true"));
  }

  @Test
  void asksNotWhatWasPushedBeforeItRefuses() {
    assertThat(verdict(TOKEN, REAL.replace("1671307562", "1571307562")))
        .isInstanceOf(Verdict.PushContradicted.class);
    assertThat(registry.judged).isEmpty();
  }

  @Test
  void tellsTheAgentThatDockerHubRecordedThePush() {
    Instant recorded = PUSHED.plusMillis(515);
    records.knowing("bluebrown/busybox", "latest", DIGEST, recorded);
    assertThat(verdict(TOKEN, REAL)).isInstanceOf(Verdict.Accepted.class);
    assertThat(queue.sent)
        .extracting(PushMessage::time)
        .containsExactly(new PushTime(recorded, true, Evidence.RECORDED));
    assertThat(records.asked).containsExactly("bluebrown/busybox:latest");
  }

  @Test
  void refusesAReplayOfAnOldTag() {
    Instant longAgo = PUSHED.minus(Duration.ofDays(300));
    records.knowing("bluebrown/busybox", "latest", DIGEST, longAgo);
    PushTime time = new PushTime(longAgo, true, Evidence.NOT_RECORDED).ofSomethingOlder();
    assertThat(verdict(TOKEN, REAL))
        .isEqualTo(
            new Verdict.PushContradicted(
                TokenHashes.Match.FIRST, new PushMessage(ID, BUSYBOX, LATEST, DIGEST, time, NOW)));
    assertThat(queue.sent).isEmpty();
  }

  @Test
  void refusesAContradictedPushThatTheRegistryDoesNotProve() {
    registry.knowing(
        "bluebrown/busybox", "latest", new Registry.Finding.Unproven(Registry.Doubt.PRIVATE));
    String old = REAL.replace("1671307562", "1571307562");
    assertThat(verdict(TOKEN, old)).isInstanceOf(Verdict.PushContradicted.class);
    assertThat(queue.sent).isEmpty();
  }

  @Test
  void refusesAReplayThatTheRegistryIsTooUnwellToProve() {
    registry.knowing(
        "bluebrown/busybox", "latest", new Registry.Finding.Unproven(Registry.Doubt.UNWELL));
    records.knowing("bluebrown/busybox", "latest", DIGEST, PUSHED.minus(Duration.ofDays(3)));
    assertThat(verdict(TOKEN, REAL)).isInstanceOf(Verdict.PushContradicted.class);
    assertThat(queue.sent).isEmpty();
  }

  @Test
  void passesAPushOnMarkedWhereDockerHubLimitsUs() {
    records.limiting(2);
    assertThat(verdict(TOKEN, REAL)).isInstanceOf(Verdict.Accepted.class);
    assertThat(queue.sent)
        .extracting(PushMessage::time)
        .containsExactly(new PushTime(PUSHED, false, Evidence.LIMITED));
    assertThat(records.asked).hasSize(2);
    assertThat(pauses).containsExactly(Lookup.PAUSE_WHEN_LIMITED);
  }

  @Test
  void onlyMarksAContradictedPushWhenToldSo() {
    String old = REAL.replace("1671307562", "1571307562");
    Judge judge = judge("bluebrown/busybox", "mark");
    assertThat(judge.judge(new Request(ID, TOKEN, old, false), new Waits()))
        .isInstanceOf(Verdict.Accepted.class);
    assertThat(queue.sent)
        .extracting(PushMessage::time)
        .containsExactly(new PushTime(Instant.ofEpochSecond(1571307562), false, Evidence.TOO_OLD));
  }

  @Test
  void saysSoWhenTheQueueDoesNotTakeIt() {
    queue.failing("the queue is unreachable: ConnectException");
    assertThat(verdict(TOKEN, REAL))
        .isEqualTo(
            new Verdict.QueueUnavailable(
                TokenHashes.Match.FIRST,
                new PushMessage(ID, BUSYBOX, LATEST, DIGEST, SAID, NOW),
                "the queue is unreachable: ConnectException"));
  }
}
