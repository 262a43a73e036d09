package dev.waggle.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.configuration.AgentConfiguration;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.testhost.EngineRelease;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The tables of the documentation say what the code does.
class DocumentationTest {

  private static final Pattern ROW =
      Pattern.compile("^\\| `([^`]+)` \\| `?([^`|]*?)`? \\|", Pattern.MULTILINE);

  private static final Pattern ENGINE =
      Pattern.compile(
          "^\\| `([^`]+)` \\| (\\d+\\.\\d+)[^|]* \\| ([^|]+) \\| ([^|]+) \\|$", Pattern.MULTILINE);

  private static final Pattern EXECUTION =
      Pattern.compile(
          "<groups>(?<group>[^<]+)</groups>.*?<waggle.engine>(?<engine>[^<]+)</waggle.engine>",
          Pattern.DOTALL);

  @Test
  void listsEverySettingOfTheAgentWithItsDefault() throws IOException {
    assertThat(table("**Of the agent**"))
        .isEqualTo(
            defaults(
                AgentConfiguration.SETTINGS.stream()
                    .map(setting -> Map.entry(setting.variable(), setting.byDefault()))
                    .toList()));
  }

  @Test
  void listsEveryLabel() throws IOException {
    assertThat(table("**Of a service**"))
        .containsOnlyKeys(ServiceLabels.SETTINGS.toArray(String[]::new));
  }

  @Test
  void hasARowForEveryOutcome() throws IOException {
    String outcomes = section("| outcome | meaning |");
    assertThat(outcomes.lines().skip(2).map(row -> row.split("\\|", -1)[1].strip()))
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(Outcome.values()).map(Outcome::toString).toList());
  }

  @Test
  void listsWhatTheProfileRunsOnWhichEngine() throws IOException {
    String pom = Files.readString(Path.of("pom.xml"));
    String profile = pom.substring(pom.indexOf("<id>engines</id>"));
    Set<String> runs =
        EXECUTION
            .matcher(profile.substring(0, profile.indexOf("</profile>")))
            .results()
            .map(run -> run.group("engine") + " " + run.group("group"))
            .collect(Collectors.toSet());
    List<String> expected =
        Arrays.stream(EngineRelease.values())
            .map(
                release ->
                    release.id()
                        + " "
                        + release.version()
                        + ": "
                        + (release == EngineRelease.INSTALLED
                            ? "by `mvn verify`"
                            : result(runs, release, "engines"))
                        + ", "
                        + result(runs, release, "nodes"))
            .toList();
    String testing = Files.readString(Path.of("..", "docs", "testing.md"));
    assertThat(
            ENGINE
                .matcher(testing)
                .results()
                .map(
                    row ->
                        row.group(1)
                            + " "
                            + row.group(2)
                            + ": "
                            + row.group(3)
                            + ", "
                            + row.group(4)))
        .containsExactlyElementsOf(expected);
  }

  private static String result(Set<String> runs, EngineRelease release, String group) {
    return runs.contains(release.id() + " " + group) ? "`-P engines`" : "not tested";
  }

  private static Map<String, String> defaults(List<Map.Entry<String, String>> settings) {
    return settings.stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey,
                setting -> setting.getValue().isEmpty() ? "none, required" : setting.getValue()));
  }

  /// The first two columns of the first table after a text.
  private static Map<String, String> table(String after) throws IOException {
    return rows(section(after));
  }

  /// The first table that begins at or after a text.
  private static String section(String from) throws IOException {
    String reference = Files.readString(Path.of("..", "docs", "reference.md"));
    String table = reference.substring(reference.indexOf("\n|", reference.indexOf(from) - 1) + 1);
    return table.substring(0, table.indexOf("\n\n"));
  }

  private static Map<String, String> rows(String table) {
    Map<String, String> rows = new LinkedHashMap<>();
    Collection<MatchResult> matches = ROW.matcher(table).results().toList();
    matches.forEach(row -> rows.put(row.group(1), row.group(2)));
    return rows;
  }
}
