package dev.waggle.agent.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.agent.queue.QueueInMemory.Request;
import dev.waggle.agent.queue.QueueInMemory.Request.Delete;
import dev.waggle.agent.queue.QueueInMemory.Request.Extend;
import dev.waggle.agent.queue.QueueInMemory.Request.Receive;
import dev.waggle.agent.rollout.Digest;
import dev.waggle.agent.rollout.HandClock;
import dev.waggle.agent.rollout.ImageReference;
import dev.waggle.agent.rollout.Repository;
import dev.waggle.agent.rollout.ResolvedImage;
import dev.waggle.agent.rollout.RollPush;
import dev.waggle.agent.rollout.RolloutOutcome;
import dev.waggle.agent.rollout.ServiceLabels;
import dev.waggle.agent.rollout.Services;
import dev.waggle.agent.rollout.Swarm;
import dev.waggle.agent.rollout.SwarmInMemory;
import dev.waggle.agent.rollout.SwarmInMemory.Request.CheckReadiness;
import dev.waggle.agent.rollout.SwarmInMemory.Request.ListServices;
import dev.waggle.agent.rollout.SwarmInMemory.Request.Resolve;
import dev.waggle.agent.rollout.SwarmInMemory.Request.Update;
import dev.waggle.agent.rollout.Tag;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PushConsumerTest {

  /// Of the contract: `vorce/playlistlog:2`, pushed and proven.
  private static final String PUSH = contract("push.json");

  private static final ResolvedImage IMAGE =
      new ResolvedImage(
          new ImageReference(
              Repository.onDockerHub("vorce/playlistlog"),
              new Tag("2"),
              new Digest(
                  "sha256:e58fcf7418d4390dec8e8fb69d88c06ec07039d651fedd3aa72af9972e7d046b")),
          List.of());
  private static final ResolvedImage NEWER =
      new ResolvedImage(
          new ImageReference(
              Repository.onDockerHub("vorce/playlistlog"),
              new Tag("3"),
              new Digest("sha256:" + "3".repeat(64))),
          List.of());
  private static final String PLAYLISTLOG = SwarmInMemory.PLAYLISTLOG;

  /// No beat comes while a test runs, however busy the machine is.
  private static final Duration INVISIBLE = Duration.ofHours(2);

  /// For tests of beats, of which three come in this time.
  private static final Duration SHORT_INVISIBLE = Duration.ofMillis(60);

  private static final Duration GRACE = Duration.ofHours(1);
  private static final Duration LONGEST_TEST = Duration.ofMinutes(2);
  private static final Duration SHORT_GRACE = Duration.ofMillis(50);
  private static final int MOST_AT_ONCE = 8;
  private static final int THOUSAND = 1000;
  private static final int MOST_UNEXPECTED_FAILURES = 5;

  private record Report(RolloutOutcome outcome, List<Request> settledBefore) {}

  private final HandClock clock = new HandClock(Instant.parse("2026-11-01T12:00:00Z"));
  private final QueueInMemory queue = new QueueInMemory(clock);
  private final SwarmInMemory swarm = new SwarmInMemory(clock).withPlaylistlog().withImage(IMAGE);
  private final List<Report> reports = new CopyOnWriteArrayList<>();
  private final AtomicInteger signsOfLife = new AtomicInteger();
  private final RollPush rollPush =
      new RollPush(
          swarm,
          (push, service, outcome, timeline) ->
              reports.add(new Report(outcome, queue.settlements())),
          clock,
          clock,
          Duration.ofMinutes(10));
  private PushConsumer consumer = consumer(INVISIBLE);
  private final ExecutorService runner = Executors.newSingleThreadExecutor();
  private Future<?> run = CompletableFuture.completedFuture(null);

  @AfterEach
  void stop() throws InterruptedException {
    consumer.stop();
    runner.shutdownNow();
    assertThat(runner.awaitTermination(LONGEST_TEST.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void deletesAMessageWhenItsOutcomeWasReportedAndNotBefore() throws Exception {
    swarm.then(SwarmInMemory.PLAYLISTLOG, () -> swarm.completes(SwarmInMemory.PLAYLISTLOG));
    String id = queue.put(PUSH);
    start(GRACE);

    queue.awaitAnswers(1);
    assertThat(reports).containsExactly(new Report(new RolloutOutcome.Updated(), List.of()));
    assertThat(queue.requests()).startsWith(new Receive(INVISIBLE));
    assertThat(queue.settlements()).containsExactly(new Delete(id));
  }

  @Test
  void deletesAPushThatEndedBadlyToo() throws Exception {
    swarm.then(SwarmInMemory.PLAYLISTLOG, () -> swarm.remove(SwarmInMemory.PLAYLISTLOG));
    String id = queue.put(PUSH);
    start(GRACE);

    queue.awaitAnswers(1);
    assertThat(reports).containsExactly(new Report(new RolloutOutcome.Removed(), List.of()));
    assertThat(queue.settlements()).containsExactly(new Delete(id));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{\"version\":2}"})
  void hidesAMalformedMessageForAWhileAndNeverDeletesIt(String body) throws Exception {
    String id = queue.put(body);
    start(GRACE);

    Extend hidden = new Extend(id, Duration.ofSeconds(1));
    queue.awaitAnswers(1);
    assertThat(queue.isVisible(id)).isFalse();
    clock.advance(Duration.ofSeconds(1));
    queue.awaitAnswers(2);
    assertThat(queue.settlements()).containsExactly(hidden, hidden);
    assertThat(queue.held()).containsExactly(id);
    assertThat(swarm.requests(ListServices.class)).isEmpty();
  }

  @Test
  void hidesAMessageForLongerEveryTimeTheEngineIsUnavailable() throws Exception {
    swarm.unreachableFor(ListServices.class);
    String id = queue.put(PUSH);
    start(GRACE);

    List<Request> hidden = new ArrayList<>();
    for (int receives = 1; receives <= 32; receives++) {
      queue.awaitAnswers(receives);
      Duration pause = Duration.ofSeconds(Math.min(30 * receives, 15 * 60));
      hidden.add(new Extend(id, pause));
      assertThat(queue.settlements()).isEqualTo(hidden);
      clock.advance(pause);
    }
    assertThat(queue.held()).containsExactly(id);
    assertThat(reports).isEmpty();
  }

  @Test
  void worksOffWhatItPostponedWhenTheEngineIsBack() throws Exception {
    swarm.then(SwarmInMemory.PLAYLISTLOG, () -> swarm.completes(SwarmInMemory.PLAYLISTLOG));
    swarm.unreachableFor(ListServices.class);
    String id = queue.put(PUSH);
    start(GRACE);

    queue.awaitAnswers(1);
    swarm.reachable();
    clock.advance(Duration.ofSeconds(30));
    queue.awaitAnswers(2);
    assertThat(queue.settlements())
        .containsExactly(new Extend(id, Duration.ofSeconds(30)), new Delete(id));
  }

  @Test
  void receivesNothingBeforeTheSwarmIsReady() throws Exception {
    swarm.readiness(new Swarm.Readiness.NotReady("the engine manages no swarm"));
    List<Request> receivedBefore = new CopyOnWriteArrayList<>();
    AtomicInteger questions = new AtomicInteger();
    swarm.gate(
        request -> {
          if (request instanceof CheckReadiness && questions.incrementAndGet() == 2) {
            receivedBefore.addAll(queue.requests());
            swarm.readiness(new Swarm.Readiness.Ready());
          }
        });
    queue.put("{");
    start(GRACE);

    queue.awaitAnswers(1);
    assertThat(receivedBefore).isEmpty();
  }

  @Test
  void goesOnWhenTheQueueIsBack() throws Exception {
    failsOnReceives(1);
    queue.put("{");
    start(GRACE);

    queue.awaitAnswers(1);
    assertThat(queue.requests()).startsWith(new Receive(INVISIBLE), new Receive(INVISIBLE));
  }

  @Test
  void goesOnWhenAMessageCannotBeSettled() throws Exception {
    AtomicInteger deletions = new AtomicInteger();
    queue.gate(
        request -> {
          if (request instanceof Delete && deletions.incrementAndGet() == 1) {
            throw unavailable();
          }
        });
    swarm.then(SwarmInMemory.PLAYLISTLOG, () -> swarm.completes(SwarmInMemory.PLAYLISTLOG));
    String id = queue.put(PUSH);
    start(GRACE);

    queue.awaitAnswers(1);
    assertThat(queue.held()).containsExactly(id);
    clock.advance(INVISIBLE);
    queue.awaitAnswers(2);
    assertThat(queue.settlements()).containsExactly(new Delete(id), new Delete(id));
    assertThat(reports).extracting(Report::outcome).containsExactly(new RolloutOutcome.Updated());
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  @Test
  void doesNotDeleteWhatAnotherReceivedMeanwhile() throws Exception {
    CountDownLatch rolling = new CountDownLatch(1);
    CountDownLatch goesOn = new CountDownLatch(1);
    AtomicInteger rollouts = new AtomicInteger();
    swarm.gate(
        request -> {
          if (request instanceof ListServices && rollouts.incrementAndGet() == 1) {
            rolling.countDown();
            goesOn.await();
          } else if (request instanceof ListServices) {
            throw SwarmInMemory.unreachable();
          }
        });
    swarm.then(SwarmInMemory.PLAYLISTLOG, () -> swarm.completes(SwarmInMemory.PLAYLISTLOG));
    String id = queue.put(PUSH);
    start(GRACE);

    rolling.await();
    clock.advance(INVISIBLE);
    queue.awaitAnswers(1);
    goesOn.countDown();
    queue.awaitAnswers(2);
    assertThat(queue.settlements())
        .containsExactly(new Extend(id, Duration.ofSeconds(60)), new Delete(id));
    assertThat(queue.refused()).containsExactly(new Delete(id));
    assertThat(queue.held()).containsExactly(id);
  }

  /// In groups of ten, whose two newest come again with the next ten.
  @Test
  void settlesAThousandWaitingPushesByTheNewestWithOneRollout() throws Exception {
    swarm.then(SwarmInMemory.PLAYLISTLOG, () -> swarm.completes(SwarmInMemory.PLAYLISTLOG));
    List<String> ids = new ArrayList<>();
    for (int push = 1; push <= THOUSAND; push++) {
      ids.add(queue.put("vorce/playlistlog", push(push)));
    }
    AtomicInteger lost = new AtomicInteger();
    queue.gate(
        request -> {
          if (request instanceof Delete(String id)
              && !id.equals(ids.getLast())
              && !queue.held().contains(ids.getLast())) {
            lost.incrementAndGet();
          }
        });
    start(GRACE);

    queue.await(requests -> requests.contains(new Delete(ids.getLast())));
    assertThat(reports)
        .extracting(Report::outcome)
        .hasSize(THOUSAND)
        .filteredOn(RolloutOutcome.Superseded.class::isInstance)
        .hasSize(THOUSAND - 1);
    assertThat(reports).extracting(Report::outcome).contains(new RolloutOutcome.Updated());
    assertThat(swarm.requests(Update.class)).hasSize(1);
    assertThat(lost).hasValue(0);
    assertThat(queue.requests())
        .filteredOn(Extend.class::isInstance)
        .allSatisfy(given -> assertThat(given).extracting("invisible").isEqualTo(Duration.ZERO))
        .hasSizeLessThanOrEqualTo(THOUSAND / 4);
    queue.awaitEmpty();
  }

  @Test
  void givesTheNewestBackBeforeTheNextNewestWhichWouldBeHandedOutAlone() throws Exception {
    swarm.then(PLAYLISTLOG, () -> swarm.completes(PLAYLISTLOG));
    List<String> ids = new ArrayList<>();
    for (int push = 1; push <= 11; push++) {
      ids.add(queue.put("vorce/playlistlog", push(push)));
    }
    start(GRACE);

    queue.awaitEmpty();
    assertThat(queue.settlements())
        .filteredOn(Extend.class::isInstance)
        .startsWith(new Extend(ids.get(9), Duration.ZERO), new Extend(ids.get(8), Duration.ZERO));
  }

  @Test
  void givesAPushThatNewerOnesDoNotSupersedeBackThreeTimesAtMost() throws Exception {
    swarm.gate(
        request -> {
          if (request instanceof Update) {
            swarm.completes(SwarmInMemory.PLAYLISTLOG);
          }
        });
    swarm.with(Services.labelled(Services.named("stable"), ServiceLabels.TAGS, "stable"));
    String stable =
        queue.put("vorce/playlistlog", push(1).replace("\"tag\":\"2\"", "\"tag\":\"stable\""));
    for (int push = 2; push <= 100; push++) {
      queue.put("vorce/playlistlog", push(push));
    }
    start(GRACE);

    queue.await(requests -> requests.contains(new Delete(stable)));
    assertThat(queue.settlements())
        .filteredOn(new Extend(stable, Duration.ZERO)::equals)
        .hasSize(3);
    queue.awaitEmpty();
  }

  @Test
  void triesTheNextNewestWhenTheNewestIsRolledBackAndDeletesBothThen() throws Exception {
    swarm
        .then(PLAYLISTLOG, () -> swarm.rollsBack(PLAYLISTLOG, "rollback_completed"))
        .then(PLAYLISTLOG, () -> swarm.completes(PLAYLISTLOG));
    swarm.withImage(NEWER);
    String good = queue.put("vorce/playlistlog", push(1));
    String bad = queue.put("vorce/playlistlog", pushOfNewer(2));
    start(GRACE);

    queue.awaitEmpty();
    assertThat(reports)
        .extracting(Report::outcome)
        .containsExactly(new RolloutOutcome.RolledBack(""), new RolloutOutcome.Updated());
    assertThat(queue.settlements()).containsExactlyInAnyOrder(new Delete(good), new Delete(bad));
  }

  @Test
  void leavesOlderPushesToTheNextAgentWhenItIsStopping() throws Exception {
    swarm.then(
        PLAYLISTLOG,
        () -> {
          consumer.stop();
          swarm.rollsBack(PLAYLISTLOG, "rollback_completed");
        });
    swarm.withImage(NEWER);
    String good = queue.put("vorce/playlistlog", push(1));
    String bad = queue.put("vorce/playlistlog", pushOfNewer(2));
    start(GRACE);

    ended();
    assertThat(queue.settlements()).startsWith(new Delete(bad), new Extend(good, Duration.ZERO));
    assertThat(swarm.requests(Update.class)).hasSize(1);
  }

  @Test
  void rollsTheNextNewestWhenTheNewestFailsUnexpectedly() throws Exception {
    swarm.then(PLAYLISTLOG, () -> swarm.completes(PLAYLISTLOG));
    swarm.gate(
        request -> {
          if (request instanceof Resolve(ImageReference image) && image.equals(NEWER.reference())) {
            throw new IllegalStateException("nobody foresaw this");
          }
        });
    String good = queue.put("vorce/playlistlog", push(1));
    String strange = queue.put("vorce/playlistlog", pushOfNewer(2));
    start(GRACE);

    queue.await(requests -> requests.contains(new Delete(good)));
    assertThat(reports).extracting(Report::outcome).containsExactly(new RolloutOutcome.Updated());
    assertThat(queue.settlements())
        .containsExactly(new Extend(strange, Duration.ofSeconds(30)), new Delete(good));
  }

  @Test
  void postponesOlderPushesTogetherWithTheNewestWhenTheEngineIsUnreachable() throws Exception {
    swarm.unreachableFor(Resolve.class);
    String good = queue.put("vorce/playlistlog", push(1));
    String newest = queue.put("vorce/playlistlog", pushOfNewer(2));
    start(GRACE);

    queue.await(requests -> requests.contains(new Extend(good, Duration.ofSeconds(30))));
    assertThat(queue.settlements())
        .containsExactly(
            new Extend(newest, Duration.ofSeconds(30)), new Extend(good, Duration.ofSeconds(30)));
    assertThat(reports).isEmpty();
  }

  @Test
  void worksOffWhatComesWithAMalformedMessage() throws Exception {
    swarm.then(SwarmInMemory.PLAYLISTLOG, () -> swarm.completes(SwarmInMemory.PLAYLISTLOG));
    String bad = queue.put("vorce/playlistlog", "{");
    String good = queue.put("vorce/playlistlog", PUSH);
    start(GRACE);

    queue.awaitAnswers(2);
    assertThat(queue.held()).containsExactly(bad);
    assertThat(queue.settlements())
        .contains(new Extend(bad, Duration.ofSeconds(1)), new Delete(good))
        .doesNotContain(new Extend(good, Duration.ofSeconds(1)));
  }

  @Test
  void saysThatItIsWellWhenTheQueueAnswersAndNotWhenItDoesNot() throws Exception {
    queue.unavailable("connection refused");
    start(GRACE);
    queue.await(requests -> requests.size() == 1);
    assertThat(signsOfLife).hasValue(0);
    queue.available();
    queue.await(requests -> requests.size() > 3);
    assertThat(signsOfLife.get()).isPositive();
  }

  @Test
  void worksOnEightAtOnce() throws Exception {
    CountDownLatch eight = new CountDownLatch(MOST_AT_ONCE);
    CountDownLatch goesOn = new CountDownLatch(1);
    swarm.gate(
        request -> {
          if (request instanceof ListServices) {
            eight.countDown();
            goesOn.await();
            throw SwarmInMemory.unreachable();
          }
        });
    for (int message = 0; message <= MOST_AT_ONCE; message++) {
      queue.put(PUSH);
    }
    start(GRACE);

    eight.await();
    assertThat(swarm.requests(ListServices.class)).hasSize(MOST_AT_ONCE);
    goesOn.countDown();
    queue.awaitAnswers(MOST_AT_ONCE + 1);
  }

  @Test
  void receivesNothingWhenItWasStoppedBefore() throws Exception {
    queue.put(PUSH);
    consumer.stop();

    start(GRACE);
    ended();
    assertThat(queue.requests()).isEmpty();
  }

  @Test
  void returnsAtOnceWhenItIsStoppedWithNothingToDo() throws Exception {
    start(GRACE);
    queue.await(requests -> !requests.isEmpty());
    consumer.stop();

    ended();
    assertThat(queue.settlements()).isEmpty();
  }

  @Test
  void givesBackAMessageThatArrivesAfterTheStop() throws Exception {
    List<String> ids = new CopyOnWriteArrayList<>();
    queue.gate(
        request -> {
          if (request instanceof Receive) {
            consumer.stop();
            ids.add(queue.put(PUSH));
          }
        });

    start(GRACE);
    ended();
    assertThat(ids).hasSize(1);
    assertThat(queue.requests())
        .containsExactly(new Receive(INVISIBLE), new Extend(ids.getFirst(), Duration.ZERO));
    assertThat(queue.isVisible(ids.getFirst())).isTrue();
    assertThat(swarm.requests(ListServices.class)).isEmpty();
  }

  @Test
  void letsRolloutsUnderWayFinishWithinTheGracePeriod() throws Exception {
    CountDownLatch rolling = new CountDownLatch(1);
    CountDownLatch goesOn = new CountDownLatch(1);
    swarm.then(
        SwarmInMemory.PLAYLISTLOG,
        () -> {
          rolling.countDown();
          goesOn.await();
          swarm.completes(SwarmInMemory.PLAYLISTLOG);
        });
    String id = queue.put(PUSH);
    start(GRACE);

    rolling.await();
    consumer.stop();
    assertThat(run.isDone()).isFalse();
    goesOn.countDown();
    ended();
    assertThat(queue.settlements()).containsExactly(new Delete(id));
    assertThat(reports).extracting(Report::outcome).containsExactly(new RolloutOutcome.Updated());
  }

  @Test
  void givesBackWhatTakesLongerThanTheGracePeriod() throws Exception {
    CountDownLatch rolling = rollsForEver();
    String id = queue.put(PUSH);
    start(SHORT_GRACE);

    rolling.await();
    consumer.stop();
    ended();
    assertThat(queue.settlements()).containsExactly(new Extend(id, Duration.ZERO));
    assertThat(queue.isVisible(id)).isTrue();
    assertThat(reports).isEmpty();
  }

  @Test
  void givesBackTheNewestBeforeWhatItMaySettle() throws Exception {
    CountDownLatch rolling = rollsForEver();
    swarm.withImage(NEWER);
    String older = queue.put("vorce/playlistlog", push(1));
    String newest = queue.put("vorce/playlistlog", pushOfNewer(2));
    start(SHORT_GRACE);

    rolling.await();
    consumer.stop();
    ended();
    assertThat(queue.settlements())
        .containsExactly(new Extend(newest, Duration.ZERO), new Extend(older, Duration.ZERO));
    assertThat(reports).isEmpty();
  }

  @Test
  void settlesAMessageThoughTheInterruptIsStillPending() throws Exception {
    CountDownLatch rolling = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    swarm.gate(
        request -> {
          if (request instanceof ListServices) {
            rolling.countDown();
            try {
              never.await();
            } catch (InterruptedException _) {
              Thread.currentThread().interrupt();
              throw SwarmInMemory.unreachable();
            }
          }
        });
    String id = queue.put(PUSH);
    start(SHORT_GRACE);

    rolling.await();
    consumer.stop();
    ended();
    clock.advance(Duration.ofSeconds(30));
    assertThat(queue.settlements()).containsExactly(new Extend(id, Duration.ofSeconds(30)));
    assertThat(queue.isVisible(id)).isTrue();
  }

  @Test
  void countsTheGracePeriodFromTheStopAndNotFromTheEndOfTheLastReceive() throws Exception {
    CountDownLatch rolling = rollsForEver();
    queue.gate(
        request -> {
          if (request instanceof Receive && rolling.getCount() == 0) {
            consumer.stop();
            clock.advance(GRACE);
          }
        });
    String id = queue.put(PUSH);

    start(GRACE);
    ended();
    assertThat(queue.settlements()).containsExactly(new Extend(id, Duration.ZERO));
  }

  @Test
  void stopsWhileEveryPlaceIsTaken() throws Exception {
    CountDownLatch rolling = new CountDownLatch(MOST_AT_ONCE);
    CountDownLatch never = new CountDownLatch(1);
    swarm.gate(
        request -> {
          if (request instanceof ListServices) {
            rolling.countDown();
            never.await();
          }
        });
    for (int message = 0; message <= MOST_AT_ONCE; message++) {
      queue.put(PUSH);
    }
    start(SHORT_GRACE);

    rolling.await();
    consumer.stop();
    ended();
    assertThat(queue.settlements())
        .hasSize(MOST_AT_ONCE + 1)
        .allSatisfy(
            request ->
                assertThat(request)
                    .isInstanceOfSatisfying(
                        Extend.class, extend -> assertThat(extend.invisible()).isZero()));
  }

  @ParameterizedTest
  @ValueSource(classes = {ListServices.class, Resolve.class})
  void endsAfterFiveUnexpectedFailuresInARow(Class<?> kind) throws Exception {
    swarm.gate(
        request -> {
          if (kind.isInstance(request)) {
            throw new IllegalStateException("nobody foresaw this");
          }
        });
    List<String> ids = new ArrayList<>();
    start(GRACE);

    for (int message = 1; message <= MOST_UNEXPECTED_FAILURES; message++) {
      ids.add(queue.put(PUSH));
      queue.awaitAnswers(message);
    }
    assertEndedByUnexpectedFailures();
    assertThat(queue.held()).isEqualTo(ids);
    assertThat(queue.settlements())
        .isEqualTo(
            ids.stream().<Request>map(id -> new Extend(id, Duration.ofSeconds(30))).toList());
  }

  @Test
  void endsAfterFiveErrorsInARowAndLeavesTheMessagesToTheNextAgent() {
    swarm.gate(
        request -> {
          if (request instanceof ListServices) {
            throw new NoClassDefFoundError("nobody foresaw this");
          }
        });
    List<String> ids = new ArrayList<>();
    for (int message = 0; message < MOST_UNEXPECTED_FAILURES; message++) {
      ids.add(queue.put(PUSH));
    }

    start(GRACE);
    assertEndedByUnexpectedFailures();
    assertThat(queue.held()).isEqualTo(ids);
    assertThat(queue.settlements()).isEmpty();
  }

  @Test
  void keepsAMessageInFlightNoLongerThanUntilAnError() throws Exception {
    consumer = consumer(SHORT_INVISIBLE);
    swarm.gate(
        request -> {
          if (request instanceof ListServices) {
            queue.awaitAnswers(1);
            throw new NoClassDefFoundError("nobody foresaw this");
          }
        });
    queue.put(PUSH);
    start(GRACE);

    queue.awaitAnswers(1);
    int rounds = 0;
    while (rounds < 10 && beatsWithin(SHORT_INVISIBLE)) {
      rounds++;
    }
    assertThat(rounds).isLessThan(10);
  }

  @Test
  void keepsNoMessageInFlightThatItHasSettledWhileItWorksOnAnother() throws Exception {
    consumer = consumer(SHORT_INVISIBLE);
    CountDownLatch rolling = rollsForEver();
    String bad = queue.put("vorce/playlistlog", "{");
    String good = queue.put("vorce/playlistlog", PUSH);
    start(SHORT_GRACE);

    rolling.await();
    int before = queue.settlements().size();
    queue.await(
        requests ->
            requests.stream().filter(new Extend(good, SHORT_INVISIBLE)::equals).count()
                > before + 3);
    assertThat(queue.settlements())
        .filteredOn(Extend.class::isInstance)
        .filteredOn(request -> ((Extend) request).messageId().equals(bad))
        .last()
        .isEqualTo(new Extend(bad, Duration.ofSeconds(1)));
    consumer.stop();
    ended();
  }

  @Test
  void receivesForAMinute() throws InterruptedException {
    PushConsumer standard = new PushConsumer(queue, swarm, rollPush, clock, clock, () -> {});
    queue.gate(request -> standard.stop());
    standard.run(GRACE);
    assertThat(queue.requests()).containsExactly(new Receive(Duration.ofSeconds(60)));
  }

  @Test
  void postponesAMessageOnceThoughItIsStopping() throws Exception {
    swarm.gate(
        request -> {
          if (request instanceof Resolve) {
            consumer.stop();
            throw SwarmInMemory.unreachable();
          }
        });
    String id = queue.put(PUSH);
    start(GRACE);

    ended();
    assertThat(queue.settlements()).containsExactly(new Extend(id, Duration.ofSeconds(30)));
  }

  @Test
  void goesOnWhenAPushThatNobodyWantsComesBetweenUnexpectedFailures() throws Exception {
    swarm.remove(PLAYLISTLOG);
    assertGoesOnWhenFourOfFiveFail();
  }

  @Test
  void goesOnWhenASuccessComesBetweenUnexpectedFailures() throws Exception {
    swarm.then(SwarmInMemory.PLAYLISTLOG, () -> swarm.completes(SwarmInMemory.PLAYLISTLOG));
    assertGoesOnWhenFourOfFiveFail();
  }

  private void assertGoesOnWhenFourOfFiveFail() throws Exception {
    failsFourOfFiveTimes();
    start(GRACE);

    for (int push = 1; push <= 2 * MOST_UNEXPECTED_FAILURES; push++) {
      queue.put(PUSH);
      queue.awaitAnswers(push);
    }
    consumer.stop();
    ended();
    assertThat(queue.settlements()).filteredOn(Delete.class::isInstance).hasSize(2);
  }

  @Test
  void logsAProblemOnceAndNeverWhatAMessageSays() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Dslf4j.internal.verbosity=WARN",
                "-Dslf4j.provider=dev.waggle.agent.logging.JsonLogging",
                "-classpath",
                System.getProperty("java.class.path"),
                Outages.class.getName())
            .redirectErrorStream(true)
            .start();
    String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(log).isZero();
    assertThat(log).doesNotContain(Outages.CANARY);
    List<String> lines = new ArrayList<>();
    for (String line : log.lines().toList()) {
      JsonNode json = new JsonMapper().readTree(line);
      lines.add(json.path("message").asText() + ": " + json.path("reason").asText());
    }
    assertThat(lines)
        .containsOnlyOnce("message malformed: expected a JSON object")
        .filteredOn(line -> !line.startsWith("message malformed"))
        .containsExactly(
            "cannot receive: connection refused",
            "receiving again: ",
            "cannot receive: connection refused");
  }

  /// What a consumer logs, in a process that logs as the agent does: the tests' own does not log.
  static final class Outages {

    private static final String CANARY = "canary-e2f1";

    private Outages() {}

    /// The queue is away, then gives a malformed message, then is away for two receives.
    public static void main(String[] arguments) throws InterruptedException {
      PushConsumerTest test = new PushConsumerTest();
      AtomicInteger receives = new AtomicInteger();
      test.queue.gate(
          request -> {
            if (request instanceof Receive && receives.incrementAndGet() != 2) {
              if (receives.get() == 4) {
                test.consumer.stop();
              }
              throw unavailable();
            }
          });
      test.queue.put("[\"" + CANARY + "\"]");
      test.consumer.run(GRACE);
      test.runner.shutdownNow();
    }
  }

  /// The push of the contract, made again so many seconds later.
  private static String push(int number) {
    Instant pushed = Instant.parse("2026-11-01T09:00:00Z").plusSeconds(number);
    return PUSH.replaceFirst("\"deliveryId\":\"[^\"]*\"", "\"deliveryId\":\"push-" + number + "\"")
        .replaceFirst("\"pushedAt\":\"[^\"]*\"", "\"pushedAt\":\"" + pushed + "\"");
  }

  private static String pushOfNewer(int number) {
    return push(number)
        .replace("\"tag\":\"2\"", "\"tag\":\"3\"")
        .replaceFirst("\"digest\":\"[^\"]*\"", "\"digest\":\"" + NEWER.reference().digest() + "\"");
  }

  private PushConsumer consumer(Duration invisible) {
    return new PushConsumer(
        queue, swarm, rollPush, clock, clock, signsOfLife::incrementAndGet, invisible);
  }

  private void start(Duration grace) {
    run =
        runner.submit(
            () -> {
              consumer.run(grace);
              return null;
            });
  }

  /// Waits until the consumer has returned: much less than the grace period.
  private void ended() throws Exception {
    run.get(LONGEST_TEST.toSeconds(), TimeUnit.SECONDS);
  }

  private void failsOnReceives(int count) {
    AtomicInteger receives = new AtomicInteger();
    queue.gate(
        request -> {
          if (request instanceof Receive && receives.incrementAndGet() <= count) {
            throw unavailable();
          }
        });
  }

  private void failsFourOfFiveTimes() {
    AtomicInteger pushes = new AtomicInteger();
    swarm.gate(
        request -> {
          if (request instanceof ListServices
              && pushes.incrementAndGet() % MOST_UNEXPECTED_FAILURES != 0) {
            throw new IllegalStateException("nobody foresaw this");
          }
        });
  }

  private void assertEndedByUnexpectedFailures() {
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(this::ended)
        .havingCause()
        .isInstanceOf(IllegalStateException.class)
        .withMessage("5 unexpected failures in a row");
  }

  private boolean beatsWithin(Duration time) throws InterruptedException {
    int before = queue.settlements().size();
    return queue.comes(
        requests -> requests.stream().filter(Extend.class::isInstance).count() > before, time);
  }

  private CountDownLatch rollsForEver() {
    CountDownLatch rolling = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    swarm.then(
        SwarmInMemory.PLAYLISTLOG,
        () -> {
          rolling.countDown();
          never.await();
        });
    return rolling;
  }

  private static QueueUnavailableException unavailable() {
    return new QueueUnavailableException("connection refused", new IOException("refused"));
  }

  private static String contract(String name) {
    try (InputStream file =
        Objects.requireNonNull(PushConsumerTest.class.getResourceAsStream("/contract/" + name))) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
