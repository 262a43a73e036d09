package dev.waggle.agent.inbox;

import static dev.waggle.agent.service.Services.labelled;
import static dev.waggle.agent.service.Services.named;
import static dev.waggle.agent.service.Services.running;
import static dev.waggle.agent.service.Services.without;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.agent.inbox.QueueInMemory.Request;
import dev.waggle.agent.inbox.QueueInMemory.Request.Delete;
import dev.waggle.agent.inbox.QueueInMemory.Request.Receive;
import dev.waggle.agent.inbox.QueueInMemory.Request.Release;
import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.push.Push;
import dev.waggle.agent.push.Repository;
import dev.waggle.agent.push.Tag;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Endings;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.RecordJson;
import dev.waggle.agent.record.RecordsInMemory;
import dev.waggle.agent.record.RecordsInMemory.Request.Read;
import dev.waggle.agent.record.RecordsInMemory.Request.Write;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.Rollout.Cause;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.record.Work;
import dev.waggle.agent.service.HandClock;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.Swarm;
import dev.waggle.agent.service.SwarmInMemory;
import dev.waggle.agent.service.SwarmInMemory.Request.CheckReadiness;
import dev.waggle.agent.service.SwarmInMemory.Request.ListServices;
import dev.waggle.agent.service.SwarmInMemory.Request.Resolve;
import dev.waggle.testhost.Await;
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
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InboxTest {

  /// Of the contract: `vorce/playlistlog:2`, pushed and proven.
  private static final String PUSH = contract("push.json");

  private static final String GROUP = "vorce/playlistlog";
  private static final Duration LONGEST_TEST = Duration.ofMinutes(2);
  private static final Receive LONG_POLL = new Receive(Duration.ofSeconds(20));
  private static final Receive SHORT_POLL = new Receive(Duration.ZERO);
  private static final int THOUSAND = 1000;

  /// Every manager keeps all records in memory.
  private static final int MAX_RECORD = 64 * 1024;

  /// A wake, and what had been asked about messages and records until then.
  private record Woken(String serviceId, List<Request> asked, ServiceRecord record) {}

  private record Told(@Nullable String service, String id, Outcome outcome) {}

  private final HandClock clock = new HandClock(Instant.parse("2026-11-01T12:00:00Z"));
  private final QueueInMemory queue = new QueueInMemory(clock);
  private final SwarmInMemory swarm = new SwarmInMemory(clock).with(named("web"));
  private final RecordsInMemory records = new RecordsInMemory();
  private final List<Push> expected = new CopyOnWriteArrayList<>();
  private final List<Woken> woken = new CopyOnWriteArrayList<>();
  private final List<Told> told = new CopyOnWriteArrayList<>();
  private final List<Boolean> gathering = new CopyOnWriteArrayList<>();
  private final AtomicInteger signsOfLife = new AtomicInteger();
  private final AtomicBoolean broken = new AtomicBoolean();
  private final Work work =
      new Work() {

        @Override
        public void expect(Push push) {
          expected.add(push);
        }

        @Override
        public void wake(String serviceId) {
          woken.add(new Woken(serviceId, queue.requests(), records.get(serviceId)));
        }

        @Override
        public void gathering(boolean begins) {
          gathering.add(begins);
        }

        @Override
        public boolean isBroken() {
          return broken.get();
        }
      };
  private final Endings endings =
      new Endings() {

        @Override
        public void ended(String serviceId, String service, List<Rollout> rollouts) {
          if (!rollouts.isEmpty()) {
            rollouts.forEach(rollout -> tell(service, rollout));
            Set<String> ids = rollouts.stream().map(Rollout::id).collect(Collectors.toSet());
            records.put(serviceId, records.get(serviceId).told(ids));
          }
        }

        @Override
        public void found(String serviceId, ServiceRecord record) {
          throw new IllegalStateException("the inbox looks for nothing");
        }

        @Override
        public void unwanted(Rollout push) {
          tell(null, push);
        }

        private void tell(@Nullable String service, Rollout rollout) {
          Ending ending = Optional.ofNullable(rollout.ending()).orElseThrow();
          told.add(new Told(service, rollout.id(), ending.outcome()));
        }
      };
  private final Inbox inbox =
      new Inbox(
          queue,
          swarm,
          records,
          work,
          endings,
          clock,
          signsOfLife::incrementAndGet,
          Duration.ofMillis(1));
  private final ExecutorService runner = Executors.newSingleThreadExecutor();
  private Future<?> run = CompletableFuture.completedFuture(null);

  @AfterEach
  void stop() throws InterruptedException {
    inbox.stop();
    runner.shutdownNow();
    assertThat(runner.awaitTermination(LONGEST_TEST.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void deletesAMessageWhenItsPushIsRecordedAndNotBefore() throws Exception {
    String id = queue.put(PUSH);
    List<Request> before = new CopyOnWriteArrayList<>();
    records.gate(request -> before.addAll(queue.settlements()));
    start();

    queue.awaitEmpty();
    assertThat(before).isEmpty();
    assertThat(queue.settlements()).containsExactly(new Delete(id));
    Rollout rollout = records.get("web").open().getFirst();
    assertThat(rollout.id()).isEqualTo("JKJaXmPLvHcESHA=");
    assertThat(rollout.cause()).isEqualTo(Cause.PUSH);
    assertThat(rollout.queued()).isEqualTo(clock.instant());
    assertThat(rollout.received()).isEqualTo(clock.instant());
    assertThat(rollout.attempt()).isNull();
    assertThat(records.get("web").service()).isEqualTo("web");
    assertThat(told).isEmpty();
  }

  @Test
  void wakesAtOnceWithThePushRecordedAndTheRegistryAskedMeanwhile() throws Exception {
    List<Push> expectedBefore = new CopyOnWriteArrayList<>();
    records.gate(
        request -> {
          if (request instanceof Write) {
            expectedBefore.addAll(expected);
          }
        });
    queue.put(PUSH);
    start();

    queue.awaitEmpty();
    assertThat(woken).hasSize(1);
    assertThat(woken.getFirst().serviceId()).isEqualTo("web");
    assertThat(woken.getFirst().asked()).containsExactly(LONG_POLL);
    assertThat(woken.getFirst().record().open()).hasSize(1);
    assertThat(expectedBefore).extracting(Push::deliveryId).containsExactly("JKJaXmPLvHcESHA=");
    assertThat(swarm.requests(Resolve.class)).isEmpty();
  }

  @Test
  void recordsForEveryServiceThatWantsThePushAndNoOther() throws Exception {
    swarm
        .with(named("worker"))
        .with(labelled(named("stable"), ServiceLabels.TAGS, "1.*"))
        .with(labelled(named("typo"), ServiceLabels.ORDER, "start-frist"))
        .with(without(named("notOptedIn"), "/Spec/Labels", ServiceLabels.TAGS))
        .with(
            running(
                named("elsewhere"),
                new ImageReference(new Repository("ghcr.io", GROUP), new Tag("2"), null)))
        .with(
            running(
                named("untagged"), new ImageReference(Repository.onDockerHub(GROUP), null, null)));
    queue.put(PUSH);
    start();

    queue.awaitEmpty();
    assertThat(woken)
        .extracting(Woken::serviceId)
        .containsExactlyInAnyOrder("web", "worker", "typo", "untagged");
    assertThat(List.of("web", "worker", "typo", "untagged"))
        .allSatisfy(name -> assertThat(records.get(name).open()).hasSize(1));
    assertThat(List.of("stable", "notOptedIn", "elsewhere")).noneMatch(records::has);
    assertThat(swarm.requests(ListServices.class))
        .containsExactly(new ListServices(ServiceLabels.TAGS));
    assertThat(expected).hasSize(1);
  }

  @Test
  void recordsAllThatComesTogetherWithOneWriteAService() throws Exception {
    for (int push = 1; push <= 3; push++) {
      queue.put(GROUP, push(push));
    }
    start();

    queue.awaitEmpty();
    assertThat(records.requests(Write.class)).hasSize(1);
    assertThat(records.get("web").open())
        .extracting(Rollout::id)
        .containsExactly("push-3", "push-2", "push-1");
    assertThat(woken).hasSize(1);
  }

  @Test
  void recordsAgainWhatSomebodyWasFasterWith() throws Exception {
    AtomicBoolean first = new AtomicBoolean(true);
    records.gate(
        request -> {
          if (request instanceof Write && first.getAndSet(false)) {
            records.put("web", ServiceRecord.of("web").withFailed(digest()));
          }
        });
    queue.put(PUSH);
    start();

    queue.awaitEmpty();
    assertThat(records.get("web").failed()).containsExactly(digest());
    assertThat(records.get("web").open()).hasSize(1);
  }

  @Test
  void leavesAMessageThatCannotBeRecordedAndDoesTheOthers() throws Exception {
    swarm.with(labelled(named("worker"), ServiceLabels.TAGS, "3"));
    records.put("worker", "{");
    String good = queue.put(GROUP, push(1));
    String bad = queue.put(GROUP, pushOf(2, "3"));
    start();

    queue.awaitAnswers(1);
    assertThat(queue.settlements()).containsExactly(new Delete(good));
    assertThat(queue.held()).containsExactly(bad);
    assertThat(records.get("web").open())
        .extracting(Rollout::id)
        .containsExactly("push-2", "push-1");
    records.put("worker", ServiceRecord.of("worker"));
    clock.advance(QueueInMemory.INVISIBLE);
    queue.awaitEmpty();
    assertThat(records.get("worker").open()).extracting(Rollout::id).containsExactly("push-2");
    assertThat(records.get("web").open()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(classes = {Read.class, Write.class})
  void leavesAMessageWhileTheEngineDoesNotAnswer(Class<?> kind) throws Exception {
    AtomicInteger refused = new AtomicInteger();
    records.gate(
        request -> {
          if (kind.isInstance(request) && refused.incrementAndGet() <= 1) {
            throw SwarmInMemory.unreachable();
          }
        });
    String id = queue.put(PUSH);
    start();

    queue.await(_ -> refused.get() == 1 && signsOfLife.get() > 2);
    assertThat(queue.settlements()).isEmpty();
    assertThat(woken).isEmpty();
    clock.advance(QueueInMemory.INVISIBLE);
    queue.awaitEmpty();
    assertThat(queue.settlements()).containsExactly(new Delete(id));
    assertThat(records.get("web").open()).hasSize(1);
  }

  @Test
  void leavesAMessageWhoseRecordAnErrorKeptFromBeingWritten() throws Exception {
    AtomicBoolean first = new AtomicBoolean(true);
    records.gate(
        request -> {
          if (request instanceof Write && first.getAndSet(false)) {
            throw new NoClassDefFoundError("nobody foresaw this");
          }
        });
    queue.put(PUSH);
    start();

    queue.await(_ -> signsOfLife.get() > 2);
    assertThat(queue.settlements()).isEmpty();
    clock.advance(QueueInMemory.INVISIBLE);
    queue.awaitEmpty();
    assertThat(records.get("web").open()).hasSize(1);
  }

  @Test
  void leavesMessagesWhileTheServicesCannotBeListed() throws Exception {
    swarm.unreachableFor(ListServices.class);
    String id = queue.put(PUSH);
    start();

    queue.await(_ -> !swarm.requests(ListServices.class).isEmpty());
    swarm.reachable();
    queue.await(requests -> requests.size() > 1);
    assertThat(queue.settlements()).isEmpty();
    clock.advance(QueueInMemory.INVISIBLE);
    queue.awaitEmpty();
    assertThat(queue.settlements()).containsExactly(new Delete(id));
  }

  @Test
  void changesNothingWhenAMessageComesAgainThatWasNotDeleted() throws Exception {
    failsToDeleteOnce();
    String id = queue.put(PUSH);
    start();

    queue.awaitAnswers(1);
    assertThat(queue.held()).containsExactly(id);
    ServiceRecord recorded = records.get("web");
    clock.advance(QueueInMemory.INVISIBLE);
    queue.awaitEmpty();
    assertThat(queue.settlements()).containsExactly(new Delete(id), new Delete(id));
    assertThat(records.get("web")).isEqualTo(recorded);
    assertThat(records.requests(Write.class)).hasSize(1);
  }

  @Test
  void changesNothingWhenADeliveryIsRepeatedAfterItsEnd() throws Exception {
    queue.put(PUSH);
    start();
    queue.awaitEmpty();
    ServiceRecord record = records.get("web");
    ServiceRecord ended =
        record.close(
            record.open().getFirst(),
            Ending.untouched(Outcome.ROLLED_BACK, "", clock.instant()),
            List.of());
    records.put("web", ended);

    queue.put(PUSH);
    queue.awaitEmpty();
    queue.put(
        PUSH.replaceFirst("\"deliveryId\":\"[^\"]*\"", "\"deliveryId\":\"of five platforms\""));
    queue.awaitEmpty();
    assertThat(records.get("web")).isEqualTo(ended);
    assertThat(told).isEmpty();
  }

  @Test
  void tellsOnceOfAPushThatNobodyWantsThoughTheMessageComesAgain() throws Exception {
    swarm.with(labelled(named("web"), ServiceLabels.TAGS, "1.*"));
    failsToDeleteOnce();
    String id = queue.put(PUSH);
    start();

    queue.awaitAnswers(1);
    clock.advance(QueueInMemory.INVISIBLE);
    queue.awaitEmpty();
    assertThat(told)
        .containsExactly(new Told(null, "JKJaXmPLvHcESHA=", Outcome.NO_SERVICE_WANTS_IT));
    assertThat(queue.settlements()).containsExactly(new Delete(id), new Delete(id));
    assertThat(woken).isEmpty();
    assertThat(expected).isEmpty();
    assertThat(records.requests()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{\"version\":2}"})
  void releasesAMalformedMessageSoonAndNeverDeletesIt(String body) throws Exception {
    String id = queue.put(body);
    start();

    Release released = new Release(id, Duration.ofSeconds(1));
    queue.awaitAnswers(1);
    assertThat(queue.isVisible(id)).isFalse();
    clock.advance(Duration.ofSeconds(1));
    queue.awaitAnswers(2);
    assertThat(queue.settlements()).containsExactly(released, released);
    assertThat(queue.held()).containsExactly(id);
    assertThat(swarm.requests(ListServices.class)).isEmpty();
  }

  @Test
  void recordsWhatComesWithAMalformedMessage() throws Exception {
    String bad = queue.put(GROUP, "{");
    String good = queue.put(GROUP, PUSH);
    start();

    queue.awaitAnswers(2);
    assertThat(queue.settlements())
        .containsExactly(new Release(bad, Duration.ofSeconds(1)), new Delete(good));
    assertThat(records.get("web").open()).hasSize(1);
  }

  @Test
  void believesNoPushThatItWasAcceptedAfterItWasQueued() throws Exception {
    String forged =
        PUSH.replaceFirst("\"acceptedAt\":\"[^\"]*\"", "\"acceptedAt\":\"2030-01-01T00:00:00Z\"")
            .replaceFirst("\"pushedAt\":\"[^\"]*\"", "\"pushedAt\":\"2030-01-01T00:00:00Z\"");
    queue.put(forged);
    start();

    queue.awaitEmpty();
    assertThat(records.get("web").open().getFirst().push().time()).isEqualTo(clock.instant());
  }

  @Test
  void gathersAThousandWaitingPushesBeforeItWakesAnybodyAndWakesEachOnce() throws Exception {
    swarm.with(named("worker"));
    for (int push = 1; push <= THOUSAND; push++) {
      queue.put(GROUP, push(push));
    }
    start();

    queue.awaitEmpty();
    queue.await(requests -> requests.getLast().equals(LONG_POLL));
    assertThat(woken).extracting(Woken::serviceId).containsExactlyInAnyOrder("web", "worker");
    assertThat(woken)
        .allSatisfy(
            wake -> {
              assertThat(wake.asked()).filteredOn(Delete.class::isInstance).hasSize(THOUSAND);
              assertThat(wake.record().open())
                  .hasSize(ServiceRecord.MAX_ROLLOUTS)
                  .first()
                  .satisfies(newest -> assertThat(newest.id()).isEqualTo("push-1000"));
              assertThat(RecordJson.write(wake.record())).hasSizeLessThan(MAX_RECORD);
            });
    assertThat(told)
        .hasSize(2 * (THOUSAND - ServiceRecord.MAX_ROLLOUTS))
        .allSatisfy(ending -> assertThat(ending.outcome()).isEqualTo(Outcome.SUPERSEDED))
        .doesNotHaveDuplicates();
    assertThat(queue.requests())
        .filteredOn(Receive.class::isInstance)
        .startsWith(LONG_POLL, SHORT_POLL);
    assertThat(queue.requests()).filteredOn(SHORT_POLL::equals).hasSize(THOUSAND / 10);
  }

  @Test
  void asksTheQueueWithoutWaitingAfterAFullReceive() throws Exception {
    for (int push = 1; push <= 10; push++) {
      queue.put(GROUP, push(push));
    }
    start();

    queue.awaitEmpty();
    queue.await(requests -> requests.getLast().equals(LONG_POLL));
    assertThat(queue.requests())
        .filteredOn(Receive.class::isInstance)
        .startsWith(LONG_POLL, SHORT_POLL, LONG_POLL);
    assertThat(woken).hasSize(1);
    assertThat(woken.getFirst().asked()).last().isEqualTo(SHORT_POLL);
  }

  @Test
  void wakesAtOnceWhereTheReceiveWasNotFull() throws Exception {
    for (int push = 1; push <= 9; push++) {
      queue.put(GROUP, push(push));
    }
    start();

    queue.awaitEmpty();
    assertThat(woken).hasSize(1);
    assertThat(woken.getFirst().asked()).containsExactly(LONG_POLL);
  }

  @Test
  void gathersForAMinuteAtMostWhilePushesKeepComing() throws Exception {
    AtomicInteger pushes = new AtomicInteger();
    queue.gate(
        request -> {
          if (request instanceof Receive && pushes.get() < 50) {
            clock.advance(Duration.ofSeconds(21));
            for (int push = 1; push <= 10; push++) {
              queue.put(GROUP, push(pushes.incrementAndGet()));
            }
          }
        });
    start();

    queue.await(requests -> requests.contains(SHORT_POLL) && requests.getLast().equals(LONG_POLL));
    assertThat(woken).hasSize(2);
    assertThat(woken.getFirst().record().open())
        .first()
        .extracting(Rollout::id)
        .isEqualTo("push-40");
  }

  @Test
  void wakesWhatItGatheredWhenTheQueueGoesAway() throws Exception {
    AtomicInteger receives = new AtomicInteger();
    queue.gate(
        request -> {
          if (request instanceof Receive && receives.incrementAndGet() == 2) {
            throw unavailable();
          }
        });
    for (int push = 1; push <= 10; push++) {
      queue.put(GROUP, push(push));
    }
    start();

    queue.await(requests -> requests.stream().filter(LONG_POLL::equals).count() > 1);
    assertThat(woken).hasSize(1);
    assertThat(woken.getFirst().asked()).last().isEqualTo(SHORT_POLL);
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
    queue.put(PUSH);
    start();

    queue.awaitEmpty();
    assertThat(receivedBefore).isEmpty();
  }

  @Test
  void goesOnWhenTheQueueIsBack() throws Exception {
    AtomicInteger receives = new AtomicInteger();
    queue.gate(
        request -> {
          if (request instanceof Receive && receives.incrementAndGet() == 1) {
            throw unavailable();
          }
        });
    queue.put(PUSH);
    start();

    queue.awaitEmpty();
    assertThat(queue.requests()).startsWith(LONG_POLL, LONG_POLL);
  }

  @Test
  void saysThatItIsAliveWheneverItTurns() throws Exception {
    start();
    queue.await(requests -> requests.size() > 3);
    assertThat(signsOfLife.get()).isGreaterThan(3);
  }

  @Test
  void receivesNothingWhenItWasStoppedBefore() throws Exception {
    queue.put(PUSH);
    inbox.stop();

    start();
    ended();
    assertThat(queue.requests()).isEmpty();
  }

  @Test
  void returnsWhenItIsStopped() throws Exception {
    start();
    queue.await(requests -> !requests.isEmpty());
    inbox.stop();

    ended();
    assertThat(queue.settlements()).isEmpty();
  }

  @Test
  void returnsWhenItIsStoppedWhileItWaitsForTheEngine() throws Exception {
    swarm.readiness(new Swarm.Readiness.NotReady("the engine manages no swarm"));
    start();
    Await.until("turn", LONGEST_TEST, () -> signsOfLife.get() > 1);
    inbox.stop();

    ended();
    assertThat(queue.requests()).isEmpty();
  }

  @Test
  void recordsWhatArrivesAfterTheStop() throws Exception {
    queue.gate(
        request -> {
          if (request instanceof Receive) {
            inbox.stop();
            queue.put(PUSH);
          }
        });

    start();
    ended();
    assertThat(queue.held()).isEmpty();
    assertThat(records.get("web").open()).hasSize(1);
    assertThat(woken).hasSize(1);
  }

  @Test
  void endsWhenNothingCanBeDoneAnyMore() {
    broken.set(true);
    start();
    assertEndedByUnexpectedFailures();
  }

  @Test
  void endsAfterFiveUnexpectedFailuresInARow() {
    swarm.gate(
        request -> {
          if (request instanceof ListServices) {
            throw new IllegalStateException("nobody foresaw this");
          }
        });
    List<String> ids = new ArrayList<>();
    queue.gate(
        request -> {
          if (request instanceof Receive) {
            ids.add(queue.put(PUSH));
          }
        });
    start();

    assertEndedByUnexpectedFailures();
    assertThat(ids).hasSize(5);
    assertThat(queue.held()).isEqualTo(ids);
    assertThat(queue.settlements()).isEmpty();
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

  /// What an inbox logs, in a process that logs as the agent does: the tests' own does not log.
  static final class Outages {

    private static final String CANARY = "canary-e2f1";

    private Outages() {}

    /// The queue is away, then gives a malformed message, then is away for two receives.
    public static void main(String[] arguments) throws InterruptedException {
      InboxTest test = new InboxTest();
      AtomicInteger receives = new AtomicInteger();
      test.queue.gate(
          request -> {
            if (request instanceof Receive && receives.incrementAndGet() != 2) {
              if (receives.get() == 4) {
                test.inbox.stop();
              }
              throw unavailable();
            }
          });
      test.queue.put("[\"" + CANARY + "\"]");
      test.inbox.run();
      test.runner.shutdownNow();
    }
  }

  private void start() {
    run =
        runner.submit(
            () -> {
              inbox.run();
              return null;
            });
  }

  private void ended() throws Exception {
    run.get(LONGEST_TEST.toSeconds(), TimeUnit.SECONDS);
  }

  private void assertEndedByUnexpectedFailures() {
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(this::ended)
        .havingCause()
        .isInstanceOf(IllegalStateException.class)
        .withMessage("5 unexpected failures in a row");
  }

  private void failsToDeleteOnce() {
    AtomicInteger deletions = new AtomicInteger();
    queue.gate(
        request -> {
          if (request instanceof Delete && deletions.incrementAndGet() == 1) {
            throw unavailable();
          }
        });
  }

  private static QueueUnavailableException unavailable() {
    return new QueueUnavailableException("connection refused", new IOException("refused"));
  }

  private static Digest digest() {
    return new Digest("sha256:" + "b".repeat(64));
  }

  /// The push of the contract, made again so many seconds later.
  private static String push(int number) {
    return pushOf(number, "2");
  }

  private static String pushOf(int number, String tag) {
    Instant pushed = Instant.parse("2026-11-01T09:00:00Z").plusSeconds(number);
    return PUSH.replaceFirst("\"deliveryId\":\"[^\"]*\"", "\"deliveryId\":\"push-" + number + "\"")
        .replaceFirst("\"pushedAt\":\"[^\"]*\"", "\"pushedAt\":\"" + pushed + "\"")
        .replace("\"tag\":\"2\"", "\"tag\":\"" + tag + "\"");
  }

  private static String contract(String name) {
    try (InputStream file =
        Objects.requireNonNull(InboxTest.class.getResourceAsStream("/contract/" + name))) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
