package dev.waggle.agent.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.outbox.Receiver.Answer;
import dev.waggle.agent.outbox.Receiver.Request;
import dev.waggle.agent.record.Outcome;
import dev.waggle.testhost.Await;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NotificationsTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration AT_ONCE = Duration.ofMillis(1);
  private static final Duration FOR_EVER = Duration.ofHours(1);
  private static final Set<Outcome> FAILED = Outcome.named("failed").orElseThrow();
  private static final Set<Outcome> ALL = Outcome.named("all").orElseThrow();

  private final CapturedLog log = new CapturedLog();

  @Test
  void postsTheTokenAndTheLetterInOrder() throws IOException {
    try (Receiver receiver = new Receiver(Answer.of(202))) {
      try (Notifications notifications =
          to(receiver.address("cloudevents", "/e", "tk"), ALL, AT_ONCE)) {
        IntStream.range(0, 5).forEach(i -> tellOf(notifications, "service-" + i));
      }
      assertThat(receiver.requests())
          .hasSize(5)
          .allSatisfy(
              request -> {
                assertThat(request.method()).isEqualTo("POST");
                assertThat(request.path()).isEqualTo("/e");
                assertThat(request.authorization()).isEqualTo("Bearer tk");
                assertThat(request.contentType())
                    .isEqualTo("application/cloudevents+json; charset=UTF-8");
              });
      for (int i = 0; i < 5; i++) {
        assertThat(receiver.requests().get(i).body()).contains("\"service-" + i + "\"");
      }
    }
    assertThat(log.text()).isEmpty();
  }

  @Test
  void tellsOfNothingElseThanWhatIsWanted() throws IOException {
    try (Receiver receiver = new Receiver(Answer.of(200))) {
      try (Notifications notifications = to(receiver.address("slack", "/s", ""), FAILED, AT_ONCE)) {
        tell(notifications, Reports.updated());
        tell(notifications, Reports.of(Outcome.ALREADY_CURRENT, ""));
        tell(notifications, Reports.of(Outcome.PAUSED, "unhealthy"));
      }
      assertThat(receiver.requests())
          .singleElement()
          .extracting(Request::body)
          .asString()
          .contains("paused");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 503, 429})
  void triesAgainWhatIsNotTakenNow(int status) throws IOException {
    try (Receiver receiver = new Receiver(Answer.of(status), Answer.of(200));
        Notifications notifications = to(receiver.address("slack", "/s", ""), ALL, AT_ONCE)) {
      tell(notifications, Reports.updated());
      await("the second attempt", () -> receiver.requests().size() == 2);
      assertThat(receiver.requests().get(0)).isEqualTo(receiver.requests().get(1));
    }
    assertThat(log.text()).isEmpty();
  }

  @Test
  void waitsAsLongAsTheOtherSideAsks() throws IOException {
    try (Receiver receiver = new Receiver(new Answer(429, "Retry-After", "0"), Answer.of(200));
        Notifications notifications = to(receiver.address("slack", "/s", ""), ALL, FOR_EVER)) {
      tell(notifications, Reports.updated());
      await("the second attempt", () -> receiver.requests().size() == 2);
    }
    assertThat(Post.parseWait("86400")).contains(Duration.ofMinutes(10));
    assertThat(Post.parseWait("30")).contains(Duration.ofSeconds(30));
    assertThat(Post.parseWait("Wed, 21 Oct 2026 07:28:00 GMT")).isEmpty();
    assertThat(Post.parseWait(null)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 404, 410})
  void doesNotTryAgainWhatIsRefused(int status) throws IOException {
    try (Receiver receiver = new Receiver(Answer.of(status))) {
      try (Notifications notifications =
          to(receiver.address("ntfy", "/canary", "canary"), ALL, AT_ONCE)) {
        tell(notifications, Reports.updated());
        await("a line", () -> !log.text().isEmpty());
      }
      assertThat(receiver.requests()).hasSize(1);
    }
    assertOneWarning("HTTP status " + status, 1);
  }

  @Test
  void doesNotFollowARedirect() throws IOException {
    try (Receiver elsewhere = new Receiver(Answer.of(200));
        Receiver receiver =
            new Receiver(
                new Answer(
                    307, "Location", elsewhere.address("slack", "/canary", "").uri().toString()));
        Notifications notifications =
            to(receiver.address("ntfy", "/canary", "canary"), ALL, AT_ONCE)) {
      tell(notifications, Reports.updated());
      await("a line", () -> !log.text().isEmpty());
      assertThat(elsewhere.requests()).isEmpty();
    }
    assertOneWarning("HTTP status 307: redirects are not followed", 1);
  }

  @Test
  void givesUpWhereNobodyAnswers() throws IOException {
    try (Receiver receiver = new Receiver(Answer.of(0));
        Notifications notifications =
            new Notifications(
                List.of(receiver.address("ntfy", "/canary", "canary")),
                ALL,
                Duration.ofMillis(100),
                List.of(AT_ONCE),
                LIMIT,
                log.logger())) {
      tell(notifications, Reports.updated());
      await("a line", () -> !log.text().isEmpty());
    }
    assertOneWarning("no answer in time", 2);
  }

  @Test
  void givesUpWhereNobodyListens() throws IOException {
    Address nobody = addressOfNobody();
    try (Notifications notifications = to(nobody, ALL, AT_ONCE)) {
      tell(notifications, Reports.updated());
      await("a line", () -> !log.text().isEmpty());
    }
    assertOneWarning("no connection", 2);
  }

  @Test
  void keepsTheNewestWhereTooManyWait() throws IOException {
    int more = 5;
    try (Receiver receiver = new Receiver(Answer.of(500), Answer.of(200))) {
      try (Notifications notifications =
          to(receiver.address("cloudevents", "/e", ""), ALL, FOR_EVER)) {
        tellOf(notifications, "first");
        await("the first attempt", () -> receiver.requests().size() == 1);
        long began = System.nanoTime();
        IntStream.range(0, Mailbox.MAX_WAITING + more)
            .forEach(i -> tellOf(notifications, "service-" + i));
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(LIMIT);
      }
      assertThat(receiver.requests()).hasSize(1 + Mailbox.MAX_WAITING);
      assertThat(receiver.requests().get(1).body()).contains("\"service-" + more + "\"");
    }
    assertThat(log.lines())
        .hasSize(more + 1)
        .filteredOn(line -> line.path("reason").textValue().equals("too many were waiting"))
        .extracting(line -> line.path("service").textValue())
        .containsExactly("service-0", "service-1", "service-2", "service-3", "service-4");
  }

  @Test
  void doesNotLetOneAddressWaitForAnother() throws IOException {
    try (Receiver silent = new Receiver(Answer.of(0));
        Receiver receiver = new Receiver(Answer.of(200));
        Notifications notifications =
            new Notifications(
                List.of(silent.address("slack", "/s", ""), receiver.address("slack", "/s", "")),
                ALL,
                LIMIT,
                List.of(),
                AT_ONCE,
                log.logger())) {
      tell(notifications, Reports.updated());
      await("the other's", () -> receiver.requests().size() == 1);
    }
  }

  @Test
  void stopsInTimeAndNamesWhatWasNotSent() throws IOException {
    try (Receiver silent = new Receiver(Answer.of(0))) {
      Notifications notifications =
          new Notifications(
              List.of(silent.address("slack", "/canary", "")),
              ALL,
              FOR_EVER,
              List.of(),
              Duration.ofMillis(50),
              log.logger());
      tellOf(notifications, "first");
      tellOf(notifications, "second");
      await("the first attempt", () -> silent.requests().size() == 1);
      notifications.close();
      await("both lines", () -> log.lines().size() == 2);
      assertThat(log.lines())
          .extracting(line -> line.path("service").textValue())
          .containsExactlyInAnyOrder("first", "second");
      assertThat(log.text()).doesNotContain("canary");
    }
  }

  @Test
  void aPauseEndsWhenTheAgentStops() throws IOException {
    try (Receiver receiver = new Receiver(Answer.of(500))) {
      try (Notifications notifications =
          to(receiver.address("ntfy", "/canary", "canary"), ALL, FOR_EVER)) {
        tell(notifications, Reports.updated());
        await("the first attempt", () -> receiver.requests().size() == 1);
      }
    }
    assertOneWarning("HTTP status 500", 1);
  }

  @Test
  void namesWhatComesTooLate() throws IOException {
    try (Receiver receiver = new Receiver(Answer.of(200))) {
      Notifications notifications = to(receiver.address("ntfy", "/canary", "canary"), ALL, AT_ONCE);
      notifications.close();
      tell(notifications, Reports.updated());
      assertThat(receiver.requests()).isEmpty();
    }
    assertOneWarning("the agent stopped", 0);
  }

  @Test
  void saysWhenEveryAddressWasTriedOnceWhateverCameOfIt() throws Exception {
    try (Receiver taking = new Receiver(Answer.of(200));
        Receiver busy = new Receiver(Answer.of(503));
        Notifications notifications =
            new Notifications(
                List.of(taking.address("slack", "/s", ""), busy.address("slack", "/s", "")),
                ALL,
                LIMIT,
                List.of(FOR_EVER),
                LIMIT,
                log.logger())) {
      notifications.send(Reports.updated()).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertThat(taking.requests()).hasSize(1);
      assertThat(busy.requests()).hasSize(1);
    }
  }

  @Test
  void hasNothingToTryWhereNobodyWantsToBeTold() {
    try (Notifications notifications = to(addressThatIsNotAsked(), FAILED, FOR_EVER)) {
      assertThat(notifications.send(Reports.updated())).isCompleted();
    }
  }

  private static Address addressThatIsNotAsked() {
    return Address.parse(List.of("slack https://slack.example/x")).getFirst();
  }

  private void assertOneWarning(String reason, int attempts) {
    assertThat(log.lines())
        .singleElement()
        .satisfies(
            line -> {
              assertThat(line.path("level").textValue()).isEqualTo("WARN");
              assertThat(line.path("message").textValue()).isEqualTo("notification not delivered");
              assertThat(line.path("kind").textValue()).isEqualTo("ntfy");
              assertThat(line.path("host").textValue()).isEqualTo("127.0.0.1");
              assertThat(line.path("reason").textValue()).isEqualTo(reason);
              assertThat(line.path("attempts").intValue()).isEqualTo(attempts);
            });
    assertThat(log.text()).doesNotContain("canary");
  }

  private static void tell(Notifications notifications, Report report) {
    CompletableFuture<Void> _ = notifications.send(report);
  }

  /// Of an update, of a service of one's choice.
  private static void tellOf(Notifications notifications, String service) {
    tell(notifications, Reports.of(service, Outcome.UPDATED, ""));
  }

  private static Address addressOfNobody() throws IOException {
    try (Receiver closed = new Receiver(Answer.of(200))) {
      return closed.address("ntfy", "/canary", "canary");
    }
  }

  private Notifications to(Address address, Set<Outcome> wanted, Duration pause) {
    return new Notifications(List.of(address), wanted, LIMIT, List.of(pause), LIMIT, log.logger());
  }

  private static void await(String what, Callable<Boolean> condition) {
    Await.until(what, LIMIT, condition);
  }
}
