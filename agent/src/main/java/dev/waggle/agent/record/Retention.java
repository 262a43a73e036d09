package dev.waggle.agent.record;

import dev.waggle.agent.push.Digest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What a record keeps: every manager of the swarm has it in memory.
final class Retention {

  /// Images that the service had, for a rollback and for the time of what it has.
  private static final int MAX_IMAGES = 10;

  /// An engine that takes no mark must not make the record grow without end: these are 50 KB.
  private static final int MAX_UNTOLD = 100;

  private Retention() {}

  /// All that is open, the last endings, those that are still to be told, and those that brought
  /// the last images.
  static Set<Rollout> of(ServiceRecord record) {
    List<Rollout> ended = record.ended();
    List<Rollout> untold = record.untold();
    Set<Rollout> kept = new HashSet<>(record.open());
    kept.addAll(untold.subList(Math.max(0, untold.size() - MAX_UNTOLD), untold.size()));
    ended.stream().limit(ServiceRecord.MAX_ROLLOUTS).forEach(kept::add);
    Set<Digest> digests = new HashSet<>();
    ended.stream()
        .filter(ServiceRecord::isOnTheService)
        .filter(rollout -> rollout.push().digest() == null || digests.add(rollout.push().digest()))
        .limit(MAX_IMAGES)
        .forEach(kept::add);
    return kept;
  }
}
