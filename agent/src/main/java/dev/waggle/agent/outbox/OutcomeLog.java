package dev.waggle.agent.outbox;

import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/// Closes every push with one log line per service, made from the outcome and from nothing else.
final class OutcomeLog {

  private final Logger log;

  /// Writes to the program's log.
  OutcomeLog() {
    this(LoggerFactory.getLogger(OutcomeLog.class));
  }

  OutcomeLog(Logger log) {
    this.log = log;
  }

  void write(Report report) {
    LoggingEventBuilder event = log.atLevel(report.outcome().level());
    for (Map.Entry<String, Object> field : report.fields().entrySet()) {
      event = event.addKeyValue(field.getKey(), field.getValue());
    }
    event.log("push closed");
  }
}
