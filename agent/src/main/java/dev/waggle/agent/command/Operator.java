package dev.waggle.agent.command;

import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.Evidence;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.push.Push;
import dev.waggle.agent.push.Tag;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.Rollout.Cause;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a command makes of a record: pure functions.
final class Operator {

  private Operator() {}

  /// A command that cannot be done.
  static final class RefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RefusedException(String reason) {
      super(reason);
    }
  }

  /// The service of an exact name or a whole id: the engine would take the beginning of an id.
  ///
  /// @throws RefusedException if there is none, or it is not opted in
  static ServiceState find(List<ServiceState> services, String named) {
    ServiceState service =
        services.stream()
            .filter(one -> one.name().equals(named) || one.id().equals(named))
            .findFirst()
            .orElseThrow(() -> new RefusedException("no service has the name or the id " + named));
    if (!service.labels().containsKey(ServiceLabels.TAGS)) {
      throw new RefusedException(
          service.name() + " is not opted in: it has no label " + ServiceLabels.TAGS);
    }
    return service;
  }

  /// What rolls a service back: to what it had before, or to an image of its history.
  ///
  /// @param to a tag or a digest, null for what it had before
  /// @throws RefusedException if there is nothing to go back to
  static Rollout rollback(
      ServiceRecord record, ServiceState service, @Nullable String to, String id, Instant now) {
    Digest current = service.image().map(ImageReference::digest).orElse(null);
    ImageReference image =
        to == null
            ? before(record, current)
                .orElseThrow(
                    () ->
                        new RefusedException(
                            "nothing is known of what "
                                + service.name()
                                + " had before; docker service update --image rolls it to any"
                                + " image"))
            : record.images().stream()
                .filter(had -> isMeant(had, to))
                .findFirst()
                .orElseThrow(
                    () ->
                        new RefusedException(
                            service.name()
                                + " had no image "
                                + to
                                + " that Waggle knows of; agent history "
                                + service.name()
                                + " lists them"));
    if (image.digest() != null && image.digest().equals(current)) {
      throw new RefusedException(service.name() + " has " + image + " already");
    }
    return commanded(id, image, Cause.ROLLBACK, now).by(record.queue());
  }

  private static boolean isMeant(ImageReference image, String to) {
    return to.equals(String.valueOf(image.tag())) || to.equals(String.valueOf(image.digest()));
  }

  private static Optional<ImageReference> before(ServiceRecord record, @Nullable Digest current) {
    // The same image may have been pushed again under another tag, which touched nothing.
    return record.ended().stream()
        .filter(rollout -> current != null && current.equals(rollout.push().digest()))
        .map(Rollout::ending)
        .filter(ending -> ending != null && ending.outcome().isOnTheService())
        .flatMap(ending -> Stream.ofNullable(ending.before()))
        .flatMap(before -> ImageReference.parse(before).stream())
        .filter(image -> isWorthIt(record, image, current))
        .findFirst()
        .or(
            () ->
                record.images().stream()
                    .filter(image -> isWorthIt(record, image, current))
                    .findFirst());
  }

  /// A second rollback goes further back, and not to what the first one left.
  private static boolean isWorthIt(
      ServiceRecord record, ImageReference image, @Nullable Digest current) {
    return image.digest() != null
        && !image.digest().equals(current)
        && !record.failed().contains(image.digest());
  }

  /// What rolls the newest push again.
  ///
  /// @throws RefusedException if there was none
  static Rollout redeploy(ServiceRecord record, ServiceState service, String id, Instant now) {
    return record.rollouts().stream()
        .filter(rollout -> !rollout.isCommanded())
        .findFirst()
        .map(
            rollout ->
                commanded(id, rollout.push().image(), Cause.REDEPLOY, now).by(record.queue()))
        .orElseThrow(
            () -> new RefusedException("no push of " + service.name() + " is known to Waggle"));
  }

  private static Rollout commanded(String id, ImageReference image, Cause cause, Instant now) {
    Tag tag = image.tag() == null ? new Tag("latest") : image.tag();
    Push push = new Push(id, image.repository(), tag, image.digest(), null, Evidence.UNKNOWN, now);
    return Rollout.of(push, cause, now, now);
  }

  /// The record with a command in it. What a rollback leaves is not tried again.
  static ServiceRecord with(ServiceRecord record, ServiceState service, Rollout command) {
    Digest current = service.image().map(ImageReference::digest).orElse(null);
    ServiceRecord known =
        command.cause() == Cause.ROLLBACK && current != null ? record.withFailed(current) : record;
    return known.with(service.name(), command, command.received());
  }
}
