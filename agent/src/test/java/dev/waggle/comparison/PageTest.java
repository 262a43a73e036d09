package dev.waggle.comparison;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the project says of the comparison is what was measured.
class PageTest {

  private static final Path DIRECTORY = Path.of("..", "docs", "comparison");
  private static final Path README = Path.of("..", "README.md");

  private static Results results() throws IOException {
    return Results.read(DIRECTORY.resolve("results.json"));
  }

  @Test
  void showsOnThePageWhatWasMeasured() throws IOException {
    assertThat(Files.readString(DIRECTORY.resolve("README.md"))).isEqualTo(Page.of(results()));
  }

  @Test
  void showsInTheReadmeWhatWasMeasured() throws IOException {
    String readme = Files.readString(README);
    assertThat(Page.inReadme(readme, results())).isEqualTo(readme);
    assertThat(Page.inReadme(Page.BEGIN + Page.END, results()).lines())
        .allMatch(line -> line.length() <= 160);
  }

  @Test
  void refusesAReadmeThatHasNoPlaceForIt() throws IOException {
    Results results = results();
    assertThatThrownBy(() -> Page.inReadme("# Waggle\n", results))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void hasMeasuredEverySituationWithEveryTool() throws IOException {
    assertThat(results().truth())
        .extracting(Results.Judgement::situation)
        .containsOnly(Situation.values());
    assertThat(results().truth()).hasSize(Situation.values().length * Tool.values().length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"time", "truth", "scale"})
  void drawsWhatWasMeasured(String plot, @TempDir Path directory) throws IOException {
    Plots.write(results(), directory);
    assertThat(words(DIRECTORY.resolve(plot + ".svg")))
        .isEqualTo(words(directory.resolve(plot + ".svg")));
  }

  /// Where lines and letters stand depends on the fonts of a machine.
  private static String words(Path svg) throws IOException {
    Matcher words = Pattern.compile("<desc>(.+)</desc>").matcher(Files.readString(svg));
    assertThat(words.find()).isTrue();
    return words.group(1);
  }

  @Test
  void readsBackWhatItWrote(@TempDir Path directory) throws IOException {
    results().write(directory.resolve("again.json"));
    assertThat(Results.read(directory.resolve("again.json"))).isEqualTo(results());
  }
}
