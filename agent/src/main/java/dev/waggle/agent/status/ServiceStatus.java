package dev.waggle.agent.status;

import dev.waggle.agent.rollout.Digest;
import dev.waggle.agent.rollout.ImageReference;
import dev.waggle.agent.rollout.RolloutRecord;
import dev.waggle.agent.rollout.ServiceLabels;
import dev.waggle.agent.rollout.ServiceState;
import dev.waggle.agent.rollout.ServiceState.UpdateState;
import dev.waggle.agent.rollout.TaskState;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How an opted-in service does.
///
/// @param name the service's name
/// @param image the image without its digest
/// @param digest the image's content, null if the service is not pinned
/// @param tags the tags that it wants, as its label says
/// @param problem why Waggle leaves it alone, null if it does not
/// @param deliveryId the push that gave the service this image, null if none did
/// @param pushedAt when that was pushed, null if none was
/// @param update where Swarm says the last update stands
/// @param updateStarted when that began, null if there was none
/// @param updateEnded when it ended, null if it has not
/// @param error the last task's error, null if all is well
/// @param running how many of the wanted tasks run
/// @param wanted how many are wanted
public record ServiceStatus(
    String name,
    String image,
    @Nullable Digest digest,
    String tags,
    @Nullable String problem,
    @Nullable String deliveryId,
    @Nullable Instant pushedAt,
    UpdateState update,
    @Nullable Instant updateStarted,
    @Nullable Instant updateEnded,
    @Nullable String error,
    long running,
    long wanted) {

  private static final String JOB =
      "is a job, which runs to its end: Waggle leaves it alone, remove " + ServiceLabels.TAGS;

  /// Judges a service by what the engine says of it and its tasks.
  public static ServiceStatus of(ServiceState service, List<TaskState> tasks) {
    Optional<ImageReference> image = service.image();
    String problem = null;
    RolloutRecord record = null;
    switch (ServiceLabels.read(service.labels())) {
      case ServiceLabels.Reading.Valid(ServiceLabels labels) -> {
        record = labels.record();
        problem = service.isJob() ? JOB : null;
      }
      case ServiceLabels.Reading.Invalid(String wrong) -> problem = wrong;
    }
    long running = slots(tasks.stream().filter(task -> task.wanted() && task.running()));
    long wanted =
        service.isJob()
            ? 0
            : service.replicas().orElseGet(() -> slots(tasks.stream().filter(TaskState::wanted)));
    return new ServiceStatus(
        service.name(),
        image
            .map(known -> new ImageReference(known.repository(), known.tag(), null))
            .map(ImageReference::toString)
            .orElseGet(service::imageText),
        image.map(ImageReference::digest).orElse(null),
        service.labels().getOrDefault(ServiceLabels.TAGS, ""),
        problem,
        record == null ? null : record.deliveryId(),
        record == null ? null : record.pushedAt(),
        service.updateState(),
        service.updateStarted().orElse(null),
        service.updateCompleted().orElse(null),
        running < wanted || wentWrong(service.updateState()) ? lastError(tasks) : null,
        running,
        wanted);
  }

  /// While an update starts the new task first, one slot has two.
  private static long slots(Stream<TaskState> tasks) {
    return tasks.map(TaskState::slot).distinct().count();
  }

  private static @Nullable String lastError(List<TaskState> tasks) {
    return tasks.stream()
        .filter(task -> task.error() != null)
        .max(
            Comparator.comparing(
                TaskState::since, Comparator.nullsFirst(Comparator.naturalOrder())))
        .map(TaskState::error)
        .orElse(null);
  }

  private static boolean wentWrong(UpdateState update) {
    return switch (update) {
      case NONE, UPDATING, COMPLETED, UNKNOWN -> false;
      case PAUSED, ROLLBACK_STARTED, ROLLBACK_PAUSED, ROLLBACK_COMPLETED -> true;
    };
  }

  /// Whether every wanted task runs.
  public boolean runs() {
    return running >= wanted;
  }

  /// How the last push ended for this service, in a word or two.
  String ending() {
    return switch (update) {
      case NONE, COMPLETED -> deliveryId == null ? "no push yet" : "updated";
      case UPDATING -> "updating";
      case PAUSED -> "paused";
      case ROLLBACK_STARTED -> "rolling back";
      case ROLLBACK_PAUSED -> "rollback paused";
      case ROLLBACK_COMPLETED -> "rolled back";
      case UNKNOWN -> "unknown";
    };
  }

  /// Whether the last push did not become what the service runs.
  boolean fellShort() {
    return wentWrong(update);
  }
}
