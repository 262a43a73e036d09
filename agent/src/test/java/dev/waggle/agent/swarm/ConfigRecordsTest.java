package dev.waggle.agent.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Hold;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.RecordJson;
import dev.waggle.agent.record.Recorded;
import dev.waggle.agent.record.Records;
import dev.waggle.agent.record.Records.Stored;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.record.UnreadableRecordException;
import dev.waggle.agent.service.SwarmUnavailableException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConfigRecordsTest {

  private static final String ID = "w1ajj55nf1d22gpsw7z2uca3i";
  private static final String CONFIG = "waggle." + ID;
  private static final String LABEL = "waggle.record";
  private static final String SITE = "site";
  private static final ServiceRecord NONE = ServiceRecord.of(SITE);
  private static final ServiceRecord HELD = NONE.held(SITE, new Hold(Recorded.NOON, "why"));
  private static final ServiceRecord FAILED = NONE.withFailed(Recorded.digest(1));

  private final ConfigEngine engine = new ConfigEngine();
  private final EngineApi api = new EngineApi(engine);
  private final Records records = new ConfigRecords(api);

  @AfterEach
  void close() throws IOException {
    api.close();
  }

  @Test
  void readsAnEmptyRecordWhereThereIsNone() throws InterruptedException {
    assertThat(records.read(ID, SITE)).isEqualTo(new Stored(NONE, ""));
    assertThat(engine.requests()).containsExactly("GET /v1.41/configs/" + CONFIG);
  }

  @Test
  void readsWhatWasWritten() throws InterruptedException {
    assertThat(records.write(ID, records.read(ID, SITE), HELD)).isTrue();
    assertThat(records.read(ID, SITE).record()).isEqualTo(HELD);

    assertThat(records.write(ID, records.read(ID, SITE), FAILED)).isTrue();
    assertThat(records.read(ID, SITE).record()).isEqualTo(FAILED);
  }

  @Test
  void keepsTheRecordInALabelOfAConfigWhoseContentSaysSo() throws InterruptedException {
    assertThat(records.write(ID, records.read(ID, SITE), HELD)).isTrue();

    assertThat(engine.names()).containsExactly(CONFIG);
    assertThat(engine.spec(CONFIG).at("/Labels/" + LABEL).textValue())
        .isEqualTo(RecordJson.write(HELD));
    assertThat(
            new String(
                Base64.getDecoder().decode(engine.spec(CONFIG).path("Data").asText()),
                StandardCharsets.UTF_8))
        .isEqualTo("see the label");
  }

  @Test
  void makesNoSecondRecordWhereSomebodyElseMadeTheFirst() throws InterruptedException {
    Stored mine = records.read(ID, SITE);
    Stored another = records.read(ID, SITE);

    assertThat(records.write(ID, another, FAILED)).isTrue();
    assertThat(records.write(ID, mine, HELD)).isFalse();
    assertThat(records.read(ID, SITE).record()).isEqualTo(FAILED);
  }

  @Test
  void writesNothingThatIsBasedOnAnOldRecord() throws InterruptedException {
    assertThat(records.write(ID, records.read(ID, SITE), NONE)).isTrue();
    Stored mine = records.read(ID, SITE);
    assertThat(records.write(ID, records.read(ID, SITE), FAILED)).isTrue();

    assertThat(records.write(ID, mine, HELD)).isFalse();
    assertThat(records.read(ID, SITE).record()).isEqualTo(FAILED);
  }

  @Test
  void writesNothingWhereSomebodyRemovedTheRecordMeanwhile() throws InterruptedException {
    assertThat(records.write(ID, records.read(ID, SITE), FAILED)).isTrue();
    Stored seen = records.read(ID, SITE);
    records.remove(ID);

    assertThat(records.write(ID, seen, HELD)).isFalse();
    assertThat(engine.names()).isEmpty();
  }

  @Test
  void changesWhatSomebodyElseWasFasterToChange() throws InterruptedException {
    assertThat(records.write(ID, records.read(ID, SITE), NONE)).isTrue();
    engine.beforeTheNextWrite(() -> write(FAILED));

    Records.Change change =
        records.change(ID, SITE, record -> record.held(SITE, new Hold(Recorded.NOON, "why")));

    assertThat(change.before()).isEqualTo(FAILED);
    assertThat(change.after()).isEqualTo(HELD.withFailed(Recorded.digest(1)));
    assertThat(records.read(ID, SITE).record()).isEqualTo(change.after());
  }

  @Test
  void changesARecordThatSomebodyElseMadeOrRemovedMeanwhile() throws InterruptedException {
    engine.beforeTheNextWrite(() -> write(FAILED));
    assertThat(records.change(ID, SITE, record -> record.held(SITE, HELD.hold())).before())
        .isEqualTo(FAILED);

    engine.beforeTheNextWrite(this::remove);
    assertThat(records.change(ID, SITE, record -> record.withFailed(Recorded.digest(2))).before())
        .isEqualTo(NONE);
    assertThat(records.read(ID, SITE).record()).isEqualTo(NONE.withFailed(Recorded.digest(2)));
  }

  @Test
  void writesNothingWhereThereIsNothingToChange() throws InterruptedException {
    Records.Change change = records.change(ID, SITE, record -> record);

    assertThat(change.before()).isEqualTo(change.after());
    assertThat(engine.requests()).noneMatch(request -> request.startsWith("POST"));
  }

  @Test
  void saysThatTheEngineWouldNotSay() {
    engine.refuse();

    Stored seen = new Stored(NONE, "");
    assertUnavailable(() -> records.read(ID, SITE), "read the record: 503 The swarm does not");
    assertUnavailable(() -> records.write(ID, seen, HELD), "write the record: 503 The swarm");
    assertUnavailable(records::all, "list the records: 503 The swarm does not");
    assertUnavailable(() -> records.remove(ID), "remove the record: 503 The swarm does not");
  }

  @Test
  void saysThatTheEngineIsAway() {
    engine.vanish();

    assertUnavailable(() -> records.read(ID, SITE), "connection refused");
    assertUnavailable(() -> records.write(ID, new Stored(NONE, ""), HELD), "connection refused");
  }

  @Test
  void readsNoRecordOfANewerAgentAndSaysWhatToDo() {
    engine.put(CONFIG, LABEL, "{\"version\":2}");

    assertThatExceptionOfType(UnreadableRecordException.class)
        .isThrownBy(() -> records.read(ID, SITE))
        .withMessage(
            "the record is not one of this agent's: expected version 1; if no newer agent wrote it,"
                + " remove it: docker config rm "
                + CONFIG);
  }

  @Test
  void readsNoConfigWithoutARecord() {
    engine.put(CONFIG, "another", "x");

    assertThatExceptionOfType(UnreadableRecordException.class)
        .isThrownBy(() -> records.read(ID, SITE))
        .withMessageContaining("expected a JSON object");
  }

  @Test
  void readsAllRecordsAndNothingElse() throws InterruptedException {
    engine.put("waggle.first", LABEL, RecordJson.write(HELD));
    engine.put("waggle.newer", LABEL, "{\"version\":2}");
    engine.put("waggle.unlabelled", "another", RecordJson.write(HELD));
    engine.put("somebody-elses", LABEL, RecordJson.write(HELD));
    engine.put("waggle.", LABEL, RecordJson.write(HELD));
    engine.put("waggle.second", LABEL, RecordJson.write(FAILED));

    assertThat(records.all())
        .hasSize(2)
        .containsEntry("first", HELD)
        .containsEntry("second", FAILED);
    assertThat(engine.requests())
        .containsExactly(
            "GET /v1.41/configs?filters=%7B%22label%22%3A%5B%22waggle.record%22%5D%7D");
  }

  @Test
  void removesARecordThoughThereIsNone() throws InterruptedException {
    assertThat(records.write(ID, records.read(ID, SITE), HELD)).isTrue();

    records.remove(ID);
    records.remove(ID);

    assertThat(engine.names()).isEmpty();
  }

  @Test
  void writesSomebodysTextAsItIsHoweverLong() throws InterruptedException {
    for (String padding : List.of("", "a")) {
      Ending ending =
          Ending.untouched(Outcome.ROLLED_BACK, padding + "🐝 \"\\ \n".repeat(200), Recorded.NOON);
      ServiceRecord record =
          NONE.with(
              SITE, Recorded.waiting("1", "1", 1, Recorded.NOON).ended(ending), Recorded.NOON);

      assertThat(records.write(ID, records.read(ID, SITE), record)).isTrue();
      assertThat(records.read(ID, SITE).record()).isEqualTo(record);
    }
  }

  @Test
  void knowsItsConfigsByTheirNames() {
    assertThat(ConfigRecords.serviceOf(CONFIG)).isEqualTo(ID);
    assertThat(ConfigRecords.serviceOf("waggle.")).isEmpty();
    assertThat(ConfigRecords.serviceOf("waggle-settings")).isEmpty();
    assertThat(ConfigRecords.serviceOf("my-waggle.conf")).isEmpty();
    assertThat(ConfigRecords.serviceOf("")).isEmpty();
  }

  private void write(ServiceRecord record) {
    try {
      assertThat(records.write(ID, records.read(ID, SITE), record)).isTrue();
    } catch (InterruptedException stopped) {
      throw new IllegalStateException(stopped);
    }
  }

  private void remove() {
    try {
      records.remove(ID);
    } catch (InterruptedException stopped) {
      throw new IllegalStateException(stopped);
    }
  }

  private static void assertUnavailable(ThrowingCallable call, String message) {
    assertThatExceptionOfType(SwarmUnavailableException.class)
        .isThrownBy(call)
        .withMessageContaining(message);
  }
}
