package dev.waggle.agent.logging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class JsonLoggerTest {

  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(written, true, StandardCharsets.UTF_8);
  private final JsonLogger ours = new JsonLogger("dev.waggle.Some", true, out);
  private final JsonLogger library = new JsonLogger("software.amazon.Some", false, out);

  @Test
  void writesKeyValuePairsAsFieldsOfTheirOwn() throws IOException {
    ours.atWarn()
        .addKeyValue("service", "playlistlog")
        .addKeyValue("tookMs", 5L)
        .log("push closed");
    JsonNode line = onlyLine();
    assertThat(Instant.parse(line.path("timestamp").textValue())).isBeforeOrEqualTo(Instant.now());
    assertThat(line.path("level").textValue()).isEqualTo("WARN");
    assertThat(line.path("message").textValue()).isEqualTo("push closed");
    assertThat(line.path("service").textValue()).isEqualTo("playlistlog");
    assertThat(line.path("tookMs").isNumber()).isTrue();
  }

  @Test
  void keepsALineALineWhateverIsInIt() throws IOException {
    ours.atInfo().addKeyValue("detail", "one\ntwo\u0000\ud800\"").log("odd {}", "\r\n");
    assertThat(onlyLine().path("message").textValue()).isEqualTo("odd \r\n");
  }

  @Test
  void writesTheCause() throws IOException {
    ours.error("failed", new IllegalStateException("the cause"));
    assertThat(onlyLine().path("stackTrace").textValue())
        .contains("IllegalStateException: the cause");
  }

  @Test
  void leavesOutTheChatterOfLibraries() {
    library.info("request {}", "with a secret");
    library.debug("header");
    assertThat(written.toString(StandardCharsets.UTF_8)).isEmpty();
    library.warn("careful");
    assertThat(written.toString(StandardCharsets.UTF_8)).contains("careful");
  }

  private JsonNode onlyLine() throws IOException {
    assertThat(written.toString(StandardCharsets.UTF_8).lines()).hasSize(1);
    return new JsonMapper().readTree(written.toByteArray());
  }
}
