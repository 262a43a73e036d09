package dev.waggle.agent.rollout;

import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.service.NodeState;
import dev.waggle.agent.service.ResolvedImage;
import dev.waggle.agent.service.ResolvedImage.Platform;
import dev.waggle.agent.service.ServiceState;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Whether the tasks of an update that starts the new before it stops the old can find a place: a
/// pure function of what the service asks for and of the nodes there are. Swarm itself would wait
/// for a place forever.
///
/// What cannot be foreseen, such as memory that runs short, is left to the rollout's deadline.
final class Placement {

  /// An expression by the grammar of swarmkit's constraints.
  private static final Pattern CONSTRAINT =
      Pattern.compile("\\s*([A-Za-z0-9_./-]+)\\s*(==|!=)\\s*(.*?)\\s*");

  private static final String NODE_LABELS = "node.labels.";
  private static final String ENGINE_LABELS = "engine.labels.";

  private Placement() {}

  /// Why no node can run the image for the service; empty if one can.
  static Optional<Conclusion> obstacle(
      ServiceState service, ResolvedImage image, List<NodeState> nodes) {
    List<NodeState> allowed =
        nodes.stream().filter(node -> satisfies(node, service.constraints())).toList();
    if (nodes.isEmpty() || allowed.stream().anyMatch(node -> runs(node, image))) {
      return Optional.empty();
    }
    if (allowed.isEmpty()) {
      return Optional.of(
          Conclusion.of(
              Outcome.LEFT_ALONE,
              "no node meets its constraints: " + String.join(", ", service.constraints())));
    }
    String theirs =
        platforms(allowed.stream().map(node -> new Platform(node.architecture(), node.os())));
    return Optional.of(
        Conclusion.ofTheImage(
            Outcome.NOT_FOR_THIS_SWARM,
            "built for "
                + platforms(image.platforms().stream())
                + ", and the nodes are "
                + theirs
                + "; build with --platform "
                + theirs.replace(", ", ",")));
  }

  private static String platforms(Stream<Platform> platforms) {
    return platforms
        .map(platform -> platform.os() + "/" + architecture(platform.architecture()))
        .distinct()
        .sorted()
        .collect(Collectors.joining(", "));
  }

  /// What stands in the way of starting first; empty if nothing does.
  ///
  /// @param image what the new tasks would run: its platforms say where they may
  static Optional<String> obstacleToStartFirst(
      ServiceState service, ResolvedImage image, List<NodeState> nodes) {
    if (service.isGlobal()) {
      return service.hasHostPort()
          ? Optional.of("a port in host mode is taken by the task that runs on every node already")
          : Optional.empty();
    }
    long perNode = service.hasHostPort() ? 1 : service.mostReplicasPerNode();
    long replicas = service.replicas().orElse(0L);
    if (perNode == 0 || replicas == 0) {
      return Optional.empty();
    }
    long eligible =
        nodes.stream()
            .filter(
                node ->
                    node.accepting() && runs(node, image) && satisfies(node, service.constraints()))
            .count();
    return replicas < eligible * perNode
        ? Optional.empty()
        : Optional.of(
            (service.hasHostPort()
                    ? "a port in host mode leaves room for one task on a node"
                    : "max-replicas-per-node leaves room for " + perNode + " on a node")
                + ", and "
                + replicas
                + " on "
                + eligible
                + (eligible == 1 ? " node" : " nodes")
                + " leave none for another");
  }

  private static boolean runs(NodeState node, ResolvedImage image) {
    return image.platforms().isEmpty()
        || node.os().isEmpty()
        || image.platforms().stream()
            .anyMatch(
                platform ->
                    (platform.os().isEmpty() || platform.os().equals(node.os()))
                        && (platform.architecture().isEmpty()
                            || architecture(platform.architecture())
                                .equals(architecture(node.architecture()))));
  }

  /// Nodes and images have different words for the same; so does swarmkit.
  private static String architecture(String name) {
    return switch (name) {
      case "x86_64" -> "amd64";
      case "aarch64" -> "arm64";
      default -> name;
    };
  }

  private static boolean satisfies(NodeState node, List<String> constraints) {
    return constraints.stream().allMatch(constraint -> satisfies(node, constraint));
  }

  private static boolean satisfies(NodeState node, String constraint) {
    Matcher matcher = CONSTRAINT.matcher(constraint);
    if (!matcher.matches()) {
      return true;
    }
    String value = value(node, matcher.group(1));
    boolean equal = value != null && value.equalsIgnoreCase(matcher.group(3));
    return value == null || equal == matcher.group(2).equals("==");
  }

  /// @return null for what we do not know of a node: it is not held against the node
  private static @Nullable String value(NodeState node, String key) {
    String lower = key.toLowerCase(Locale.ROOT);
    if (lower.startsWith(NODE_LABELS)) {
      return label(node.labels(), key.substring(NODE_LABELS.length()));
    }
    if (lower.startsWith(ENGINE_LABELS)) {
      return label(node.engineLabels(), key.substring(ENGINE_LABELS.length()));
    }
    return switch (lower) {
      case "node.id" -> node.id();
      case "node.hostname" -> node.hostname();
      case "node.role" -> node.role();
      case "node.platform.os" -> node.os();
      case "node.platform.arch" -> node.architecture();
      default -> null;
    };
  }

  /// A label that a node lacks equals nothing.
  private static String label(Map<String, String> labels, String name) {
    return labels.getOrDefault(name, "");
  }
}
