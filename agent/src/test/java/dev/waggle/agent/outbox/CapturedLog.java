package dev.waggle.agent.outbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.agent.logging.JsonLogging;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;

/// A logger of the program's own kind, whose lines are kept.
final class CapturedLog {

  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final Logger logger;

  CapturedLog() {
    PrintStream before = System.out;
    System.setOut(new PrintStream(written, true, StandardCharsets.UTF_8));
    try {
      logger = new JsonLogging().getLoggerFactory().getLogger("dev.waggle.captured");
    } finally {
      System.setOut(before);
    }
  }

  Logger logger() {
    return logger;
  }

  String text() {
    return written.toString(StandardCharsets.UTF_8);
  }

  List<JsonNode> lines() {
    return text().lines().map(CapturedLog::json).toList();
  }

  private static JsonNode json(String line) {
    try {
      return new JsonMapper().readTree(line);
    } catch (JsonProcessingException notJson) {
      throw new UncheckedIOException(notJson);
    }
  }
}
