package dev.waggle.agent.report;

import dev.waggle.agent.rollout.Outcomes;
import dev.waggle.agent.rollout.Push;
import dev.waggle.agent.rollout.RolloutOutcome;
import dev.waggle.agent.rollout.Timeline;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/// Closes every push with one log line per service, made from the outcome and from nothing else.
public final class OutcomeLog implements Outcomes {

  private final Logger log;

  /// Writes to the program's log.
  public OutcomeLog() {
    this(LoggerFactory.getLogger(OutcomeLog.class));
  }

  OutcomeLog(Logger log) {
    this.log = log;
  }

  @Override
  public void closed(
      Push push, @Nullable String service, RolloutOutcome outcome, Timeline timeline) {
    Report report = Report.of(push, service, outcome, timeline);
    LoggingEventBuilder event = log.atLevel(report.outcome().level());
    for (Map.Entry<String, Object> field : report.fields().entrySet()) {
      event = event.addKeyValue(field.getKey(), field.getValue());
    }
    event.log("push closed");
  }
}
