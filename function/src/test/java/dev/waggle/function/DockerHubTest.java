package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import dev.waggle.function.PushRecords.PushRecord;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(10)
class DockerHubTest {
  private static final Repository PLAYLISTLOG = new Repository("vorce/playlistlog");
  private static final Tag LATEST = new Tag("latest");
  private static final String RECORD =
      Resources.text("payloads/hubapi-tag-2024-oci-index-with-attestation.json");
  private static final String QUESTION =
      "GET /v2/namespaces/vorce/repositories/playlistlog/tags/latest";

  private final FakeHub fake = new FakeHub();

  @AfterEach
  void close() {
    fake.close();
  }

  private Optional<PushRecord> ask(Duration budget) {
    try (PushRecords.Asked asked =
        new DockerHub(fake.base()).ask(PLAYLISTLOG, LATEST, Deadline.in(budget))) {
      return asked.answer();
    }
  }

  private Optional<PushRecord> ask() {
    return ask(Duration.ofSeconds(5));
  }

  private static HttpHandler answering(int status, String body) {
    return exchange -> {
      exchange.getResponseHeaders().set("X-Retry-After", "99999999999999999999");
      exchange.getResponseHeaders().set("Retry-After", "-1");
      FakeRegistry.respond(exchange, status, body);
    };
  }

  @Test
  void readsWhenATagWasPushedLastAndWhat() {
    fake.holding("vorce", "playlistlog", "latest", RECORD);
    assertThat(ask())
        .hasValue(
            new PushRecord(
                Instant.parse("2024-07-03T14:59:26.515907Z"),
                Set.of(
                    new Digest(
                        "sha256:2a2835eb5f05a0b53a8aa45080d263c3fb4d6e7a4fb38b07ba725433ec63d473"))));
    assertThat(fake.asked()).containsExactly(QUESTION);
  }

  @Test
  void takesTheDigestOfItsOnlyPartForThatOfATagOfOld() {
    fake.holding(
        "vorce",
        "playlistlog",
        "latest",
        Resources.text("payloads/hubapi-tag-2026-old-tag-without-digest.json"));
    assertThat(ask())
        .hasValue(
            new PushRecord(
                Instant.parse("2017-11-02T07:47:35.374523Z"),
                Set.of(
                    new Digest(
                        "sha256:46a577b81ad2ad37b99d7a809ccd21c135cbca3c6ab3b49cfcf705c54312de78"))));
  }

  @Test
  void warmsUpByConnecting() {
    try (Conversation<Boolean> warming =
        new DockerHub(fake.base()).warmUp(Deadline.in(Duration.ofSeconds(5)))) {
      assertThat(warming.await(_ -> false)).isTrue();
    }
  }

  @Test
  void asksForOfficialImages() {
    fake.holding("library", "busybox", "1.36", RECORD);
    try (PushRecords.Asked asked =
        new DockerHub(fake.base())
            .ask(
                new Repository("library/busybox"),
                new Tag("1.36"),
                Deadline.in(Duration.ofSeconds(5)))) {
      assertThat(asked.answer()).isPresent();
    }
  }

  @Test
  void asksNobodyWithoutAnAddress() {
    try (PushRecords.Asked asked =
        PushRecords.NONE.ask(PLAYLISTLOG, LATEST, Deadline.in(Duration.ofSeconds(5)))) {
      assertThat(asked.answer()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 301, 400, 401, 403, 404, 429, 500, 503, 504})
  void asksOnceAndHasNoRecordOtherwise(int status) {
    fake.misbehaving(answering(status, status == 204 ? "" : RECORD));
    assertThat(ask()).isEmpty();
    assertThat(fake.asked()).containsExactly(QUESTION);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "7",
        "not json",
        "{\"tag_last_pushed\":null}",
        "{\"tag_last_pushed\":1719986366}",
        "{\"tag_last_pushed\":\"yesterday\"}",
        "{\"tag_last_pushed\":\"+1000000000-12-31T23:59:59Z\",\"tag_last_pushed\":\"2024-07-03T14:59:26Z\"}",
        "{\"tag_last_pushed\":{\"tag_last_pushed\":\"2024-07-03T14:59:26Z\"}}",
        "{\"tag_last_pushed\":\"2024-07-03T14:59:26Z\"",
        "{\"images\":["
      })
  void readsNoRecordFromWhatIsNone(String body) {
    fake.misbehaving(answering(200, body));
    assertThat(ask()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"digest\":null,\"images\":null",
        "\"digest\":\"sha512:x\"",
        "\"digest\":{\"digest\":[1]}",
        "\"images\":[null,7,[{}],{\"digest\":null},{\"os\":{}}]",
        "\"images\":{\"digest\":1}",
        "\"more\":[1]"
      })
  void readsARecordWithoutADigest(String rest) {
    fake.misbehaving(answering(200, "{" + rest + ",\"tag_last_pushed\":\"2024-07-03T14:59:26Z\"}"));
    assertThat(ask()).hasValue(new PushRecord(Instant.parse("2024-07-03T14:59:26Z"), Set.of()));
  }

  @Test
  void readsOnlyTheBeginningOfAnEndlessRecord() {
    fake.misbehaving(
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] padding = new byte[1 << 20];
          for (int i = 0; i < 1 << 10; i++) {
            exchange.getResponseBody().write(padding);
          }
        });
    assertThat(ask()).isEmpty();
  }

  @Test
  void givesUpWhenItHangs() {
    fake.misbehaving(exchange -> fake.hang());
    long began = System.nanoTime();
    assertThat(ask(Duration.ofMillis(300))).isEmpty();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(1500));
  }

  @Test
  void goesToNoForeignHost() {
    try (FakeHub other = new FakeHub().holding("vorce", "playlistlog", "latest", RECORD)) {
      fake.misbehaving(
          exchange -> {
            exchange
                .getResponseHeaders()
                .set(
                    "Location",
                    other.base().toString().replace("127.0.0.1", "localhost")
                        + exchange.getRequestURI());
            exchange.sendResponseHeaders(302, -1);
          });
      assertThat(ask()).isEmpty();
      assertThat(other.asked()).isEmpty();
    }
  }

  @Test
  void doesWithoutWhatIsNotThere() {
    URI base = fake.base();
    fake.close();
    try (PushRecords.Asked asked =
        new DockerHub(URI.create(base + "/api"))
            .ask(PLAYLISTLOG, LATEST, Deadline.in(Duration.ofSeconds(5)))) {
      assertThat(asked.answer()).isEmpty();
    }
  }

  @Test
  void hangsUpOnceNobodyWaitsForTheAnswer() throws InterruptedException {
    fake.misbehaving(exchange -> fake.hang());
    try (PushRecords.Asked _ =
        new DockerHub(fake.base()).ask(PLAYLISTLOG, LATEST, Deadline.in(Duration.ofMinutes(5)))) {
      fake.awaitQuestion();
    }
    Conversations.assertOver();
  }
}
