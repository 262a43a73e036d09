package dev.waggle.agent.rollout;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// How far a service has come towards an image: a pure function of what the engine says.
sealed interface RolloutProgress {

    /// Neither there nor failed yet.
    record Underway() implements RolloutProgress {}

    /// Every slot runs the image.
    ///
    /// @param completed whether Swarm itself has watched the tasks for the monitor period and said so; it
    ///     says nothing of an update that changes no task
    record Converged(boolean completed) implements RolloutProgress {}

    /// It will not get there.
    record Failed(RolloutOutcome outcome) implements RolloutProgress {}

    /// Judges by what the engine says.
    ///
    /// @param error what a task of the image said when it failed, empty if none did; Swarm forgets tasks
    static RolloutProgress of(
            ServiceState service,
            List<TaskState> tasks,
            Set<String> nodesDown,
            ImageReference image,
            String error) {
        if (!service.has(image)) {
            return switch (service.updateState()) {
                case ROLLBACK_STARTED -> new Underway();
                case ROLLBACK_COMPLETED -> new Failed(new RolloutOutcome.RolledBack(error));
                case ROLLBACK_PAUSED -> new Failed(paused(service, error));
                case NONE, UPDATING, PAUSED, COMPLETED, UNKNOWN ->
                    new Failed(new RolloutOutcome.Superseded(service.imageText()));
            };
        }
        return switch (service.updateState()) {
            case PAUSED, ROLLBACK_PAUSED -> new Failed(paused(service, error));
            case UPDATING, ROLLBACK_STARTED, UNKNOWN -> new Underway();
            case NONE -> everySlotRuns(service, tasks, nodesDown, image)
                    ? new Converged(false)
                    : new Underway();
            case COMPLETED,
                    ROLLBACK_COMPLETED ->
                everySlotRuns(service, tasks, nodesDown, image)
                        ? new Converged(true)
                        : new Underway();
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
                                TaskState::since,
                                Comparator.nullsFirst(Comparator.naturalOrder())))
                .map(TaskState::error)
                .orElse("");
    }

    private static RolloutOutcome paused(ServiceState service, String error) {
        return new RolloutOutcome.Paused(
                error.isEmpty() ? service.updateMessage() : service.updateMessage() + ": " + error);
    }

    private static boolean everySlotRuns(
            ServiceState service,
            List<TaskState> tasks,
            Set<String> nodesDown,
            ImageReference image) {
        Set<String> slots = new HashSet<>();
        Set<String> serving = new HashSet<>();
        for (TaskState task : tasks) {
            if (task.wanted() && !nodesDown.contains(task.nodeId())) {
                slots.add(task.slot());
                if (task.running() && task.isOf(image)) {
                    serving.add(task.slot());
                }
            }
        }
        boolean enough = service.replicas()
                .map(replicas -> slots.size() == replicas)
                .orElse(!slots.isEmpty());
        return enough && serving.equals(slots);
    }
}
