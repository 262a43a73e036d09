package dev.waggle.agent.rollout;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.service.ResolvedImage;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The specification that an update sends: the one that the service has, with another image, its
/// platforms, and the update settings that the labels ask for.
final class Specification {

  private Specification() {}

  static ObjectNode of(ServiceState service, ServiceLabels labels, ResolvedImage target) {
    ObjectNode spec = service.spec();
    spec.withObject("/TaskTemplate/ContainerSpec").put("Image", target.reference().toString());
    if (!target.platforms().isEmpty()) {
      spec.withObject("/TaskTemplate/Placement").set("Platforms", platforms(target.platforms()));
    }
    if (!(spec.get("UpdateConfig") instanceof ObjectNode)) {
      // An update configuration with nothing but an order would mean "all tasks at once".
      spec.putObject("UpdateConfig")
          .put("Parallelism", 1)
          .put("FailureAction", "pause")
          .put("Monitor", ServiceState.DEFAULT_MONITOR.toNanos())
          .put("MaxFailureRatio", 0)
          .put("Order", ServiceLabels.STOP_FIRST);
    }
    set(spec.withObject("/UpdateConfig"), "Order", labels.order());
    set(spec.withObject("/UpdateConfig"), "FailureAction", labels.failureAction());
    return spec;
  }

  /// Whether the update starts a new task before it stops the old.
  static boolean startsFirst(ObjectNode spec) {
    return spec.at("/UpdateConfig/Order").asText().equals(ServiceLabels.START_FIRST);
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
