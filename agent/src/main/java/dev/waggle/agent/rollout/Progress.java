package dev.waggle.agent.rollout;

import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.service.NodeState;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.TaskState;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How far a service has come towards an image: a pure function of what the engine says.
sealed interface Progress {

  /// What the engine says of a task whose image it could not pull, whatever the reason.
  String NOT_PULLED = "No such image";

  /// What an engine says of a task that it is given in the moment after its own start.
  String ENGINE_NOT_READY = "cannot create a swarm scoped network when swarm is not active";

  /// What keeps a task from starting speaks against the nodes or their credentials, and not against
  /// the content.
  List<String> BEFORE_THE_START = List.of(NOT_PULLED, ENGINE_NOT_READY, "no suitable node");

  /// Neither there nor failed yet.
  record Underway() implements Progress {}

  /// Every slot runs the image.
  ///
  /// @param completed whether Swarm itself has watched the tasks for the monitor period and said
  ///   so; it says nothing of an update that changes no task
  record Converged(boolean completed) implements Progress {}

  /// Swarm went back to the image before.
  ///
  /// @param error what a task of the image said when it failed, empty if none did
  /// @param missing how many replicas do not run the image before yet
  record RolledBack(String error, long missing) implements Progress {}

  /// It will not get there.
  record Failed(Conclusion conclusion) implements Progress {}

  /// Judges by what the engine says.
  ///
  /// @param nodes the nodes, where the judgement depends on them
  /// @param error what a task of the image said when it failed, empty if none did; Swarm forgets
  ///   tasks
  static Progress of(
      ServiceState service,
      List<TaskState> tasks,
      List<NodeState> nodes,
      ImageReference image,
      String error) {
    if (!service.has(image)) {
      return switch (service.updateState()) {
        case ROLLBACK_STARTED -> new Underway();
        case ROLLBACK_COMPLETED -> new RolledBack(error, missing(service, tasks, nodes));
        case ROLLBACK_PAUSED -> new Failed(paused(service, error));
        case NONE, UPDATING, PAUSED, COMPLETED, UNKNOWN ->
            new Failed(Conclusion.hasAnother(service));
      };
    }
    return switch (service.updateState()) {
      case PAUSED, ROLLBACK_PAUSED -> new Failed(paused(service, error));
      case UPDATING, ROLLBACK_STARTED, UNKNOWN -> new Underway();
      case NONE ->
          everySlotRuns(service, tasks, nodes, image) ? new Converged(false) : new Underway();
      case COMPLETED, ROLLBACK_COMPLETED ->
          everySlotRuns(service, tasks, nodes, image) ? new Converged(true) : new Underway();
    };
  }

  /// When the first task of the image came up, empty if none has.
  static Optional<Instant> firstRunning(List<TaskState> tasks, ImageReference image) {
    return tasks.stream()
        .filter(task -> task.running() && task.isOf(image))
        .flatMap(task -> Stream.ofNullable(task.since()))
        .min(Comparator.naturalOrder());
  }

  /// What the newest failed task of the image says, empty if none failed.
  static String lastError(List<TaskState> tasks, ImageReference image) {
    return tasks.stream()
        .filter(task -> task.isOf(image))
        .filter(task -> task.error() != null)
        .max(
            Comparator.comparing(
                TaskState::since, Comparator.nullsFirst(Comparator.naturalOrder())))
        .map(TaskState::error)
        .orElse("");
  }

  /// Whether what failed for this reason may succeed a little later.
  static boolean mayPass(String error) {
    return error.startsWith(NOT_PULLED) || error.startsWith(ENGINE_NOT_READY);
  }

  /// How many tasks of the image started and failed since a time.
  static long failures(List<TaskState> tasks, ImageReference image, Instant since) {
    return tasks.stream()
        .filter(task -> task.isOf(image) && isFailureAfterStart(task.error()))
        .filter(task -> task.since() != null && !task.since().isBefore(since))
        .count();
  }

  /// Whether what a task said when it failed speaks against the image.
  static boolean isFailureAfterStart(@Nullable String error) {
    return error != null
        && !error.isEmpty()
        && BEFORE_THE_START.stream().noneMatch(error::startsWith);
  }

  private static Conclusion paused(ServiceState service, String error) {
    return Conclusion.of(
        Outcome.PAUSED,
        error.isEmpty() ? service.updateMessage() : service.updateMessage() + ": " + error);
  }

  /// How many replicas do not run what the service names.
  private static long missing(ServiceState service, List<TaskState> tasks, List<NodeState> nodes) {
    List<TaskState> wanted = onNodes(tasks, nodes).filter(TaskState::wanted).toList();
    long slots = wanted.stream().map(TaskState::slot).distinct().count();
    long serving =
        wanted.stream()
            .filter(task -> task.running() && isOfTheService(service, task))
            .map(TaskState::slot)
            .distinct()
            .count();
    return Math.max(0, service.replicas().orElse(slots) - serving);
  }

  /// A service that nobody pinned names no content.
  private static boolean isOfTheService(ServiceState service, TaskState task) {
    return task.image().equals(service.imageText())
        || service.image().filter(task::isOf).isPresent();
  }

  private static Stream<TaskState> onNodes(List<TaskState> tasks, List<NodeState> nodes) {
    Set<String> absent =
        nodes.stream().filter(NodeState::absent).map(NodeState::id).collect(Collectors.toSet());
    return tasks.stream().filter(task -> !absent.contains(task.nodeId()));
  }

  /// Nothing else either: where its engine was killed Swarm may keep two tasks of a slot.
  private static boolean everySlotRuns(
      ServiceState service, List<TaskState> tasks, List<NodeState> nodes, ImageReference image) {
    List<TaskState> wanted = onNodes(tasks, nodes).filter(TaskState::wanted).toList();
    List<TaskState> running = wanted.stream().filter(TaskState::running).toList();
    Set<String> slots = wanted.stream().map(TaskState::slot).collect(Collectors.toSet());
    Set<String> serving = running.stream().map(TaskState::slot).collect(Collectors.toSet());
    boolean enough =
        service.replicas().map(replicas -> slots.size() == replicas).orElse(!slots.isEmpty());
    return enough && serving.equals(slots) && running.stream().allMatch(task -> task.isOf(image));
  }
}
