package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What the reference says of the function is what the code does.
class DocumentationTest {
  /// The rows of the first table below a heading or a text in bold, without their first two.
  private static List<List<String>> table(String after) throws IOException {
    String reference = Files.readString(Path.of("..", "docs", "reference.md"));
    int begin = reference.indexOf("\n|", reference.indexOf(after)) + 1;
    return reference
        .substring(begin, reference.indexOf("\n\n", begin))
        .lines()
        .skip(2)
        .map(row -> row.split("\\|", -1))
        .map(cells -> Stream.of(cells).skip(1).limit(cells.length - 2L))
        .map(cells -> cells.map(cell -> cell.strip().replace("`", "")).toList())
        .toList();
  }

  private static JsonNode logLine(Verdict verdict) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new FunctionLog(new PrintStream(out, true, UTF_8), Clock.systemUTC())
        .closed(Verdicts.ID, verdict, new Waits());
    return Resources.json(out.toString(UTF_8));
  }

  /// Verdict, status, answer, level of the log line, and what to do.
  private static List<String> row(Verdict verdict) {
    JsonNode line = logLine(verdict);
    Answer answer = Answer.to(Verdicts.ID, verdict);
    return List.of(
        line.get("message").asText(),
        Integer.toString(answer.status()),
        Resources.json(answer.body()).get("verdict").asText(),
        line.get("level").asText(),
        Explanation.remedy(verdict));
  }

  @Test
  void hasARowForEveryVerdict() throws IOException {
    assertThat(Verdicts.ALL)
        .extracting(Object::getClass)
        .containsExactlyInAnyOrderElementsOf(Arrays.asList(Verdict.class.getPermittedSubclasses()));
    assertThat(table("## Verdicts"))
        .containsExactlyElementsOf(Verdicts.ALL.stream().map(DocumentationTest::row).toList());
  }

  @Test
  void answersAndLogsUnderTheSameName() {
    assertThat(Verdicts.ALL)
        .allSatisfy(
            verdict -> {
              JsonNode answer = Resources.json(Answer.to(Verdicts.ID, verdict).body());
              assertThat(logLine(verdict).get("verdict")).isEqualTo(answer.get("verdict"));
              if (verdict.kind() != Verdict.Kind.ACCEPTED) {
                assertThat(answer.get("reason")).isEqualTo(logLine(verdict).get("message"));
              }
            });
  }

  @Test
  void hasARowForEveryEvidence() throws IOException {
    assertThat(table("## The time of a push"))
        .isEqualTo(
            Arrays.stream(Evidence.values())
                .map(evidence -> List.of(evidence.standing().toString(), evidence.reason()))
                .toList());
  }

  @Test
  void hasARowForEverySettingWithItsDefault() throws IOException {
    assertThat(table("**Of the function**"))
        .extracting(row -> row.subList(0, 2))
        .isEqualTo(
            Arrays.stream(Setting.values())
                .map(
                    setting ->
                        List.of(setting.variable(), setting.fallback().orElse("none, required")))
                .toList());
  }
}
