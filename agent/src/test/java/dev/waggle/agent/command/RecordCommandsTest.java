package dev.waggle.agent.command;

import static dev.waggle.agent.record.Recorded.NOON;
import static dev.waggle.agent.record.Recorded.digest;
import static dev.waggle.agent.record.Recorded.image;
import static dev.waggle.agent.record.Recorded.updated;
import static dev.waggle.agent.record.Recorded.waiting;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Hold;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.testhost.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RecordCommandsTest {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final ServiceRecord record =
      ServiceRecord.of("site")
          .with("site", updated("first", "1", 1, NOON, ""), NOON)
          .with("site", updated("second", "2", 2, NOON.plusSeconds(60), ""), NOON);
  private EngineOverHttp engine;

  @BeforeEach
  void start() throws IOException {
    engine = new EngineOverHttp(image("2", 2).toString());
  }

  @AfterEach
  void stop() {
    engine.close();
  }

  @Test
  void holdsAServiceOfWhichNothingIsKnown() {
    assertThat(run("hold", "site", "--reason", "a demonstration")).isZero();

    assertThat(text()).isEqualTo("site is held; 0 pushes wait\n");
    assertThat(engine.record().hold()).extracting(Hold::reason).isEqualTo("a demonstration");
  }

  @Test
  void releasesAServiceAndKeepsEverythingElse() {
    ServiceRecord waits = record.with("site", waiting("third", "3", NOON), NOON);
    engine.keep(waits.held("site", new Hold(NOON, "")));

    assertThat(run("release", EngineOverHttp.ID)).isZero();

    assertThat(text()).isEqualTo("site is released; 1 push waits\n");
    assertThat(engine.record()).isEqualTo(waits);
  }

  @Test
  void tellsProgramsOfAHold() throws JsonProcessingException {
    assertThat(run("hold", "site", "--json")).isZero();

    assertThat(JSON.readTree(text()))
        .isEqualTo(JSON.readTree("{\"service\": \"site\", \"held\": true, \"waiting\": 0}"));
  }

  @Test
  void showsTheHistory() throws JsonProcessingException {
    engine.keep(record);

    assertThat(run("history", "site")).isZero();
    assertThat(text().lines()).hasSize(3).last().asString().contains("  1    sha256:");
    out.reset();
    assertThat(run("history", "site", "--json")).isZero();
    assertThat(JSON.readTree(text()).at("/history/0/id").textValue()).isEqualTo("second");
  }

  @Test
  void rollsBackAndWaitsForTheEnd() throws JsonProcessingException {
    engine.keep(record);
    agentEnds(Outcome.UPDATED, "");

    assertThat(run("rollback", "site")).isZero();

    assertThat(text())
        .startsWith("rolling site to " + image("1", 1) + "\nsite: rollback: updated 1 at 2026-");
    assertThat(engine.record().failed()).containsExactly(digest(2));
  }

  @Test
  void isBadWhereARedeployFails() throws JsonProcessingException {
    engine.keep(record);
    agentEnds(Outcome.ROLLED_BACK, "unhealthy");

    assertThat(run("redeploy", "site", "--json")).isEqualTo(1);

    JsonNode json = JSON.readTree(text());
    assertThat(json.path("service").textValue()).isEqualTo("site");
    assertThat(json.path("cause").textValue()).isEqualTo("redeploy");
    assertThat(json.path("tag").textValue()).isEqualTo("2");
    assertThat(json.path("outcome").textValue()).isEqualTo("rolled back");
    assertThat(json.path("detail").textValue()).isEqualTo("unhealthy");
    assertThat(json.path("id").textValue()).startsWith("redeploy-");
  }

  @Test
  void saysWhyItDoesNotRollBack() {
    assertThat(run("rollback", "site", "--to", "9")).isEqualTo(1);

    assertThat(text()).isEmpty();
    assertThat(error())
        .isEqualTo("site had no image 9 that Waggle knows of; agent history site lists them\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"history", "rollback", "hold", "release", "redeploy"})
  void knowsNoServiceByTheBeginningOfItsId(String command) {
    assertThat(run(command, EngineOverHttp.ID.substring(0, 12))).isEqualTo(1);

    assertThat(text()).isEmpty();
    assertThat(error()).isEqualTo("no service has the name or the id w1ajj55nf1d2\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"history", "rollback", "hold", "release", "redeploy"})
  void touchesNoRecordThatItCannotRead(String command) {
    engine.keep("{\"version\":2}");

    assertThat(run(command, "site")).isEqualTo(1);

    assertThat(text()).isEmpty();
    assertThat(error())
        .isEqualTo(
            "the record is not one of this agent's: expected version 1; if no newer agent wrote it,"
                + " remove it: docker config rm waggle."
                + EngineOverHttp.ID
                + "\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"history", "rollback", "hold", "release", "redeploy"})
  void needsAServiceAndExplainsItself(String command) {
    assertThat(run(command)).isEqualTo(2);
    assertThat(error()).contains("Missing required parameter: 'SERVICE'");

    assertThat(run(command, "--help")).isZero();
    assertThat(text()).contains("Usage: agent " + command).contains("--json").contains("SERVICE");
  }

  /// Does what an agent does in the end.
  private void agentEnds(Outcome outcome, String detail) {
    Thread.ofVirtual()
        .start(
            () -> {
              Rollout open =
                  Await.value(
                      "the command", LIMIT, () -> engine.record().open().stream().findFirst());
              Ending ending = Ending.untouched(outcome, detail, open.received().plusSeconds(5));
              engine.keep(engine.record().close(open, ending, List.of()));
            });
  }

  private int run(String... arguments) {
    return AgentCommand.run(
        engine.environment(),
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        arguments);
  }

  private String text() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String error() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
