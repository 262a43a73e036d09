package dev.waggle.agent.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.Evidence;
import dev.waggle.agent.push.Push;
import dev.waggle.agent.push.Repository;
import dev.waggle.agent.push.Tag;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The agent's side of the contract; the function's is that it writes the `push*.json` files to the
/// letter.
class PushMessageTest {

  private static final Push PUSH =
      new Push(
          "JKJaXmPLvHcESHA=",
          Repository.onDockerHub("vorce/playlistlog"),
          new Tag("2"),
          new Digest("sha256:e58fcf7418d4390dec8e8fb69d88c06ec07039d651fedd3aa72af9972e7d046b"),
          Instant.parse("2026-11-01T10:00:00Z"),
          Evidence.CONFIRMED,
          Instant.parse("2026-11-01T10:00:02.123Z"));

  private static final Map<String, String> REASONS =
      Map.ofEntries(
          Map.entry("newer-version", "version: expected 1; is the agent older than the function?"),
          Map.entry("no-version", "version: expected 1; is the agent older than the function?"),
          Map.entry(
              "version-as-text", "version: expected 1; is the agent older than the function?"),
          Map.entry("no-repository", "repository: expected a repository of Docker Hub"),
          Map.entry(
              "repository-with-upper-case", "repository: expected a repository of Docker Hub"),
          Map.entry("tag-with-a-slash", "tag: expected a tag"),
          Map.entry("tag-as-number", "tag: expected a tag"),
          Map.entry("digest-of-another-algorithm", "digest: expected a sha256 digest"),
          Map.entry("time-without-zone", "acceptedAt: expected an ISO-8601 time"),
          Map.entry("evidence-of-no-kind", "evidence: expected confirmed, unknown or contradicted"),
          Map.entry("duplicate-field", "expected JSON without duplicate fields"),
          Map.entry("trailing-text", "expected JSON without duplicate fields"),
          Map.entry("array", "expected a JSON object"),
          Map.entry("not-json", "expected JSON without duplicate fields"));

  @Test
  void readsEveryField() throws Exception {
    assertThat(read("push")).isEqualTo(new PushMessage.Valid(PUSH));
  }

  @Test
  void readsThatDockerHubWouldNotSayWhetherThePushIsNew() throws Exception {
    assertThat(read("push-limited"))
        .isEqualTo(
            new PushMessage.Valid(
                new Push(
                    PUSH.deliveryId(),
                    PUSH.repository(),
                    PUSH.tag(),
                    PUSH.digest(),
                    PUSH.pushedAt(),
                    Evidence.LIMITED,
                    PUSH.acceptedAt())));
  }

  @Test
  void looksUpWhatTheRegistryDidNotKnowYet() throws Exception {
    assertThat(read("push-look-again"))
        .isEqualTo(
            new PushMessage.Valid(
                new Push(
                    PUSH.deliveryId(),
                    PUSH.repository(),
                    PUSH.tag(),
                    null,
                    null,
                    Evidence.UNKNOWN,
                    PUSH.acceptedAt())));
  }

  @Test
  void readsAPushThatTheEngineMustProve() throws Exception {
    assertThat(read("push-unproven"))
        .isEqualTo(
            new PushMessage.Valid(
                new Push(
                    PUSH.deliveryId(),
                    PUSH.repository(),
                    PUSH.tag(),
                    null,
                    PUSH.pushedAt(),
                    Evidence.UNKNOWN,
                    PUSH.acceptedAt())));
  }

  @Test
  void readsAPushWithoutATime() throws Exception {
    assertThat(read("push-without-time"))
        .isEqualTo(
            new PushMessage.Valid(
                new Push(
                    PUSH.deliveryId(),
                    PUSH.repository(),
                    PUSH.tag(),
                    PUSH.digest(),
                    null,
                    Evidence.UNKNOWN,
                    PUSH.acceptedAt())));
  }

  @Test
  void readsThatTheTimeIsContradicted() throws Exception {
    assertThat(read("push-contradicted"))
        .isInstanceOfSatisfying(
            PushMessage.Valid.class,
            message -> assertThat(message.push().evidence()).isEqualTo(Evidence.CONTRADICTED));
  }

  @Test
  void knowsNothingOfTheTimeInAMessageOfAnOlderFunction() throws Exception {
    assertThat(read("older-function"))
        .isEqualTo(
            new PushMessage.Valid(
                new Push(
                    PUSH.deliveryId(),
                    PUSH.repository(),
                    PUSH.tag(),
                    PUSH.digest(),
                    PUSH.pushedAt(),
                    Evidence.UNKNOWN,
                    PUSH.acceptedAt())));
  }

  @Test
  void readsAnOfficialImage() throws Exception {
    assertThat(read("push-official-image"))
        .isInstanceOfSatisfying(
            PushMessage.Valid.class,
            message ->
                assertThat(message.push().repository())
                    .isEqualTo(Repository.onDockerHub("busybox")));
  }

  @Test
  void ignoresTheFieldsOfANewerFunction() throws Exception {
    assertThat(read("newer-function")).isEqualTo(new PushMessage.Valid(PUSH));
  }

  static List<Path> refused() throws IOException, URISyntaxException {
    try (Stream<Path> files = Files.list(contract("refused"))) {
      return files.toList();
    }
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesWhatIsNoMessageAndSaysWhatWasExpected(Path file) throws IOException {
    String name = file.getFileName().toString().replace(".json", "");
    assertThat(PushMessage.parse(Files.readString(file)))
        .isEqualTo(
            new PushMessage.Malformed(
                REASONS.getOrDefault(name, "a reason that nobody wrote down")));
  }

  private static PushMessage read(String name) throws IOException, URISyntaxException {
    return PushMessage.parse(Files.readString(contract(name + ".json")));
  }

  private static Path contract(String name) throws URISyntaxException {
    return Path.of(
        Objects.requireNonNull(PushMessageTest.class.getResource("/contract/" + name)).toURI());
  }
}
