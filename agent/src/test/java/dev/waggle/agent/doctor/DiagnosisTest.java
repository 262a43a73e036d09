package dev.waggle.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.agent.doctor.Finding.Check;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class DiagnosisTest {

  private static final Finding OK = Finding.ok(Check.CLOCK, "within a minute of the queue's");
  private static final Finding WARNING =
      Finding.warning(Check.DEAD_LETTERS, "after 2 receives", "set maxReceiveCount to 16");
  private static final Finding PROBLEM =
      Finding.problem(Check.ENGINE, "no\u001b[31m answer", "start Docker");

  @Test
  void printsALineEachWithWhatToDoInTheOrderOfTheChecks() {
    assertThat(
            new Diagnosis(List.of(OK, WARNING, PROBLEM, Finding.skipped(Check.SWARM, "none")))
                .text())
        .isEqualTo(
            """
            problem  engine         no [31m answer -> start Docker
            skipped  swarm          not checked: none
            warning  dead letters   after 2 receives -> set maxReceiveCount to 16
            ok       clock          within a minute of the queue's
            """);
  }

  @Test
  void theDocumentationShowsALineOfEveryCheckInTheirOrder() throws IOException {
    assertThat(
            Files.readString(Path.of("..", "docs", "operate.md"))
                .lines()
                .filter(line -> line.matches(" {4}(ok|warning|problem|skipped) {2,}.*"))
                .map(line -> line.strip().split(" {2,}", -1)[1])
                .distinct())
        .containsExactlyElementsOf(Arrays.stream(Check.values()).map(Check::toString).toList());
  }

  @Test
  void isGoodWithWarningsAndBadWithAProblem() {
    assertThat(new Diagnosis(List.of(OK, WARNING)).isGood()).isTrue();
    assertThat(new Diagnosis(List.of(OK, PROBLEM)).isGood()).isFalse();
  }

  @Test
  void givesProgramsTheSame() throws JsonProcessingException {
    JsonMapper json = new JsonMapper();

    assertThat(json.readTree(new Diagnosis(List.of(WARNING)).json()))
        .isEqualTo(
            json.readTree(
                """
                {"good": true, "findings": [{"check": "dead letters", "grade": "warning",
                 "found": "after 2 receives", "remedy": "set maxReceiveCount to 16"}]}\
                """));
  }
}
