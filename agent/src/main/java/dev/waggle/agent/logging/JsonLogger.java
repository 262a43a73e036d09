package dev.waggle.agent.logging;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Serial;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;
import org.slf4j.event.Level;
import org.slf4j.event.LoggingEvent;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.spi.LoggingEventAware;

/// Writes one JSON object a line: time, level, logger, message, then the key-value pairs as fields
/// of their own.
final class JsonLogger extends LegacyAbstractLogger implements LoggingEventAware {

  @Serial private static final long serialVersionUID = 1L;

  private final boolean verbose;
  private final transient PrintStream out;

  JsonLogger(String name, boolean verbose, PrintStream out) {
    this.name = name;
    this.verbose = verbose;
    this.out = out;
  }

  @Override
  public boolean isTraceEnabled() {
    return false;
  }

  @Override
  public boolean isDebugEnabled() {
    return false;
  }

  @Override
  public boolean isInfoEnabled() {
    return verbose;
  }

  @Override
  public boolean isWarnEnabled() {
    return true;
  }

  @Override
  public boolean isErrorEnabled() {
    return true;
  }

  @Override
  public void log(LoggingEvent event) {
    write(
        event.getLevel(),
        MessageFormatter.basicArrayFormat(event.getMessage(), event.getArgumentArray()),
        event.getKeyValuePairs(),
        event.getThrowable());
  }

  @Override
  protected void handleNormalizedLoggingCall(
      Level level,
      @Nullable Marker marker,
      String message,
      Object @Nullable [] arguments,
      @Nullable Throwable cause) {
    write(level, MessageFormatter.basicArrayFormat(message, arguments), null, cause);
  }

  @Override
  protected @Nullable String getFullyQualifiedCallerName() {
    return null;
  }

  private void write(
      Level level, String message, @Nullable List<KeyValuePair> pairs, @Nullable Throwable cause) {
    ObjectNode line =
        JsonNodeFactory.instance
            .objectNode()
            .put("timestamp", Instant.now().toString())
            .put("level", level.name())
            .put("logger", name)
            .put("message", message);
    if (pairs != null) {
      pairs.forEach(pair -> put(line, pair));
    }
    if (cause != null) {
      line.put("stackTrace", stackTrace(cause));
    }
    out.println(line);
  }

  private static void put(ObjectNode line, KeyValuePair pair) {
    switch (pair.value) {
      case Integer number -> line.put(pair.key, number);
      case Long number -> line.put(pair.key, number);
      case Boolean flag -> line.put(pair.key, flag);
      case null, default -> line.put(pair.key, String.valueOf(pair.value));
    }
  }

  private static String stackTrace(Throwable cause) {
    StringWriter trace = new StringWriter();
    cause.printStackTrace(new PrintWriter(trace));
    return trace.toString();
  }
}
