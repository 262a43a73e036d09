package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import dev.waggle.function.PushRecords.Finding;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
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

  private static final Finding NOTHING = new Finding.Nothing();

  private final FakeHub fake = new FakeHub();

  @AfterEach
  void close() {
    fake.close();
  }

  private Finding ask(Duration budget) {
    return new DockerHub(fake.base()).find(PLAYLISTLOG, LATEST, Deadline.in(budget));
  }

  private Finding ask() {
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
        .isEqualTo(
            new Finding.LastPush(
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
        .isEqualTo(
            new Finding.LastPush(
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
    assertThat(
            new DockerHub(fake.base())
                .find(
                    new Repository("library/busybox"),
                    new Tag("1.36"),
                    Deadline.in(Duration.ofSeconds(5))))
        .isInstanceOf(Finding.LastPush.class);
  }

  @Test
  void asksNobodyWithoutAnAddress() {
    assertThat(PushRecords.NONE.find(PLAYLISTLOG, LATEST, Deadline.in(Duration.ofSeconds(5))))
        .isEqualTo(NOTHING);
  }

  @Test
  void saysThatItIsLimited() {
    fake.misbehaving(answering(429, "{\"detail\":\"Rate limit exceeded\",\"error\":false}"));
    assertThat(ask()).isEqualTo(new Finding.Limited());
    assertThat(fake.asked()).containsExactly(QUESTION);
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 301, 400, 401, 403, 404, 500, 503, 504})
  void asksOnceAndHasNoRecordOtherwise(int status) {
    fake.misbehaving(answering(status, status == 204 ? "" : RECORD));
    assertThat(ask()).isEqualTo(NOTHING);
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
    assertThat(ask()).isEqualTo(NOTHING);
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
    assertThat(ask())
        .isEqualTo(new Finding.LastPush(Instant.parse("2024-07-03T14:59:26Z"), Set.of()));
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
    assertThat(ask()).isEqualTo(NOTHING);
  }

  @Test
  void givesUpWhenItHangs() {
    fake.misbehaving(exchange -> fake.hang());
    long began = System.nanoTime();
    assertThat(ask(Duration.ofMillis(300))).isEqualTo(NOTHING);
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
      assertThat(ask()).isEqualTo(NOTHING);
      assertThat(other.asked()).isEmpty();
    }
  }

  @Test
  void doesWithoutWhatIsNotThere() {
    URI base = fake.base();
    fake.close();
    assertThat(
            new DockerHub(URI.create(base + "/api"))
                .find(PLAYLISTLOG, LATEST, Deadline.in(Duration.ofSeconds(5))))
        .isEqualTo(NOTHING);
  }

  @Test
  void hangsUpOnceNobodyWaitsForTheAnswer() {
    fake.misbehaving(exchange -> fake.hang());
    assertThat(ask(Duration.ofMillis(100))).isEqualTo(NOTHING);
    Conversations.assertOver();
  }
}
