package dev.waggle.function;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(10)
class DistributionRegistryTest {
  private static final Repository PLAYLISTLOG = new Repository("vorce/playlistlog");
  private static final Tag TWO = new Tag("2");
  private static final Digest DIGEST = new Digest("sha256:" + "a".repeat(64));
  private static final Registry.Finding FOUND = new Registry.Finding.Found(DIGEST);
  private static final String MANIFEST = "HEAD /v2/vorce/playlistlog/manifests/2";
  private static final String TOKEN =
      "GET /token?service=registry.docker.io&scope=repository%3Avorce%2Fplaylistlog%3Apull";
  private static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final String CHART =
      """
      {"schemaVersion":2,\
      "config":{"mediaType":"application/vnd.cncf.helm.config.v1+json"},\
      "layers":[{"mediaType":"application/vnd.cncf.helm.chart.content.v1.tar+gzip"}]}\
      """;
  private static final String IMAGE =
      """
      {"schemaVersion":2,\
      "config":{"mediaType":"application/vnd.oci.image.config.v1+json"},\
      "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip"}]}\
      """;
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofSeconds(5);

  private final FakeRegistry fake = new FakeRegistry();

  @AfterEach
  void close() {
    fake.close();
  }

  private Registry.Finding find(URI base, Duration budget) {
    return new DistributionRegistry(base, Clock.systemUTC())
        .find(PLAYLISTLOG, TWO, Deadline.in(budget));
  }

  private Registry.Finding find() {
    return find(fake.base(), LONG);
  }

  private static Registry.Finding unproven(Registry.Doubt doubt) {
    return new Registry.Finding.Unproven(doubt);
  }

  private static HttpHandler withHeader(int status, String name, String value) {
    return exchange -> {
      exchange.getResponseHeaders().set(name, value);
      exchange.sendResponseHeaders(status, -1);
    };
  }

  @Test
  void findsTheDigestOfWhatTheTagNamesAndNotOfAPart() {
    fake.holding("vorce/playlistlog", "2", DIGEST);
    assertThat(find()).isEqualTo(FOUND);
    assertThat(fake.asked()).containsExactly(MANIFEST);
  }

  @Test
  void fetchesATokenWhenChallenged() {
    fake.holding("vorce/playlistlog", "2", DIGEST).withTokens();
    assertThat(find()).isEqualTo(FOUND);
    assertThat(fake.asked()).containsExactly(MANIFEST, TOKEN, MANIFEST + " with a token");
  }

  @Test
  void asksForATokenOnceWhileItIsGood() {
    fake.holding("vorce/playlistlog", "2", DIGEST).withTokens();
    HandClock clock = new HandClock(Instant.parse("2026-11-01T10:00:00Z"));
    DistributionRegistry registry = new DistributionRegistry(fake.base(), clock);
    for (int i = 0; i < 3; i++) {
      assertThat(registry.find(PLAYLISTLOG, TWO, Deadline.in(LONG))).isEqualTo(FOUND);
    }
    assertThat(fake.asked()).filteredOn(TOKEN::equals).hasSize(1);
    clock.advance(Duration.ofSeconds(291)); // of 300, less a margin
    assertThat(registry.find(PLAYLISTLOG, TWO, Deadline.in(LONG))).isEqualTo(FOUND);
    assertThat(fake.asked()).filteredOn(TOKEN::equals).hasSize(2);
  }

  @Test
  void asksForANewTokenWhenTheRegistryDoesNotTakeTheOldOne() {
    fake.holding("vorce/playlistlog", "2", DIGEST).withTokens();
    DistributionRegistry registry = new DistributionRegistry(fake.base(), Clock.systemUTC());
    assertThat(registry.find(PLAYLISTLOG, TWO, Deadline.in(LONG))).isEqualTo(FOUND);
    fake.forgetTokens();
    assertThat(registry.find(PLAYLISTLOG, TWO, Deadline.in(LONG))).isEqualTo(FOUND);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-1",
        "-9223372036854775808",
        "9223372036854775807",
        "1e3",
        "null",
        "\"300\"",
        "99999999999999999999"
      })
  void usesATokenOnceHoweverLongItIsSaidToBeGood(String seconds) {
    fake.holding("vorce/playlistlog", "2", DIGEST).withTokens();
    String token = Sha256.hex("repository:vorce/playlistlog:pull");
    fake.misbehavingWithTokens(
        exchange ->
            FakeRegistry.respond(
                exchange, 200, "{\"token\":\"" + token + "\",\"expires_in\":" + seconds + "}"));
    assertThat(find()).isEqualTo(FOUND);
  }

  @Test
  void isWarmOnceItHasATokenForTheRepository() {
    fake.holding("vorce/playlistlog", "2", DIGEST).withTokens();
    DistributionRegistry registry = new DistributionRegistry(fake.base(), Clock.systemUTC());
    try (Conversation<Boolean> warming = registry.warmUp(PLAYLISTLOG, Deadline.in(LONG))) {
      assertThat(warming.await(_ -> false)).isTrue();
    }
    assertThat(registry.find(PLAYLISTLOG, TWO, Deadline.in(LONG))).isEqualTo(FOUND);
    assertThat(fake.asked()).containsExactly("GET /v2/", TOKEN, MANIFEST + " with a token");
  }

  @Test
  void warmsUpWhereNoTokensAreHandedOut() {
    DistributionRegistry registry = new DistributionRegistry(fake.base(), Clock.systemUTC());
    try (Conversation<Boolean> warming = registry.warmUp(PLAYLISTLOG, Deadline.in(LONG))) {
      assertThat(warming.await(_ -> false)).isTrue();
    }
    assertThat(fake.asked()).containsExactly("GET /v2/");
  }

  @Test
  void findsOfficialImages() {
    fake.holding("library/busybox", "latest", DIGEST).withTokens();
    assertThat(
            new DistributionRegistry(fake.base(), Clock.systemUTC())
                .find(new Repository("library/busybox"), new Tag("latest"), Deadline.in(LONG)))
        .isEqualTo(FOUND);
  }

  @Test
  void readsATokenUnderItsOtherName() {
    fake.holding("vorce/playlistlog", "2", DIGEST).withTokens();
    fake.misbehavingWithTokens(
        exchange ->
            FakeRegistry.respond(
                exchange,
                200,
                """
                {"expires_in":300,"scope":{"a":[1]},"access_token":"%s"}\
                """
                    .formatted(Sha256.hex("repository:vorce/playlistlog:pull"))));
    assertThat(find()).isEqualTo(FOUND);
  }

  private Digest holding(String mediaType, String manifest) {
    fake.holding("vorce/playlistlog", "2", mediaType, manifest);
    return new Digest("sha256:" + Sha256.hex(manifest));
  }

  private static boolean isImage(Registry registry, Duration budget) {
    return registry.find(PLAYLISTLOG, TWO, Deadline.in(LONG))
            instanceof Registry.Finding.Found found
        && registry.isImage(PLAYLISTLOG, found, Deadline.in(budget));
  }

  private boolean isImage() {
    return isImage(new DistributionRegistry(fake.base(), Clock.systemUTC()), LONG);
  }

  @Test
  void readsAManifestOfOciByItsDigest() {
    Digest chart = holding(OCI_MANIFEST, CHART);
    assertThat(isImage()).isFalse();
    assertThat(fake.asked())
        .containsExactly(MANIFEST, "GET /v2/vorce/playlistlog/manifests/" + chart);
    holding(OCI_MANIFEST, IMAGE);
    assertThat(isImage()).isTrue();
  }

  @Test
  void readsAManifestWithTheTokenOfTheLookUp() {
    Digest chart = holding(OCI_MANIFEST + "; charset=utf-8", CHART);
    fake.withTokens();
    assertThat(isImage()).isFalse();
    assertThat(fake.asked())
        .containsExactly(
            MANIFEST,
            TOKEN,
            MANIFEST + " with a token",
            "GET /v2/vorce/playlistlog/manifests/" + chart + " with a token");
  }

  @Test
  void readsAManifestOnceForTheManyDeliveriesOfOnePush() {
    DistributionRegistry registry = new DistributionRegistry(fake.base(), Clock.systemUTC());
    for (String manifest : List.of(CHART, IMAGE)) {
      Digest digest = holding(OCI_MANIFEST, manifest);
      for (int i = 0; i < 3; i++) {
        assertThat(isImage(registry, LONG)).isEqualTo(manifest.equals(IMAGE));
      }
      assertThat(fake.asked())
          .filteredOn(("GET /v2/vorce/playlistlog/manifests/" + digest)::equals)
          .hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/json",
        ""
      })
  void readsNoManifestOfAnotherTypeAsThatCountsAsAPull(String mediaType) {
    holding(mediaType, CHART);
    assertThat(isImage()).isTrue();
    assertThat(fake.asked()).containsExactly(MANIFEST);
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 401, 403, 404, 429, 500, 503})
  void takesForAnImageWhatTheRegistryDoesNotHandOutAndAsksNextTime(int status) {
    Digest chart = holding(OCI_MANIFEST, CHART);
    DistributionRegistry registry = new DistributionRegistry(fake.base(), Clock.systemUTC());
    Registry.Finding.Found found = new Registry.Finding.Found(chart, true);
    fake.misbehavingOnce(withHeader(status, "Retry-After", "1"));
    assertThat(registry.isImage(PLAYLISTLOG, found, Deadline.in(LONG))).isTrue();
    assertThat(registry.isImage(PLAYLISTLOG, found, Deadline.in(LONG))).isFalse();
  }

  @Test
  void takesForAnImageWhatIsTooLongToBeRead() {
    holding(OCI_MANIFEST, CHART + " ".repeat(Conversation.MAX_BODY));
    assertThat(isImage()).isTrue();
  }

  @Test
  void takesForAnImageWhatTheRegistryDoesNotHandOutInTime() {
    Registry.Finding.Found found = new Registry.Finding.Found(DIGEST, true);
    DistributionRegistry registry = new DistributionRegistry(fake.base(), Clock.systemUTC());
    fake.misbehaving(exchange -> fake.hang());
    assertThat(registry.isImage(PLAYLISTLOG, found, Deadline.in(SHORT))).isTrue();
    fake.close();
    assertThat(registry.isImage(PLAYLISTLOG, found, Deadline.in(LONG))).isTrue();
  }

  @Test
  void missesATagThatIsNotThere() {
    fake.withTokens();
    assertThat(find()).isEqualTo(new Registry.Finding.Missing());
    assertThat(fake.asked()).containsExactly(MANIFEST, TOKEN, MANIFEST + " with a token");
  }

  @Test
  void provesNothingWithATokenForSomethingElse() {
    fake.holding("vorce/playlistlog", "2", DIGEST).withTokens();
    fake.misbehavingWithTokens(
        exchange ->
            FakeRegistry.respond(
                exchange,
                200,
                "{\"token\":\"" + Sha256.hex("repository:vorce/other:pull") + "\"}"));
    assertThat(find()).isEqualTo(unproven(Registry.Doubt.PRIVATE));
    assertThat(fake.asked()).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({
    "401,PRIVATE",
    "403,PRIVATE",
    "429,RATE_LIMITED",
    "500,UNWELL",
    "503,UNWELL",
    "599,UNWELL",
    "204,ODD_ANSWER",
    "400,ODD_ANSWER",
    "418,ODD_ANSWER"
  })
  void saysWhyThePushIsNotProved(int status, Registry.Doubt doubt) {
    fake.misbehaving(withHeader(status, "Retry-After", "99999999999999999999"));
    assertThat(find()).isEqualTo(unproven(doubt));
    assertThat(fake.asked()).containsExactly(MANIFEST);
  }

  @ParameterizedTest
  @CsvSource({"403,PRIVATE", "429,RATE_LIMITED", "500,UNWELL", "302,FOREIGN_HOST"})
  void saysWhyThereIsNoToken(int status, Registry.Doubt doubt) {
    fake.withTokens()
        .misbehavingWithTokens(
            withHeader(status, "Location", "http://169.254.169.254/latest/meta-data/"));
    assertThat(find()).isEqualTo(unproven(doubt));
    assertThat(fake.asked()).containsExactly(MANIFEST, TOKEN);
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void followsARedirectToAHostOfTheRegistrys(int status) {
    fake.holding("vorce/playlistlog", "moved", DIGEST)
        .misbehavingOnce(withHeader(status, "Location", "/v2/vorce/playlistlog/manifests/moved"));
    assertThat(find()).isEqualTo(FOUND);
    assertThat(fake.asked()).containsExactly(MANIFEST, MANIFEST.replace("/2", "/moved"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://localhost:PORT/v2/vorce/playlistlog/manifests/2",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "mailto:x",
        "//[::1]:PORT/",
        "http://user@127.0.0.1:PORT/",
        "http://[",
        "http:///x"
      })
  void followsNoRedirectToAnother(String location) {
    try (FakeRegistry other = new FakeRegistry().holding("vorce/playlistlog", "2", DIGEST)) {
      String port = Integer.toString(other.base().getPort());
      fake.misbehaving(withHeader(307, "Location", location.replace("PORT", port)));
      assertThat(find()).isEqualTo(unproven(Registry.Doubt.FOREIGN_HOST));
      assertThat(other.asked()).isEmpty();
    }
  }

  @Test
  void sendsNoTokenOnToAnotherServer() {
    try (FakeRegistry other = new FakeRegistry().holding("vorce/playlistlog", "2", DIGEST)) {
      fake.holding("vorce/playlistlog", "2", DIGEST).withTokens();
      DistributionRegistry registry = new DistributionRegistry(fake.base(), Clock.systemUTC());
      assertThat(registry.find(PLAYLISTLOG, TWO, Deadline.in(LONG))).isEqualTo(FOUND);
      fake.misbehaving(
          withHeader(307, "Location", other.base() + "/v2/vorce/playlistlog/manifests/2"));
      assertThat(registry.find(PLAYLISTLOG, TWO, Deadline.in(LONG))).isEqualTo(FOUND);
      assertThat(fake.asked()).last().isEqualTo(MANIFEST + " with a token");
      assertThat(other.asked()).containsExactly(MANIFEST);
    }
  }

  @Test
  void sendsItsTokenOnWithinTheServer() {
    fake.holding("vorce/playlistlog", "2", DIGEST)
        .holding("vorce/playlistlog", "moved", DIGEST)
        .withTokens();
    DistributionRegistry registry = new DistributionRegistry(fake.base(), Clock.systemUTC());
    assertThat(registry.find(PLAYLISTLOG, TWO, Deadline.in(LONG))).isEqualTo(FOUND);
    fake.misbehavingOnce(withHeader(307, "Location", "/v2/vorce/playlistlog/manifests/moved"));
    assertThat(registry.find(PLAYLISTLOG, TWO, Deadline.in(LONG))).isEqualTo(FOUND);
    assertThat(fake.asked()).last().isEqualTo(MANIFEST.replace("/2", "/moved") + " with a token");
  }

  @Test
  void followsNoRedirectForever() {
    fake.misbehaving(withHeader(308, "Location", "/v2/vorce/playlistlog/manifests/2"));
    assertThat(find()).isEqualTo(unproven(Registry.Doubt.ODD_ANSWER));
    assertThat(fake.asked()).hasSize(4);
  }

  @Test
  void fetchesNoTokenFromAForeignHost() {
    try (FakeRegistry other = new FakeRegistry()) {
      fake.withTokensFrom("http://localhost:" + other.base().getPort() + "/token");
      assertThat(find()).isEqualTo(unproven(Registry.Doubt.FOREIGN_HOST));
      assertThat(other.asked()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Basic realm=\"x\"",
        "Bearer",
        "Bearer realm=\"\"",
        "Bearer realm=\"/token\"",
        "Bearer realm=\"http://[\"",
        "Bearer service=\"registry.docker.io\"",
        "Negotiate"
      })
  void takesAChallengeItCannotMeetForPrivate(String challenge) {
    fake.misbehaving(withHeader(401, "WWW-Authenticate", challenge));
    assertThat(find()).isEqualTo(unproven(Registry.Doubt.PRIVATE));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "sha256:",
        "sha512:abc",
        "latest",
        "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      })
  void believesNoDigestThatIsNone(String digest) {
    fake.misbehaving(withHeader(200, "Docker-Content-Digest", digest));
    assertThat(find()).isEqualTo(unproven(Registry.Doubt.ODD_ANSWER));
  }

  @Test
  void needsADigest() {
    fake.misbehaving(exchange -> exchange.sendResponseHeaders(200, -1));
    assertThat(find()).isEqualTo(unproven(Registry.Doubt.ODD_ANSWER));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "not json",
        "{\"token\":7}",
        "{\"token\":\"\"}",
        "{\"token\":\"a\\r\\nX-Evil: 1\"}",
        "{\"token\":\"a b\"}",
        "{\"token\":\"a\",\"token\":\"b\"}"
      })
  void usesNoTokenThatIsNone(String answer) {
    fake.withTokens()
        .misbehavingWithTokens(exchange -> FakeRegistry.respond(exchange, 200, answer));
    assertThat(find()).isEqualTo(unproven(Registry.Doubt.ODD_ANSWER));
    assertThat(fake.asked()).containsExactly(MANIFEST, TOKEN);
  }

  @Test
  void readsOnlyTheBeginningOfAnEndlessToken() {
    AtomicLong written = new AtomicLong();
    fake.withTokens()
        .misbehavingWithTokens(
            exchange -> {
              exchange.sendResponseHeaders(200, 0);
              byte[] megabyte = new byte[1 << 20];
              while (written.get() < 1L << 30) {
                exchange.getResponseBody().write(megabyte);
                written.addAndGet(megabyte.length);
              }
            });
    assertThat(find()).isEqualTo(unproven(Registry.Doubt.ODD_ANSWER));
    fake.close();
    assertThat(written).hasValueLessThan(1L << 26);
  }

  @Test
  void givesUpOnARegistryThatHangs() {
    fake.misbehaving(exchange -> fake.hang());
    assertThat(find(fake.base(), SHORT)).isEqualTo(unproven(Registry.Doubt.TIMED_OUT));
  }

  @Test
  void givesUpOnATokenServiceThatHangs() {
    fake.withTokens().misbehavingWithTokens(exchange -> fake.hang());
    assertThat(find(fake.base(), SHORT)).isEqualTo(unproven(Registry.Doubt.TIMED_OUT));
  }

  @Test
  void givesUpOnARegistryThatTrickles() throws IOException {
    CountDownLatch done = new CountDownLatch(1);
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ExecutorService thread = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Boolean> gone =
          thread.submit(
              () -> {
                try (Socket socket = server.accept()) {
                  OutputStream out = socket.getOutputStream();
                  out.write("HTTP/1.1 200 OK\r\nX-Long: ".getBytes(US_ASCII));
                  while (!done.await(20, TimeUnit.MILLISECONDS)) {
                    out.write('x');
                  }
                  return false;
                } catch (SocketException _) {
                  return true;
                }
              });
      long began = System.nanoTime();
      assertThat(find(URI.create("http://127.0.0.1:" + server.getLocalPort()), SHORT))
          .isEqualTo(unproven(Registry.Doubt.TIMED_OUT));
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(SHORT.multipliedBy(5));
      assertThat(gone).as("hung up").succeedsWithin(LONG).isEqualTo(true);
    } finally {
      done.countDown();
    }
  }

  @Test
  void saysThatTheRegistryIsUnreachable() {
    URI base = fake.base();
    fake.close();
    assertThat(find(base, LONG)).isEqualTo(unproven(Registry.Doubt.UNREACHABLE));
  }

  @Test
  void saysSoWhenTheConnectionBreaks() {
    fake.misbehaving(
        exchange -> {
          throw new IOException("broken");
        });
    assertThat(find()).isEqualTo(unproven(Registry.Doubt.UNREACHABLE));
  }
}
