package dev.waggle.agent.outbox;

import static dev.waggle.agent.record.Recorded.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.agent.outbox.Receiver.Answer;
import dev.waggle.agent.outbox.Receiver.Request;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Recorded;
import dev.waggle.agent.record.RecordsInMemory;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.SwarmUnavailableException;
import dev.waggle.testhost.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OutboxTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration AT_ONCE = Duration.ofMillis(1);
  private static final Duration FOR_EVER = Duration.ofHours(1);
  private static final String ID = "w1ajj55nf1d22gpsw7z2uca3i";
  private static final String SITE = "site";
  private static final Rollout FIRST =
      Recorded.waiting("first", "1", 1, NOON)
          .ended(Recorded.ending(Outcome.UPDATED, "", NOON.plusSeconds(10), "vorce/playlistlog:0"));
  private static final Rollout SECOND =
      Recorded.waiting("second", "2", 2, NOON.plusSeconds(1))
          .ended(Ending.untouched(Outcome.REMOVED, "", NOON.plusSeconds(11)));

  private final RecordsInMemory records = new RecordsInMemory();
  private final CapturedLog log = new CapturedLog();
  private Receiver receiver;

  @BeforeEach
  void listen() throws IOException {
    receiver = new Receiver(Answer.of(200));
  }

  @AfterEach
  void stop() {
    receiver.close();
  }

  @Test
  void tellsWhatHasEndedAndMarksIt() {
    records.put(ID, record(FIRST, SECOND));

    try (Outbox outbox = outbox(FOR_EVER)) {
      outbox.ended(ID, SITE, List.of(FIRST, SECOND));
      awaitMarks();
    }

    assertThat(ids()).containsExactly("first/site", "second/site");
    assertThat(records.get(ID).ended()).hasSize(2);
    assertThat(records.requests(RecordsInMemory.Request.Write.class)).hasSize(1);
  }

  @Test
  void marksNothingThatEndedMeanwhile() {
    records.put(ID, record(FIRST, SECOND));

    try (Outbox outbox = outbox(FOR_EVER)) {
      outbox.ended(ID, SITE, List.of(FIRST));
      await("the mark", () -> records.get(ID).untold().size() == 1);
    }

    assertThat(records.get(ID).untold()).containsExactly(SECOND);
    assertThat(ids()).containsExactly("first/site");
  }

  @Test
  void hasNothingToDoWhereNothingHasEnded() {
    try (Outbox outbox = outbox(AT_ONCE)) {
      outbox.ended(ID, SITE, List.of());
      outbox.found(ID, ServiceRecord.of(SITE));
      outbox.found(ID, record(Recorded.waiting("waiting", "1", 1, NOON)));
    }

    assertThat(receiver.requests()).isEmpty();
    assertThat(records.requests()).isEmpty();
  }

  @Test
  void marksWhatAnAddressCouldNotBeToldAtOnce() throws IOException {
    records.put(ID, record(FIRST));

    try (Receiver away = new Receiver(Answer.of(503));
        Outbox outbox = outbox(FOR_EVER, away)) {
      outbox.ended(ID, SITE, List.of(FIRST));
      awaitMarks();
      assertThat(away.requests()).hasSize(1);
    }
  }

  @Test
  void tellsNothingTwiceWhileTheMarkCannotBeMade() {
    records.put(ID, record(FIRST));
    records.gate(
        request -> {
          if (request instanceof RecordsInMemory.Request.Write) {
            throw away();
          }
        });

    try (Outbox outbox = outbox(AT_ONCE)) {
      outbox.ended(ID, SITE, List.of(FIRST));
      outbox.ended(ID, SITE, List.of(FIRST));
      outbox.found(ID, records.get(ID));
    }

    assertThat(ids()).containsExactly("first/site");
  }

  @Test
  void tellsNothingTwiceWhereAnOldRecordIsFoundAfterTheMark() {
    ServiceRecord old = record(FIRST);
    records.put(ID, old);

    try (Outbox outbox = outbox(AT_ONCE)) {
      outbox.ended(ID, SITE, List.of(FIRST));
      awaitMarks();
      outbox.found(ID, old);
    }

    assertThat(ids()).containsExactly("first/site");
  }

  @Test
  void tellsOfEachServiceThoughThePushIsTheSame() {
    records.put(ID, record(FIRST));
    records.put("another", record(FIRST));

    try (Outbox outbox = outbox(FOR_EVER)) {
      outbox.ended(ID, SITE, List.of(FIRST));
      outbox.ended("another", "shop", List.of(FIRST));
      awaitMarks();
      await("the other's mark", () -> records.get("another").untold().isEmpty());
    }

    assertThat(ids()).containsExactlyInAnyOrder("first/site", "first/shop");
  }

  @Test
  void marksAgainWhenTheEngineAnswersAgain() {
    records.put(ID, record(FIRST));
    AtomicInteger failures = new AtomicInteger(1);
    records.gate(
        request -> {
          if (request instanceof RecordsInMemory.Request.Write && failures.getAndDecrement() > 0) {
            throw away();
          }
        });

    try (Outbox outbox = outbox(FOR_EVER)) {
      outbox.ended(ID, SITE, List.of(FIRST));
      awaitMarks();
    }

    assertThat(ids()).containsExactly("first/site");
    assertThat(records.requests(RecordsInMemory.Request.Write.class)).hasSize(2);
  }

  @Test
  void marksOnWhatSomebodyElseWroteMeanwhile() {
    records.put(ID, record(FIRST));
    AtomicInteger faster = new AtomicInteger(1);
    records.gate(
        request -> {
          if (request instanceof RecordsInMemory.Request.Write && faster.getAndDecrement() > 0) {
            records.put(ID, record(FIRST).withFailed(Recorded.digest(9)));
          }
        });

    try (Outbox outbox = outbox(FOR_EVER)) {
      outbox.ended(ID, SITE, List.of(FIRST));
      awaitMarks();
    }

    assertThat(records.get(ID).failed()).containsExactly(Recorded.digest(9));
  }

  @Test
  void tellsWhatAnAgentThatIsGoneLeftUntold() {
    records.put(ID, record(FIRST, SECOND).told(Set.of("first")));

    try (Outbox outbox = outbox(AT_ONCE)) {
      outbox.found(ID, records.get(ID));
      awaitMarks();
    }

    assertThat(ids()).containsExactly("second/site");
  }

  @Test
  void leavesItToWhoeverDecidedItForAWhile() {
    records.put(ID, record(FIRST));

    try (Outbox outbox = outbox(FOR_EVER)) {
      outbox.found(ID, records.get(ID));
    }

    assertThat(receiver.requests()).isEmpty();
    assertThat(records.get(ID).untold()).hasSize(1);
  }

  @Test
  void tellsNothingThatWhoeverDecidedItHasToldMeanwhile() {
    ServiceRecord found = record(FIRST, SECOND);
    records.put(ID, found.told(Set.of("first")));

    try (Outbox outbox = outbox(AT_ONCE)) {
      outbox.found(ID, found);
      awaitMarks();
    }

    assertThat(ids()).containsExactly("second/site");
  }

  @Test
  void leavesWhatEndedAfterItLookedToWhoeverDecidedIt() {
    records.put(ID, record(FIRST, SECOND));

    try (Outbox outbox = outbox(AT_ONCE)) {
      outbox.found(ID, record(FIRST));
      await("the mark", () -> records.get(ID).untold().size() == 1);
    }

    assertThat(ids()).containsExactly("first/site");
  }

  @Test
  void forgetsWhatWasFoundWhereTheEngineIsAwayAndTellsWhenItIsFoundAgain() {
    records.put(ID, record(FIRST));
    records.unreachable();

    try (Outbox outbox = outbox(AT_ONCE)) {
      outbox.found(ID, records.get(ID));
      await("the look", () -> !records.requests().isEmpty());
      records.reachable();
      outbox.found(ID, records.get(ID));
      awaitMarks();
    }

    assertThat(ids()).containsExactly("first/site");
  }

  @Test
  void whatIsToldTwiceHasTheSameId() {
    records.put(ID, record(FIRST));
    records.gate(
        request -> {
          if (request instanceof RecordsInMemory.Request.Write) {
            throw away();
          }
        });
    try (Outbox killed = outbox(FOR_EVER)) {
      killed.ended(ID, SITE, List.of(FIRST));
      await("the first telling", () -> receiver.requests().size() == 1);
    }
    records.reachable();

    try (Outbox next = outbox(AT_ONCE)) {
      next.found(ID, records.get(ID));
      awaitMarks();
    }

    assertThat(ids()).containsExactly("first/site", "first/site");
    assertThat(receiver.requests().getFirst()).isEqualTo(receiver.requests().getLast());
  }

  @Test
  void tellsOfAPushThatNobodyWantsAndAsksNoRecord() {
    Rollout unwanted =
        Recorded.waiting("unwanted", "1", 1, NOON)
            .ended(Ending.untouched(Outcome.NO_SERVICE_WANTS_IT, "", NOON.plusSeconds(2)));

    try (Outbox outbox = outbox(AT_ONCE)) {
      outbox.unwanted(unwanted);
    }

    assertThat(ids()).containsExactly("unwanted");
    assertThat(records.requests()).isEmpty();
  }

  private Outbox outbox(Duration grace) {
    return outbox(grace, receiver);
  }

  private Outbox outbox(Duration grace, Receiver told) {
    return new Outbox(
        records,
        new Notifications(
            List.of(told.address("cloudevents", "/e", "")),
            EnumSet.allOf(Outcome.class),
            LIMIT,
            List.of(FOR_EVER),
            LIMIT,
            log.logger()),
        "queue",
        grace);
  }

  private static ServiceRecord record(Rollout... rollouts) {
    ServiceRecord none = ServiceRecord.of(SITE);
    return new ServiceRecord(SITE, List.of(rollouts), List.of(), null, none.rest());
  }

  private static SwarmUnavailableException away() {
    return new SwarmUnavailableException("connection refused");
  }

  private List<String> ids() {
    return receiver.requests().stream().map(OutboxTest::id).toList();
  }

  private static String id(Request request) {
    try {
      JsonNode event = new JsonMapper().readTree(request.body());
      return event.path("id").textValue();
    } catch (JsonProcessingException notJson) {
      throw new UncheckedIOException(notJson);
    }
  }

  private void awaitMarks() {
    await("the mark", () -> records.get(ID).untold().isEmpty());
  }

  private static void await(String what, Callable<Boolean> condition) {
    Await.until(what, LIMIT, condition);
  }
}
