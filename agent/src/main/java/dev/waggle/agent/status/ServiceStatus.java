package dev.waggle.agent.status;

import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.TaskState;
import dev.waggle.agent.service.UpdateState;
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
/// @param strays which of its labels are meant for Waggle and have no effect, null if none are
/// @param record what Waggle remembers of it
/// @param error the last task's error, null if all is well
/// @param running how many of the wanted tasks run
/// @param wanted how many are wanted
public record ServiceStatus(
    String name,
    String image,
    @Nullable Digest digest,
    String tags,
    @Nullable String problem,
    @Nullable String strays,
    ServiceRecord record,
    @Nullable String error,
    long running,
    long wanted) {

  private static final String JOB =
      "is a job, which runs to its end: Waggle leaves it alone, remove " + ServiceLabels.TAGS;

  /// Judges a service by what the engine says of it and its tasks, and by its record.
  public static ServiceStatus of(
      ServiceState service, List<TaskState> tasks, ServiceRecord record) {
    Optional<ImageReference> image = service.image();
    String problem =
        switch (ServiceLabels.read(service.labels())) {
          case ServiceLabels.Reading.Valid _ -> service.isJob() ? JOB : null;
          case ServiceLabels.Reading.Invalid(String wrong) -> wrong;
        };
    long running = countSlots(tasks.stream().filter(task -> task.wanted() && task.running()));
    long wanted =
        service.isJob()
            ? 0
            : service
                .replicas()
                .orElseGet(() -> countSlots(tasks.stream().filter(TaskState::wanted)));
    return new ServiceStatus(
        service.name(),
        image
            .map(known -> new ImageReference(known.repository(), known.tag(), null))
            .map(ImageReference::toString)
            .orElseGet(service::imageText),
        image.map(ImageReference::digest).orElse(null),
        service.labels().getOrDefault(ServiceLabels.TAGS, ""),
        problem,
        ServiceLabels.strays(service.labels(), service.containerLabels()).orElse(null),
        record,
        running < wanted || hasGoneWrong(service.updateState()) ? lastError(tasks) : null,
        running,
        wanted);
  }

  /// While an update starts the new task first, one slot has two.
  private static long countSlots(Stream<TaskState> tasks) {
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

  private static boolean hasGoneWrong(UpdateState update) {
    return switch (update) {
      case NONE, UPDATING, COMPLETED, UNKNOWN -> false;
      case PAUSED, ROLLBACK_STARTED, ROLLBACK_PAUSED, ROLLBACK_COMPLETED -> true;
    };
  }

  /// Whether every wanted task runs.
  public boolean isUp() {
    return running >= wanted;
  }

  /// The push that gave the service the image that it has, empty if none did.
  Optional<Rollout> broughtBy() {
    return record.broughtBy(digest);
  }

  /// What ended last, empty if nothing has.
  Optional<Rollout> last() {
    return record.ended().stream().findFirst();
  }

  /// What becomes of the last push, in a word or two.
  String lastPush() {
    if (record.underWay().isPresent()) {
      return "rolling";
    }
    if (!record.open().isEmpty()) {
      return record.hold() == null ? "waiting" : "held";
    }
    return last()
        .map(Rollout::ending)
        .map(Ending::outcome)
        .map(Object::toString)
        .orElse("no push yet");
  }
}
