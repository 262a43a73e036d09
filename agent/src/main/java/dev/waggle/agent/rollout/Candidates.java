package dev.waggle.agent.rollout;

import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.Evidence;
import dev.waggle.agent.push.Push;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which of the pushes that wait for a service is tried first, and what keeps it from the service:
/// a pure function of the record and of what the service is.
final class Candidates {

  private Candidates() {}

  /// What waits, in the order in which it is to be tried: the last in time first, but for those
  /// that would be a step to a lower version.
  static List<Rollout> inOrder(ServiceRecord record, ServiceLabels.Reading labels) {
    List<Rollout> left = new ArrayList<>(record.open().reversed());
    List<Rollout> newestFirst = new ArrayList<>();
    while (!left.isEmpty()) {
      Rollout next =
          left.stream()
              .reduce((newest, one) -> isLower(one, newest, labels) ? newest : one)
              .orElseThrow();
      left.remove(next);
      newestFirst.add(next);
    }
    return newestFirst;
  }

  private static boolean isLower(Rollout one, Rollout than, ServiceLabels.Reading reading) {
    return switch (reading) {
      case ServiceLabels.Reading.Valid(ServiceLabels labels) ->
          !one.isCommanded()
              && !than.isCommanded()
              && labels.tags().isLower(one.push().tag(), than.push().tag());
      case ServiceLabels.Reading.Invalid _ -> false;
    };
  }

  /// The pushes that a closing supersedes: those after it in order.
  static List<Rollout> superseded(View view, Rollout closed, Conclusion conclusion) {
    return conclusion.triesOlder()
        ? List.of()
        : inOrder(view.record(), view.labels()).stream()
            .dropWhile(rollout -> !rollout.id().equals(closed.id()))
            .skip(1)
            .toList();
  }

  /// What keeps a push from a service without asking anybody; empty if nothing does.
  static Optional<Conclusion> obstacle(
      ServiceRecord record, ServiceState service, ServiceLabels.Reading reading, Rollout rollout) {
    return switch (reading) {
      case ServiceLabels.Reading.Invalid(String problem) ->
          Optional.of(Conclusion.of(Outcome.LEFT_ALONE, problem));
      case ServiceLabels.Reading.Valid(ServiceLabels labels) ->
          obstacle(record, service, labels, rollout);
    };
  }

  private static Optional<Conclusion> obstacle(
      ServiceRecord record, ServiceState service, ServiceLabels labels, Rollout rollout) {
    Push push = rollout.push();
    if (push.tag().isOfAnAttachment()) {
      return Optional.of(Conclusion.ofTheImage(Outcome.NOT_AN_IMAGE, ""));
    }
    if (service.isJob()) {
      return Optional.of(Conclusion.of(Outcome.LEFT_ALONE, "a job has no rolling update"));
    }
    if (!service.isOf(push.repository())) {
      return Optional.of(Conclusion.hasAnother(service));
    }
    if (rollout.isCommanded()) {
      return Optional.empty();
    }
    if (!labels.tags().wants(push.tag())) {
      return Optional.of(
          Conclusion.ofTheImage(
              Outcome.LEFT_ALONE, ServiceLabels.TAGS + " does not want the tag any more"));
    }
    if (service.has(push.image())) {
      return Optional.empty();
    }
    return refusal(record, rollout, push.digest())
        .or(() -> newer(record, service, push))
        .or(() -> higher(service, labels, push));
  }

  /// What the record says against a digest: it failed before, or nobody knows whether its push is
  /// new, and the service had it before.
  static Optional<Conclusion> refusal(
      ServiceRecord record, Rollout rollout, @Nullable Digest digest) {
    if (digest == null || rollout.isCommanded()) {
      return Optional.empty();
    }
    if (record.failed().contains(digest)) {
      return Optional.of(Conclusion.ofTheImage(Outcome.ROLLED_BACK_BEFORE, record.failure(digest)));
    }
    return rollout.push().evidence() == Evidence.LIMITED && record.hadImage(digest)
        ? Optional.of(
            Conclusion.ofTheImage(
                Outcome.UNCONFIRMED,
                "Docker Hub did not say when it was pushed, and the service had this image before;"
                    + " to roll it all the same: agent rollback "
                    + record.service()
                    + " --to "
                    + digest))
        : Optional.empty();
  }

  /// What the service has may be of a push that is newer.
  private static Optional<Conclusion> newer(ServiceRecord record, ServiceState service, Push push) {
    return service
        .image()
        .flatMap(image -> record.broughtBy(image.digest()))
        .map(Rollout::push)
        .filter(had -> push.time().isBefore(had.time()))
        .map(
            had ->
                Conclusion.of(
                    Outcome.SUPERSEDED,
                    "by the push of " + had.tag() + " at " + had.time() + " that the service has"));
  }

  private static Optional<Conclusion> higher(
      ServiceState service, ServiceLabels labels, Push push) {
    return service
        .image()
        .flatMap(image -> Optional.ofNullable(image.tag()))
        .filter(current -> labels.tags().isLower(push.tag(), current))
        .map(
            current ->
                Conclusion.of(
                    Outcome.SUPERSEDED,
                    "by the higher version " + current + " that the service has"));
  }
}
