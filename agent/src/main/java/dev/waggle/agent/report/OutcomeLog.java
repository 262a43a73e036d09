package dev.waggle.agent.report;

import dev.waggle.agent.rollout.Outcomes;
import dev.waggle.agent.rollout.Push;
import dev.waggle.agent.rollout.RolloutOutcome;
import dev.waggle.agent.rollout.Timeline;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/// Closes every push with one log line per service, made from the outcome and from nothing else.
public final class OutcomeLog implements Outcomes {

    private static final Logger LOG = LoggerFactory.getLogger(OutcomeLog.class);

    /// A line's words.
    ///
    /// @param level warn and error are for what somebody must look at
    /// @param outcome the outcome's name, which the README lists
    /// @param detail why, empty if there is nothing to add
    record Line(Level level, String outcome, String detail) {

        static Line of(RolloutOutcome outcome) {
            return switch (outcome) {
                case RolloutOutcome.Updated() -> new Line(Level.INFO, "updated", "");
                case RolloutOutcome.AlreadyCurrent() -> new Line(Level.INFO, "already current", "");
                case RolloutOutcome.NoServiceWantsIt() ->
                    new Line(Level.INFO, "no service wants it", "");
                case RolloutOutcome.RolledBack(String error) ->
                    new Line(Level.ERROR, "rolled back", error);
                case RolloutOutcome.Paused(String error) -> new Line(Level.ERROR, "paused", error);
                case RolloutOutcome.TimedOut(String error) ->
                    new Line(Level.ERROR, "timed out", error);
                case RolloutOutcome.RolledBackBefore(String error) ->
                    new Line(Level.ERROR, "rolled back before", error);
                case RolloutOutcome.Superseded(String reason) ->
                    new Line(Level.INFO, "superseded", reason);
                case RolloutOutcome.Removed() -> new Line(Level.WARN, "removed", "");
                case RolloutOutcome.RefusedByRegistry(String reason) ->
                    new Line(Level.ERROR, "refused by the registry", reason);
                case RolloutOutcome.RejectedByEngine(String reason) ->
                    new Line(Level.ERROR, "rejected by the engine", reason);
                case RolloutOutcome.LeftAlone(String problem) ->
                    new Line(Level.WARN, "left alone", problem);
            };
        }
    }

    @Override
    public void closed(
            Push push,
            @Nullable String service,
            RolloutOutcome outcome,
            Timeline timeline) {
        Line line = Line.of(outcome);
        LoggingEventBuilder event = LOG.atLevel(line.level())
                .addKeyValue("outcome", line.outcome())
                .addKeyValue("deliveryId", push.deliveryId())
                .addKeyValue("repository", push.repository())
                .addKeyValue("tag", push.tag());
        event = add(event, "digest", push.digest());
        event = event.addKeyValue("evidence", push.evidence());
        event = add(event, "service", service);
        event = add(event, "detail", line.detail().isEmpty() ? null : line.detail());
        event = add(event, "pushedAt", timeline.pushed());
        event = add(event, "acceptedAt", timeline.accepted());
        event = add(event, "queuedAt", timeline.queued());
        event = add(event, "receivedAt", timeline.received());
        event = add(event, "startedAt", timeline.started());
        event = add(event, "firstServingAt", timeline.firstServing());
        event = add(event, "closedAt", timeline.closed());
        Instant began = timeline.pushed() == null ? timeline.accepted() : timeline.pushed();
        event.addKeyValue("tookMs", Duration.between(began, timeline.closed()).toMillis())
                .log("push closed");
    }

    private static LoggingEventBuilder add(
            LoggingEventBuilder event,
            String key,
            @Nullable Object value) {
        return value == null ? event : event.addKeyValue(key, value);
    }
}
