package dev.waggle.agent.status;

import static dev.waggle.agent.record.Recorded.NOON;
import static dev.waggle.agent.record.Recorded.digest;
import static dev.waggle.agent.record.Recorded.updated;
import static dev.waggle.agent.record.Recorded.waiting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistoryTest {

  private static final JsonMapper JSON = new JsonMapper();

  private static final Rollout UPDATED =
      updated("first", "1", 1, NOON.plusMillis(123), "vorce/playlistlog:0");
  private static final Rollout REFUSED =
      waiting("second", "2", NOON.plusSeconds(20))
          .ended(
              Ending.untouched(
                  Outcome.REFUSED_BY_THE_REGISTRY, "manifest unknown", NOON.plusSeconds(22)));
  private static final Rollout BACK =
      Rollout.of(
              waiting("rollback-1", "0", 0, NOON.plusSeconds(30)).push(),
              Rollout.Cause.ROLLBACK,
              NOON.plusSeconds(30),
              NOON.plusSeconds(30))
          .ended(
              new Ending(
                  Outcome.ROLLED_BACK,
                  "task: non-zero exit (1)\n\u001b[31m",
                  NOON.plusSeconds(100),
                  NOON.plusSeconds(31),
                  null,
                  "vorce/playlistlog:1",
                  true));

  private final History history =
      new History(
          new ServiceRecord(
              "playlistlog",
              List.of(UPDATED, REFUSED, BACK, waiting("waiting", "3", 3, NOON.plusSeconds(200))),
              List.of(),
              null,
              JsonNodeFactory.instance.objectNode()));
  private final History none = new History(ServiceRecord.of("playlistlog"));

  @Test
  void listsWhatHasEndedTheLastFirst() {
    assertThat(history.text())
        .isEqualTo(
            """
            ENDED                 TAG  DIGEST               OUTCOME                  TOOK    DETAIL
            2026-11-01T12:01:40Z  0    sha256:000000000000  rollback: rolled back    69.0 s  \
            task: non-zero exit (1)  [31m
            2026-11-01T12:00:22Z  2    -                    refused by the registry  1.8 s   \
            manifest unknown
            2026-11-01T12:00:10Z  1    sha256:000000000000  updated                  7.0 s
            """);
  }

  @Test
  void saysSoWhereNothingHasEnded() {
    assertThat(none.text()).isEqualTo("no push of playlistlog has ended yet\n");
  }

  @Test
  void givesProgramsTheSame() throws JsonProcessingException {
    assertThat(JSON.readTree(history.json()))
        .isEqualTo(
            JSON.readTree(
                """
                {
                  "service": "playlistlog",
                  "history": [{
                    "id": "rollback-1",
                    "cause": "rollback",
                    "endedAt": "2026-11-01T12:01:40Z",
                    "tag": "0",
                    "digest": "%s",
                    "outcome": "rolled back",
                    "tookMs": 69000,
                    "detail": "task: non-zero exit (1)\\n\\u001b[31m"
                  }, {
                    "id": "second",
                    "cause": "push",
                    "endedAt": "2026-11-01T12:00:22Z",
                    "tag": "2",
                    "digest": null,
                    "outcome": "refused by the registry",
                    "tookMs": 1750,
                    "detail": "manifest unknown"
                  }, {
                    "id": "first",
                    "cause": "push",
                    "endedAt": "2026-11-01T12:00:10.123Z",
                    "tag": "1",
                    "digest": "%s",
                    "outcome": "updated",
                    "tookMs": 7000,
                    "detail": ""
                  }]
                }\
                """
                    .formatted(digest(0), digest(1))));
    assertThat(history.json()).endsWith("}\n");
  }

  @Test
  void givesProgramsAnEmptyListWhereNothingHasEnded() throws JsonProcessingException {
    assertThat(JSON.readTree(none.json()))
        .isEqualTo(JSON.readTree("{\"service\": \"playlistlog\", \"history\": []}"));
  }

  @Test
  void tellsAnEndingInALine() {
    assertThat(History.line(UPDATED)).isEqualTo("updated 1 at 2026-11-01T12:00:10Z");
    assertThat(History.line(REFUSED))
        .isEqualTo("refused by the registry 2 at 2026-11-01T12:00:22Z: manifest unknown");
    assertThat(History.line(BACK))
        .isEqualTo(
            "rollback: rolled back 0 at 2026-11-01T12:01:40Z: task: non-zero exit (1)  [31m");
  }

  @Test
  void hasNoLineForWhatHasNotEnded() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> History.line(waiting("waiting", "3", 3, NOON)));
  }
}
