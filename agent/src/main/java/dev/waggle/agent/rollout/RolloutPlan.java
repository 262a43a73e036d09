package dev.waggle.agent.rollout;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/// What is to be done to a service for a push: a pure function of what the two are.
sealed interface RolloutPlan {

  /// Nothing but to say so.
  record Close(RolloutOutcome outcome) implements RolloutPlan {}

  /// The service already names the image: see how it fares.
  record Follow() implements RolloutPlan {}

  /// A rollout of another image is under way. An update now would make that unproven image the one
  /// that Swarm rolls back to.
  record WaitForOther() implements RolloutPlan {}

  /// Replace the specification.
  record Update(ObjectNode spec) implements RolloutPlan {}

  /// What keeps a push from a service, as far as the two alone tell; empty if nothing does.
  static Optional<RolloutOutcome> obstacle(ServiceState service, Push push) {
    return switch (ServiceLabels.read(service.labels())) {
      case ServiceLabels.Reading.Invalid(String problem) ->
          Optional.of(new RolloutOutcome.LeftAlone(problem));
      case ServiceLabels.Reading.Valid(ServiceLabels labels) -> obstacle(service, labels, push);
    };
  }

  private static Optional<RolloutOutcome> obstacle(
      ServiceState service, ServiceLabels labels, Push push) {
    if (service.isJob()) {
      return Optional.of(new RolloutOutcome.LeftAlone("a job has no rolling update"));
    }
    if (!service.isOf(push.repository())) {
      return Optional.of(hasAnother(service));
    }
    if (!labels.tags().wants(push.tag())) {
      return Optional.of(
          new RolloutOutcome.LeftAlone(ServiceLabels.TAGS + " does not want the tag any more"));
    }
    if (service.has(push.image())) {
      return Optional.empty();
    }
    RolloutRecord record = labels.record();
    if (push.digest() != null && record.rolledBackFrom().contains(push.digest())) {
      return Optional.of(new RolloutOutcome.RolledBackBefore(""));
    }
    if (record.pushedAt() != null && push.time().isBefore(record.pushedAt())) {
      return Optional.of(
          new RolloutOutcome.Superseded(
              "by the push of " + record.pushedAt() + " that the service has"));
    }
    return service
        .image()
        .flatMap(image -> Optional.ofNullable(image.tag()))
        .filter(current -> labels.tags().isLower(push.tag(), current))
        .map(
            current ->
                new RolloutOutcome.Superseded(
                    "by the higher version " + current + " that the service has"));
  }

  static RolloutOutcome hasAnother(ServiceState service) {
    return new RolloutOutcome.Superseded("by " + service.imageText() + " that the service has");
  }

  /// Whether the plan may depend on the tasks, which are then worth asking for.
  static boolean dependsOnTasks(ServiceState service) {
    return switch (service.updateState()) {
      case ROLLBACK_COMPLETED, ROLLBACK_PAUSED -> true;
      case NONE, UPDATING, PAUSED, COMPLETED, ROLLBACK_STARTED, UNKNOWN -> false;
    };
  }

  /// Plans.
  ///
  /// @param tasks the service's tasks, where the plan depends on them
  /// @param nodes the swarm's nodes, where [Placement] depends on them
  static RolloutPlan of(
      ServiceState service,
      Push push,
      ResolvedImage image,
      List<TaskState> tasks,
      List<NodeState> nodes) {
    return switch (ServiceLabels.read(service.labels())) {
      case ServiceLabels.Reading.Invalid(String problem) ->
          new Close(new RolloutOutcome.LeftAlone(problem));
      case ServiceLabels.Reading.Valid(ServiceLabels labels) ->
          of(service, labels, push, image, tasks, nodes);
    };
  }

  private static RolloutPlan of(
      ServiceState service,
      ServiceLabels labels,
      Push push,
      ResolvedImage image,
      List<TaskState> tasks,
      List<NodeState> nodes) {
    if (service.has(image.reference())) {
      return service.isJob()
          ? new Close(obstacle(service, labels, push).orElseThrow())
          : new Follow();
    }
    Optional<RolloutOutcome> obstacle = obstacle(service, labels, push);
    if (obstacle.isPresent()) {
      return new Close(obstacle.get());
    }
    if (labels.record().rolledBackFrom().contains(image.digest())) {
      return new Close(new RolloutOutcome.RolledBackBefore(""));
    }
    return switch (service.updateState()) {
      case UPDATING, ROLLBACK_STARTED -> new WaitForOther();
      case ROLLBACK_COMPLETED, ROLLBACK_PAUSED -> {
        SequencedSet<Digest> failed =
            service
                .updateStarted()
                .map(started -> RolloutProgress.failedSince(tasks, started))
                .orElseGet(LinkedHashSet::new);
        if (RolloutProgress.mayPass(RolloutProgress.lastError(tasks, image.reference()))) {
          // What failed before the engine went away, or with it, says nothing of the content
          // either.
          failed.remove(image.digest());
        }
        yield failed.contains(image.digest())
            ? new Close(rolledBack(service, push, image, tasks))
            : update(service, labels, push, image, failed, nodes);
      }
      case NONE, PAUSED, COMPLETED, UNKNOWN ->
          update(service, labels, push, image, new LinkedHashSet<>(), nodes);
    };
  }

  /// A push that was there while Swarm tried is what it went back from; a later one repeats it.
  private static RolloutOutcome rolledBack(
      ServiceState service, Push push, ResolvedImage image, List<TaskState> tasks) {
    String error = RolloutProgress.lastError(tasks, image.reference());
    return push.acceptedAt().isBefore(service.updateCompleted().orElse(Instant.MAX))
        ? new RolloutOutcome.RolledBack(error)
        : new RolloutOutcome.RolledBackBefore(error);
  }

  private static RolloutPlan update(
      ServiceState service,
      ServiceLabels labels,
      Push push,
      ResolvedImage image,
      SequencedSet<Digest> rolledBackSince,
      List<NodeState> nodes) {
    ObjectNode spec = specification(service.spec(), labels, image);
    labels.record().next(push, rolledBackSince).writeTo(spec.withObject("/Labels"));
    if (spec.at("/UpdateConfig/Order").asText().equals(ServiceLabels.START_FIRST)) {
      Optional<String> obstacle = Placement.obstacleToStartFirst(service, image, nodes);
      if (obstacle.isPresent()) {
        return new Close(
            new RolloutOutcome.LeftAlone(
                "it cannot start first: "
                    + obstacle.get()
                    + "; set the label "
                    + ServiceLabels.ORDER
                    + " to "
                    + ServiceLabels.STOP_FIRST));
      }
    }
    return new Update(spec);
  }

  private static ObjectNode specification(
      ObjectNode spec, ServiceLabels labels, ResolvedImage target) {
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
