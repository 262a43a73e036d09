package dev.waggle.agent.rollout;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a service's own labels ask of Waggle: the whole configuration of a service.
///
/// @param tags the tags that the service wants
/// @param order the update order to set, null to keep the service's own
/// @param failureAction what Swarm does when the update fails, null to keep the service's own
public record ServiceLabels(
        TagPattern tags,
        @Nullable String order,
        @Nullable String failureAction) {

    /// The label that opts a service in. Without it a service is never touched.
    public static final String TAGS = "waggle.tags";
    /// The label that overrides the update order.
    public static final String ORDER = "waggle.order";
    /// The label that overrides the failure action.
    public static final String FAILURE_ACTION = "waggle.failure-action";

    private static final String KEEP = "keep";

    /// What came of reading the labels of an opted-in service.
    sealed interface Reading {

        record Valid(ServiceLabels labels) implements Reading {}

        record Invalid(String problem) implements Reading {}
    }

    static Reading read(Map<String, String> labels) {
        List<String> problems = new ArrayList<>();
        String wanted = labels.getOrDefault(TAGS, "");
        Optional<TagPattern> tags = TagPattern.parse(wanted);
        if (tags.isEmpty()) {
            problems.add(TAGS + " must be a tag or a glob with * and ?");
        }
        String order = choice(labels, ORDER, List.of("start-first", "stop-first"), problems);
        String failureAction = choice(
                labels,
                FAILURE_ACTION,
                List.of("rollback", "pause", "continue"),
                problems);
        return problems.isEmpty()
                ? new Reading.Valid(new ServiceLabels(tags.orElseThrow(), order, failureAction))
                : new Reading.Invalid(String.join("; ", problems));
    }

    /// The first choice is the default.
    private static @Nullable String choice(
            Map<String, String> labels,
            String label,
            List<String> choices,
            List<String> problems) {
        String value = labels.getOrDefault(label, choices.getFirst());
        if (value.equals(KEEP)) {
            return null;
        }
        if (!choices.contains(value)) {
            problems.add(label + " must be one of " + String.join(", ", choices) + ", " + KEEP);
        }
        return value;
    }
}
