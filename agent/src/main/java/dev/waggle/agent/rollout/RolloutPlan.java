package dev.waggle.agent.rollout;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What is to be done to a service for an image: a pure function of what the service is.
sealed interface RolloutPlan {

    /// Nothing but to say so.
    record Close(RolloutOutcome outcome) implements RolloutPlan {}

    /// The service already names the image: see how it fares.
    record Follow() implements RolloutPlan {}

    /// A rollout of another image is under way. An update now would make that unproven image the
    /// one that Swarm rolls back to.
    record WaitForOther() implements RolloutPlan {}

    /// Replace the specification.
    record Update(ObjectNode spec) implements RolloutPlan {}

    static RolloutPlan of(ServiceState service, ResolvedImage target) {
        ServiceLabels labels;
        switch (ServiceLabels.read(service.labels())) {
            case ServiceLabels.Reading.Invalid(String problem) -> {
                return new Close(new RolloutOutcome.LeftAlone(problem));
            }
            case ServiceLabels.Reading.Valid(ServiceLabels valid) -> labels = valid;
        }
        if (service.isJob()) {
            return new Close(new RolloutOutcome.LeftAlone("a job has no rolling update"));
        }
        if (!service.isOf(target.reference().repository())) {
            return new Close(new RolloutOutcome.Superseded(service.imageText()));
        }
        if (service.has(target.reference())) {
            return new Follow();
        }
        return switch (service.updateState()) {
            case UPDATING, ROLLBACK_STARTED -> new WaitForOther();
            case NONE, PAUSED, COMPLETED, ROLLBACK_PAUSED, ROLLBACK_COMPLETED, UNKNOWN ->
                new Update(specification(service.spec(), labels, target));
        };
    }

    private static ObjectNode specification(
            ObjectNode spec,
            ServiceLabels labels,
            ResolvedImage target) {
        spec.withObject("/TaskTemplate/ContainerSpec").put("Image", target.reference().toString());
        if (!target.platforms().isEmpty()) {
            spec.withObject("/TaskTemplate/Placement")
                    .set("Platforms", platforms(target.platforms()));
        }
        if (!(spec.get("UpdateConfig") instanceof ObjectNode)) {
            // An update configuration with nothing but an order would mean "all tasks at once".
            spec.putObject("UpdateConfig")
                    .put("Parallelism", 1)
                    .put("FailureAction", "pause")
                    .put("Monitor", ServiceState.DEFAULT_MONITOR.toNanos())
                    .put("MaxFailureRatio", 0)
                    .put("Order", "stop-first");
        }
        set(spec.withObject("/UpdateConfig"), "Order", labels.order());
        set(spec.withObject("/UpdateConfig"), "FailureAction", labels.failureAction());
        return spec;
    }

    private static void set(ObjectNode node, String field, @Nullable String value) {
        if (value != null) {
            node.put(field, value);
        }
    }

    private static ArrayNode platforms(List<ResolvedImage.Platform> platforms) {
        ArrayNode nodes = JsonNodeFactory.instance.arrayNode();
        for (ResolvedImage.Platform platform : platforms) {
            ObjectNode node = nodes.addObject();
            if (!platform.architecture().isEmpty()) {
                node.put("Architecture", platform.architecture());
            }
            if (!platform.os().isEmpty()) {
                node.put("OS", platform.os());
            }
        }
        return nodes;
    }
}
