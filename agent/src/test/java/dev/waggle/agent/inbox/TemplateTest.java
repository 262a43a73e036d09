package dev.waggle.agent.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The queue that `template.yaml` makes suits this agent.
class TemplateTest {

  @Test
  void hidesAMessageNoLongerThanRecordingTakes() throws IOException {
    assertThat(visibility()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void givesAMessageUpAfterAnHourOfTryingToRecordIt() throws IOException {
    assertThat(visibility().multipliedBy(number("maxReceiveCount")))
        .isBetween(Duration.ofHours(1), Duration.ofHours(2));
  }

  private static Duration visibility() throws IOException {
    return Duration.ofSeconds(number("VisibilityTimeout"));
  }

  private static int number(String property) throws IOException {
    String template = Files.readString(Path.of("..", "template.yaml"));
    return Pattern.compile("^ +" + property + ": (\\d+)$", Pattern.MULTILINE)
        .matcher(template)
        .results()
        .map(match -> Integer.parseInt(match.group(1)))
        .reduce(
            (one, another) -> {
              throw new AssertionError(property + " is there twice");
            })
        .orElseThrow(() -> new AssertionError("no " + property));
  }
}
