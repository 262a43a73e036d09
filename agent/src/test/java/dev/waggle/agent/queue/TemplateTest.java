package dev.waggle.agent.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The queue that `template.yaml` makes suits this agent.
class TemplateTest {

  @Test
  void hidesAMessageAsLongAsTheAgentAsksFor() throws IOException {
    assertThat(Duration.ofSeconds(number("VisibilityTimeout"))).isEqualTo(PushConsumer.INVISIBLE);
  }

  @Test
  void givesAMessageUpAfterMoreThanAnHourOfTrying() throws IOException {
    Duration trying =
        IntStream.rangeClosed(1, number("maxReceiveCount"))
            .mapToObj(
                count ->
                    MessageFate.TryAgain.of(
                            new ReceivedMessage(
                                "id", "handle", "group", "{}", Instant.EPOCH, count))
                        .pause())
            .reduce(Duration.ZERO, Duration::plus);
    assertThat(trying).isBetween(Duration.ofHours(1), Duration.ofHours(2));
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
