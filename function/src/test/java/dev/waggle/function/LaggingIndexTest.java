package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A delivery comes before registry and Docker Hub know of its push.
@Timeout(20)
class LaggingIndexTest {
  private static final String REAL =
      Resources.text("payloads/2022-12-17-bluebrown-busybox-manifest-list.json");
  private static final Instant PUSHED = Instant.parse("2022-12-17T20:06:02Z");
  private static final Digest OLD = new Digest("sha256:" + "a".repeat(64));
  private static final Digest NEW = new Digest("sha256:" + "b".repeat(64));
  private static final String REPOSITORY = "bluebrown/busybox";

  private final FakeRegistry registry = new FakeRegistry().withTokens();
  private final FakeHub hub = new FakeHub();
  private final QueueInMemory queue = new QueueInMemory();
  private final HandClock clock = new HandClock(PUSHED);

  @AfterEach
  void close() {
    registry.close();
    hub.close();
  }

  private void registryKnows(Digest digest) {
    registry.holding(REPOSITORY, "latest", digest);
  }

  private void hubKnows(Digest digest, Instant pushedAt) {
    hub.holding(
        "bluebrown",
        "busybox",
        "latest",
        "{\"digest\":\"%s\",\"tag_last_pushed\":\"%s\"}".formatted(digest, pushedAt));
  }

  private void known(@Nullable String age) {
    if (age != null) {
      registryKnows(OLD);
      hubKnows(OLD, PUSHED.minus(Duration.parse(age)));
    }
  }

  private Verdict deliver(Duration registrysLag, Duration hubsLag) {
    Configuration configuration =
        Configuration.from(
            Map.of(
                "WAGGLE_TOKEN_SHA256",
                Sha256.hex("token"),
                "WAGGLE_REPOSITORIES",
                REPOSITORY,
                "WAGGLE_QUEUE_URL",
                "https://sqs.eu-central-1.amazonaws.com/1/waggle.fifo"));
    Waiter waiter =
        pause -> {
          clock.advance(pause);
          if (!clock.instant().isBefore(PUSHED.plus(registrysLag))) {
            registryKnows(NEW);
          }
          if (!clock.instant().isBefore(PUSHED.plus(hubsLag))) {
            hubKnows(NEW, PUSHED);
          }
        };
    Judge judge =
        new Judge(
            configuration,
            new DistributionRegistry(registry.base(), clock),
            new DockerHub(hub.base()),
            queue,
            waiter,
            clock);
    return judge.judge(new Request(new DeliveryId("id"), "token", REAL, false), new Waits());
  }

  private void assertFoundAndConfirmed(Verdict verdict) {
    assertThat(verdict).isInstanceOf(Verdict.Accepted.class);
    assertThat(queue.sent)
        .singleElement()
        .satisfies(
            push -> {
              assertThat(push.digest()).isEqualTo(NEW);
              assertThat(push.time()).isEqualTo(new PushTime(PUSHED, true, Evidence.RECORDED));
            });
  }

  private void assertAcceptedWithAWordThatTheAgentMustLookAgain(Verdict verdict) {
    assertThat(verdict).isInstanceOf(Verdict.Accepted.class);
    assertThat(queue.sent)
        .singleElement()
        .satisfies(push -> assertThat(push.json()).contains("\"lookAgain\":true"));
  }

  @ParameterizedTest
  @CsvSource({
    "PT0.1S,", "PT1S,",
    "PT0.1S,PT1M", "PT1S,PT1M",
    "PT0.1S,PT2H", "PT1S,PT2H",
    "PT0.1S,PT72H", "PT1S,PT72H"
  })
  void findsWhatIsThereASecondLaterOfTagsNewAndMoved(Duration lag, @Nullable String age) {
    known(age);
    assertFoundAndConfirmed(deliver(lag, lag));
  }

  @ParameterizedTest
  @CsvSource({"PT5S,PT1M", "PT20S,PT1M", "PT5S,PT2H", "PT20S,PT2H"})
  void leavesATagThatMovesLaterToTheAgent(Duration lag, String age) {
    known(age);
    assertAcceptedWithAWordThatTheAgentMustLookAgain(deliver(lag, lag));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT5S", "PT20S"})
  void saysSoOfAPushThatItCannotTellFromAReplayOrFromNone(Duration lag) {
    assertThat(deliver(lag, lag)).isInstanceOf(Verdict.TagNotInRegistry.class);
    known("PT72H");
    assertThat(deliver(lag, lag))
        .isInstanceOfSatisfying(
            Verdict.PushContradicted.class,
            contradicted ->
                assertThat(contradicted.push().time().evidence()).isEqualTo(Evidence.NOT_RECORDED));
    assertThat(queue.sent).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT1M", "PT2H", "PT72H"})
  void seesThatOnlyTheRegistryLags(String age) {
    known(age);
    hubKnows(NEW, PUSHED);
    assertFoundAndConfirmed(deliver(Duration.ofSeconds(1), Duration.ZERO));
    queue.sent.clear();
    registryKnows(OLD);
    assertAcceptedWithAWordThatTheAgentMustLookAgain(deliver(Duration.ofMinutes(1), Duration.ZERO));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT1M", "PT2H", "PT72H"})
  void takesWhatTheRegistryHasWhereOnlyDockerHubLags(String age) {
    known(age);
    registryKnows(NEW);
    assertThat(deliver(Duration.ZERO, Duration.ofSeconds(20))).isInstanceOf(Verdict.Accepted.class);
    assertThat(queue.sent)
        .singleElement()
        .satisfies(
            push -> {
              assertThat(Objects.requireNonNull(push.digest())).isEqualTo(NEW);
              assertThat(push.time()).isEqualTo(new PushTime(PUSHED, false, Evidence.OTHER_RECORD));
            });
  }
}
