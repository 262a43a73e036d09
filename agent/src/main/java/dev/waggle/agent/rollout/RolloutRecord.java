package dev.waggle.agent.rollout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What Waggle writes into a service's labels, in the same update as the image, for whoever decides
/// about the next push. Swarm's rollback takes it back together with the image.
///
/// @param deliveryId which push gave the service its image, null before the first
/// @param pushedAt when that was pushed, null before the first
/// @param rolledBackFrom what Swarm went back from before that update, the last at the end
public record RolloutRecord(
    @Nullable String deliveryId, @Nullable Instant pushedAt, SequencedSet<Digest> rolledBackFrom) {

  static final String DELIVERY = ServiceLabels.PREFIX + "push.delivery";
  static final String PUSHED_AT = ServiceLabels.PREFIX + "push.time";
  static final String ROLLED_BACK_FROM = ServiceLabels.PREFIX + "rolled-back-from";

  /// Every label that Waggle writes.
  public static final List<String> LABELS = List.of(DELIVERY, PUSHED_AT, ROLLED_BACK_FROM);

  /// A label is no archive.
  private static final int MOST_DIGESTS = 8;

  /// Reads what we wrote; empty if a label does not say that, with the problem added.
  static Optional<RolloutRecord> read(Map<String, String> labels, List<String> problems) {
    int before = problems.size();
    Instant pushedAt = value(labels, PUSHED_AT, Instant::parse, problems);
    SequencedSet<Digest> digests =
        value(labels, ROLLED_BACK_FROM, RolloutRecord::digests, problems);
    return problems.size() > before
        ? Optional.empty()
        : Optional.of(
            new RolloutRecord(
                labels.get(DELIVERY), pushedAt, digests == null ? new LinkedHashSet<>() : digests));
  }

  private static <T> @Nullable T value(
      Map<String, String> labels, String label, Function<String, T> type, List<String> problems) {
    String text = labels.get(label);
    if (text == null) {
      return null;
    }
    try {
      return type.apply(text);
    } catch (IllegalArgumentException | DateTimeParseException notOurs) {
      problems.add(label + " is written by Waggle alone: remove it with --label-rm " + label);
      return null;
    }
  }

  private static SequencedSet<Digest> digests(String text) {
    return Arrays.stream(text.split(","))
        .map(Digest::new)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /// The record to go with an update to a push.
  RolloutRecord next(Push push, SequencedSet<Digest> rolledBackSince) {
    SequencedSet<Digest> digests = new LinkedHashSet<>(rolledBackFrom);
    digests.removeAll(rolledBackSince);
    digests.addAll(rolledBackSince);
    while (digests.size() > MOST_DIGESTS) {
      digests.removeFirst();
    }
    return new RolloutRecord(push.deliveryId(), push.time(), digests);
  }

  void writeTo(ObjectNode labels) {
    labels.put(DELIVERY, deliveryId);
    labels.put(PUSHED_AT, String.valueOf(pushedAt));
    if (rolledBackFrom.isEmpty()) {
      labels.remove(ROLLED_BACK_FROM);
    } else {
      labels.put(
          ROLLED_BACK_FROM,
          rolledBackFrom.stream().map(Digest::value).collect(Collectors.joining(",")));
    }
  }
}
