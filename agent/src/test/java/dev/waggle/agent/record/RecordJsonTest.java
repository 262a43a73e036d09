package dev.waggle.agent.record;

import static dev.waggle.agent.record.Recorded.NOON;
import static dev.waggle.agent.record.Recorded.attempt;
import static dev.waggle.agent.record.Recorded.digest;
import static dev.waggle.agent.record.Recorded.image;
import static dev.waggle.agent.record.Recorded.updated;
import static dev.waggle.agent.record.Recorded.waiting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.Evidence;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.push.Push;
import dev.waggle.agent.push.Repository;
import dev.waggle.agent.push.Tag;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordJsonTest {

  private static final JsonMapper JSON = new JsonMapper();

  /// What an agent of today writes, for a reader to look at.
  private static final Path GOLDEN = Path.of("src", "test", "resources", "record.json");

  /// Everything that a record can hold.
  private static final ServiceRecord FULL =
      new ServiceRecord(
          "playlistlog",
          List.of(
              waiting("waiting", "3", NOON.plusSeconds(40)),
              begun(waiting("begun", "2", 2, NOON.plusSeconds(30))),
              waiting("postponed", "rc-1", 3, NOON.plusSeconds(20)).postponed(NOON.plusSeconds(90)),
              updated(
                      "updated",
                      "1",
                      1,
                      NOON.plusMillis(10_123),
                      "vorce/playlistlog:0@" + digest(0))
                  .ended(
                      Recorded.ending(
                              Outcome.UPDATED,
                              "",
                              NOON.plusSeconds(20),
                              "vorce/playlistlog:0@" + digest(0))
                          .asTold()),
              waiting("refused", "0", 4, NOON)
                  .ended(
                      Ending.untouched(
                          Outcome.REFUSED_BY_THE_REGISTRY,
                          "no matching manifest for linux/amd64",
                          NOON.plusSeconds(2))),
              Rollout.of(
                  new Push(
                      "rollback-8f6c",
                      Recorded.PLAYLISTLOG,
                      new Tag("0"),
                      digest(0),
                      null,
                      Evidence.UNKNOWN,
                      NOON.plusSeconds(35)),
                  Rollout.Cause.ROLLBACK,
                  NOON.plusSeconds(35),
                  NOON.plusSeconds(35))),
          List.of(digest(8), digest(9)),
          new Hold(NOON.plusSeconds(50), "the demonstration at noon"),
          ServiceRecord.of("").rest());

  private static Rollout begun(Rollout rollout) {
    return rollout.attempted(
        attempt(NOON.plusSeconds(32), image("2", 2), "vorce/playlistlog:1@" + digest(1)));
  }

  @Test
  void readsWhatItWrote() {
    assertThat(RecordJson.parse(RecordJson.write(FULL))).isEqualTo(FULL);
  }

  @Test
  void readsWhatItWroteOfAServiceOfWhichNothingIsKnown() {
    ServiceRecord empty = ServiceRecord.of("playlistlog");

    assertThat(RecordJson.write(empty))
        .isEqualTo("{\"version\":1,\"service\":\"playlistlog\",\"failed\":[],\"rollouts\":[]}");
    assertThat(RecordJson.parse(RecordJson.write(empty))).isEqualTo(empty);
  }

  @Test
  void readsAndWritesTheFileThatAReaderCanLookAt() throws IOException {
    String golden = Files.readString(GOLDEN);

    assertThat(RecordJson.parse(golden)).isEqualTo(FULL);
    assertThat(JSON.readTree(RecordJson.write(FULL))).isEqualTo(JSON.readTree(golden));
  }

  @ParameterizedTest
  @EnumSource(Outcome.class)
  void keepsEveryOutcome(Outcome outcome) {
    ServiceRecord record =
        of(waiting("first", "1", 1, NOON).ended(Ending.untouched(outcome, "why", NOON)));

    assertThat(RecordJson.parse(RecordJson.write(record))).isEqualTo(record);
  }

  @ParameterizedTest
  @EnumSource(Rollout.Cause.class)
  void keepsEveryCause(Rollout.Cause cause) {
    ServiceRecord record = of(Rollout.of(waiting("1", "1", NOON).push(), cause, NOON, NOON));

    assertThat(RecordJson.parse(RecordJson.write(record))).isEqualTo(record);
  }

  @ParameterizedTest
  @EnumSource(Evidence.class)
  void keepsEveryEvidence(Evidence evidence) {
    Push push = new Push("1", Recorded.PLAYLISTLOG, new Tag("1"), null, null, evidence, NOON);
    ServiceRecord record = of(Rollout.of(push, Rollout.Cause.PUSH, NOON, NOON));

    assertThat(RecordJson.parse(RecordJson.write(record))).isEqualTo(record);
  }

  @Test
  void keepsAnImageOfAnotherRegistryAndOneWithoutAName() {
    for (Repository repository :
        List.of(
            new Repository("registry.example:5000", "site"),
            new Repository("localhost", "a/b"),
            Repository.onDockerHub("busybox"))) {
      Push push = new Push("1", repository, new Tag("1"), null, null, Evidence.UNKNOWN, NOON);
      ServiceRecord record =
          of(
              Rollout.of(push, Rollout.Cause.REDEPLOY, NOON, NOON)
                  .attempted(
                      new Attempt(
                          NOON, new ImageReference(repository, null, digest(1)), "", "", "")));

      assertThat(RecordJson.parse(RecordJson.write(record))).isEqualTo(record);
    }
  }

  @Test
  void keepsSomebodysTextAsItIs() {
    ServiceRecord record =
        of(waiting("first", "1", 1, NOON)
                .ended(
                    Ending.untouched(
                        Outcome.ROLLED_BACK, "\"task\": 🐝 \\ \n\u0007 </script>", NOON)))
            .held("playlistlog", new Hold(NOON, "\u2028 \"why\" \t"));

    assertThat(RecordJson.parse(RecordJson.write(record))).isEqualTo(record);
  }

  @Test
  void staysSmall() {
    ServiceRecord record = ServiceRecord.of("playlistlog");
    for (int i = 0; i < 60; i++) {
      Rollout rollout = waiting("delivery-" + i, "v".repeat(128), i, NOON.plusSeconds(i));
      record = record.with("playlistlog", rollout, NOON);
      record =
          i < 40
              ? record
                  .begin(rollout, attempt(NOON, image("v".repeat(128), i), "x".repeat(300)))
                  .close(
                      rollout,
                      Recorded.ending(
                          Outcome.UPDATED, "error ".repeat(200), NOON.plusSeconds(i), "x"),
                      List.of())
                  .withFailed(digest(i))
                  .told(Set.of(rollout.id()))
              : record;
    }

    assertThat(record.open()).hasSize(20);
    assertThat(record.ended()).hasSize(20);
    assertThat(RecordJson.write(record).getBytes(StandardCharsets.UTF_8))
        .hasSizeLessThan(64 * 1024);
  }

  @Test
  void fieldsOfANewerAgentSurvive() throws JsonProcessingException {
    String newer =
        change(
            FULL,
            json -> {
              json.putObject("window").put("from", "22:00");
              rollout(json, 0).put("priority", 7);
              rollout(json, 1).putArray("signatures").add("cosign");
              rollout(json, 3).put("priority", 8);
            });
    ServiceRecord record = RecordJson.parse(newer);
    assertThat(JSON.readTree(RecordJson.write(record))).isEqualTo(JSON.readTree(newer));

    Rollout waiting = record.rollouts().getFirst();
    ServiceRecord next =
        record
            .begin(waiting, attempt(NOON, image("3", 5), "vorce/playlistlog:1"))
            .postpone(waiting, NOON)
            .close(waiting, Ending.untouched(Outcome.REMOVED, "", NOON), List.of())
            .told(Set.of(waiting.id()))
            .held("playlistlog", null);
    JsonNode written = JSON.readTree(RecordJson.write(next));
    assertThat(written.at("/window/from").textValue()).isEqualTo("22:00");
    assertThat(written.at("/rollouts/0/priority").intValue()).isEqualTo(7);
    assertThat(written.at("/rollouts/1/signatures/0").textValue()).isEqualTo("cosign");
  }

  @Test
  void rolloutsThatCannotBeReadSurvive() throws JsonProcessingException {
    String newer =
        change(
            FULL,
            json -> {
              rollout(json, 3).withObject("/ending").put("outcome", "verified");
              rollout(json, 4).put("cause", "schedule");
              rollout(json, 5).put("acceptedAt", "at noon");
            });
    List<JsonNode> unreadable =
        List.of(
            JSON.readTree(newer).at("/rollouts/3"),
            JSON.readTree(newer).at("/rollouts/4"),
            JSON.readTree(newer).at("/rollouts/5"));

    ServiceRecord record = RecordJson.parse(newer);
    assertThat(record.rollouts()).hasSize(3);
    ServiceRecord next =
        RecordJson.parse(RecordJson.write(record))
            .with("playlistlog", waiting("another", "1", 7, NOON.plusSeconds(99)), NOON);

    JsonNode written = JSON.readTree(RecordJson.write(next)).path("rollouts");
    assertThat(written).hasSize(7).containsAll(unreadable);
    assertThat(RecordJson.parse(RecordJson.write(next)).rollouts()).hasSize(4);
  }

  @Test
  void rolloutsOfAnotherShapeSurvive() throws JsonProcessingException {
    String newer =
        change(FULL, json -> json.withArray("/rollouts").add("see elsewhere").addNull().add(7));

    ServiceRecord record = RecordJson.parse(newer);
    assertThat(record.rollouts()).hasSize(6);
    assertThat(JSON.readTree(RecordJson.write(record)).path("rollouts"))
        .containsExactlyInAnyOrderElementsOf(JSON.readTree(newer).path("rollouts"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"version\":2,\"service\":\"playlistlog\"}",
        "{\"service\":\"playlistlog\"}",
        "{}"
      })
  void refusesAnotherVersion(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RecordJson.parse(text))
        .withMessage("expected version 1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "7", "[]", "\"record\""})
  void refusesWhatIsNoObject(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RecordJson.parse(text))
        .withMessage("expected a JSON object");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"version\":1",
        "playlistlog",
        "{\"version\":1,\"failed\":[\"sha512:1\"]}",
        "{\"version\":1,\"hold\":{\"reason\":\"why\"}}"
      })
  void refusesWhatItCannotReadAndSaysWhy(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RecordJson.parse(text))
        .satisfies(wrong -> assertThat(wrong.getMessage()).isNotBlank());
  }

  private static ServiceRecord of(Rollout... rollouts) {
    return new ServiceRecord(
        "playlistlog", Arrays.asList(rollouts), List.of(), null, ServiceRecord.of("").rest());
  }

  private static String change(ServiceRecord record, Consumer<ObjectNode> change)
      throws JsonProcessingException {
    ObjectNode json = JSON.readValue(RecordJson.write(record), ObjectNode.class);
    change.accept(json);
    return json.toString();
  }

  private static ObjectNode rollout(ObjectNode json, int index) {
    return (ObjectNode) json.at("/rollouts/" + index);
  }
}
