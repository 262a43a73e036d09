package dev.waggle.agent.record;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.ImageReference;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Everything that Waggle remembers of one service: a value, whose methods return the next one.
///
/// @param service the service's name when it was last seen
/// @param rollouts the newest first, by the time of the push
/// @param failed digests that are not tried again, the last to fail at the end
/// @param hold null if the service is not held
/// @param rest fields of a newer agent
public record ServiceRecord(
    String service,
    List<Rollout> rollouts,
    List<Digest> failed,
    @Nullable Hold hold,
    ObjectNode rest) {

  /// Pushes that wait, and endings that are remembered.
  public static final int MAX_ROLLOUTS = 20;

  private static final int MAX_FAILED = 20;

  private static final Comparator<Rollout> NEWEST_FIRST =
      Comparator.comparing((Rollout rollout) -> rollout.push().time())
          .thenComparing(Rollout::queued)
          .reversed();

  /// Takes copies, in order.
  public ServiceRecord {
    rollouts = rollouts.stream().sorted(NEWEST_FIRST).toList();
    failed = List.copyOf(failed);
  }

  /// The record of a service that nothing is known of.
  public static ServiceRecord of(String service) {
    return new ServiceRecord(
        service, List.of(), List.of(), null, JsonNodeFactory.instance.objectNode());
  }

  /// Adds what the service wants, unless it was told of that before. Of more than [#MAX_ROLLOUTS]
  /// that wait, the oldest end.
  public ServiceRecord with(String name, Rollout wanted, Instant now) {
    if (rollouts.stream().anyMatch(wanted::isSameAs)) {
      return this;
    }
    List<Rollout> all = new ArrayList<>(rollouts);
    all.addFirst(wanted);
    ServiceRecord record = new ServiceRecord(name, all, failed, hold, rest);
    List<Rollout> waiting =
        record.open().stream().filter(rollout -> rollout.attempt() == null).toList();
    return waiting.size() <= MAX_ROLLOUTS
        ? record
        : record.close(waiting.getLast(), superseded(waiting.getFirst(), now), List.of());
  }

  /// What has not ended, the newest first.
  public List<Rollout> open() {
    return rollouts.stream().filter(Rollout::isOpen).toList();
  }

  /// What is being rolled.
  public Optional<Rollout> underWay() {
    return rollouts.stream().filter(rollout -> rollout.attempt() != null).findFirst();
  }

  /// The record as an agent of a queue acts on it: without what others are to roll.
  public ServiceRecord actedOnBy(String queue) {
    return withRollouts(rollouts.stream().filter(one -> !one.isOpen() || one.isFor(queue)));
  }

  /// The queue that the newest push came by, empty if none has.
  public String queue() {
    return rollouts.stream().map(Rollout::queue).findFirst().orElse("");
  }

  /// What has ended, the last ending first.
  public List<Rollout> ended() {
    return rollouts.stream()
        .filter(Predicate.not(Rollout::isOpen))
        .sorted(Comparator.comparing(ServiceRecord::end).reversed())
        .toList();
  }

  /// What has ended and was not told, in the order in which it ended.
  public List<Rollout> untold() {
    return ended().reversed().stream()
        .filter(rollout -> rollout.ending() != null && !rollout.ending().told())
        .toList();
  }

  /// The images that the service had, the last first, each once: those that Waggle brought, and
  /// what it found before them.
  public List<ImageReference> images() {
    Map<Digest, ImageReference> images = new LinkedHashMap<>();
    for (Rollout rollout : ended()) {
      if (isOnTheService(rollout)) {
        Stream.concat(Stream.of(rollout.push().image()), imageBefore(rollout).stream())
            .filter(image -> image.digest() != null)
            .forEach(image -> images.putIfAbsent(image.digest(), image));
      }
    }
    return List.copyOf(images.values());
  }

  /// Whether the service had an image before.
  public boolean hadImage(Digest digest) {
    return images().stream().anyMatch(image -> digest.equals(image.digest()));
  }

  private static Optional<ImageReference> imageBefore(Rollout rollout) {
    return Optional.ofNullable(rollout.ending())
        .flatMap(ending -> Optional.ofNullable(ending.before()))
        .flatMap(ImageReference::parse);
  }

  /// The newest push that brought the service a digest.
  public Optional<Rollout> broughtBy(@Nullable Digest digest) {
    return rollouts.stream()
        .filter(rollout -> isOnTheService(rollout) && sameDigest(rollout, digest))
        .findFirst();
  }

  /// Why a digest failed when it was last tried, empty if that is forgotten.
  public String failure(Digest digest) {
    return ended().stream()
        .filter(rollout -> sameDigest(rollout, digest))
        .map(Rollout::ending)
        .filter(ending -> ending != null && ending.outcome().isFailure())
        .map(Ending::detail)
        .findFirst()
        .orElse("");
  }

  /// Begins a rollout, in the place of one that was begun and not sent.
  public ServiceRecord begin(Rollout rollout, Attempt attempt) {
    ServiceRecord record = this;
    for (Rollout other : rollouts) {
      if (other.attempt() != null && other.queue().equals(rollout.queue())) {
        record = record.replace(other, begun -> begun.attempted(null));
      }
    }
    return record.replace(rollout, wanted -> wanted.attempted(attempt));
  }

  /// Takes back what was begun and not sent.
  public ServiceRecord drop(Rollout rollout) {
    return replace(rollout, begun -> begun.attempted(null));
  }

  /// Tries a rollout again later.
  public ServiceRecord postpone(Rollout rollout, Instant until) {
    return replace(rollout, begun -> begun.postponed(until));
  }

  /// Ends a rollout, and those that it supersedes.
  ///
  /// @param superseded older ones, of which none is to be tried any more
  public ServiceRecord close(Rollout rollout, Ending ending, List<Rollout> superseded) {
    ServiceRecord record = replace(rollout, open -> open.ended(ending));
    for (Rollout older : superseded) {
      record = record.replace(older, open -> open.ended(superseded(rollout, ending.at())));
    }
    return record.pruned();
  }

  /// Remembers that a digest is not to be tried again.
  public ServiceRecord withFailed(Digest digest) {
    List<Digest> digests = new ArrayList<>(withoutFailed(digest).failed);
    digests.add(digest);
    return withFailed(digests.subList(Math.max(0, digests.size() - MAX_FAILED), digests.size()));
  }

  /// Forgets that a digest failed.
  public ServiceRecord withoutFailed(Digest digest) {
    return withFailed(failed.stream().filter(Predicate.not(digest::equals)).toList());
  }

  /// Notes which endings were told.
  public ServiceRecord told(Set<String> ids) {
    return withRollouts(
            rollouts.stream()
                .map(
                    rollout ->
                        rollout.ending() != null && ids.contains(rollout.id())
                            ? rollout.ended(rollout.ending().asTold())
                            : rollout))
        .pruned();
  }

  /// Holds the service, or lets it go.
  public ServiceRecord held(String name, @Nullable Hold now) {
    return new ServiceRecord(name, rollouts, failed, now, rest);
  }

  private static Ending superseded(Rollout by, Instant at) {
    return Ending.untouched(
        Outcome.SUPERSEDED, "by the push of " + by.push().tag() + " at " + by.push().time(), at);
  }

  private ServiceRecord withRollouts(Stream<Rollout> others) {
    return new ServiceRecord(service, others.toList(), failed, hold, rest);
  }

  private ServiceRecord withFailed(List<Digest> others) {
    return new ServiceRecord(service, rollouts, others, hold, rest);
  }

  private ServiceRecord replace(Rollout rollout, UnaryOperator<Rollout> next) {
    return withRollouts(
        rollouts.stream().map(one -> one.id().equals(rollout.id()) ? next.apply(one) : one));
  }

  private ServiceRecord pruned() {
    Set<Rollout> kept = Retention.of(this);
    return withRollouts(rollouts.stream().filter(kept::contains));
  }

  private static Instant end(Rollout rollout) {
    return rollout.ending() == null ? Instant.MAX : rollout.ending().at();
  }

  static boolean isOnTheService(Rollout rollout) {
    return rollout.ending() != null && rollout.ending().outcome().isOnTheService();
  }

  private static boolean sameDigest(Rollout rollout, @Nullable Digest digest) {
    return digest != null && digest.equals(rollout.push().digest());
  }
}
