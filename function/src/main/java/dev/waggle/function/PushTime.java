package dev.waggle.function;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// When a push was made, as far as that is known.
///
/// @param at by Docker Hub's record where that is of the digest pushed, else as the delivery says;
///   absent where neither tells, or what the delivery says cannot be
/// @param recorded whether it is Docker Hub's record
/// @param evidence what speaks for it or against it
/// @param older whether what registry or Docker Hub know of the tag is older than the push that the
///   delivery tells of, as it is while they lag behind
/// @param unusable whether the delivery says a time that cannot be used
record PushTime(
    @Nullable Instant at, boolean recorded, Evidence evidence, boolean older, boolean unusable) {
  /// How old a push may be. Generous, since Docker Hub documents no time by which it delivers. A
  /// replay of a push that is younger is left to whoever compares the times of pushes.
  static final Duration MAX_AGE = Duration.ofDays(1);

  /// How far apart two clocks may be that tell the time of one push: the delivery's, Docker Hub's
  /// record's, and ours.
  static final Duration TOLERANCE = Duration.ofMinutes(5);

  /// How long after its record Docker Hub may say a push to be before the record counts as that of
  /// an earlier push, for which it is worth to look again. Both times are Docker Hub's own, and the
  /// deliveries of one push may be seconds apart.
  static final Duration MARGIN = Duration.ofSeconds(10);

  PushTime(@Nullable Instant at, boolean recorded, Evidence evidence) {
    this(at, recorded, evidence, false, false);
  }

  /// Returns the same where what is known is older than the push.
  PushTime ofSomethingOlder() {
    return new PushTime(at, recorded, evidence, true, unusable);
  }

  /// Returns the same where the delivery says a time that cannot be used.
  PushTime saidUnusably() {
    return new PushTime(at, recorded, evidence, older, true);
  }

  /// Judges the time that a delivery says.
  ///
  /// A push that Docker Hub recorded long ago is contradicted whatever the delivery says: neither
  /// another time nor none must help to replay it.
  ///
  /// @param said by the delivery
  /// @param now our clock
  /// @param digest which the registry says was pushed; absent when it did not say
  /// @param finding of the tag's last push, as Docker Hub has it
  static PushTime judge(
      @Nullable Instant said, Instant now, @Nullable Digest digest, PushRecords.Finding finding) {
    boolean future = said != null && said.isAfter(now.plus(TOLERANCE));
    if (said != null && said.isBefore(now.minus(MAX_AGE))) {
      return new PushTime(said, false, Evidence.TOO_OLD);
    }
    return switch (finding) {
      case PushRecords.Finding.LastPush last when !last.pushedAt().isAfter(now.plus(TOLERANCE)) ->
          future ? inTheFuture(last, digest) : compared(said, now, digest, last);
      case PushRecords.Finding.LastPush _, PushRecords.Finding.Nothing _ ->
          without(said, future, Evidence.NO_RECORD);
      case PushRecords.Finding.Limited _ -> without(said, future, Evidence.LIMITED);
    };
  }

  private static PushTime inTheFuture(PushRecords.Finding.LastPush last, @Nullable Digest digest) {
    boolean ofIt = digest != null && last.digests().contains(digest);
    return new PushTime(ofIt ? last.pushedAt() : null, ofIt, Evidence.IN_THE_FUTURE);
  }

  private static PushTime without(@Nullable Instant said, boolean future, Evidence evidence) {
    return future
        ? new PushTime(null, false, Evidence.IN_THE_FUTURE)
        : new PushTime(said, false, evidence);
  }

  private static PushTime compared(
      @Nullable Instant said,
      Instant now,
      @Nullable Digest digest,
      PushRecords.Finding.LastPush last) {
    Instant at = last.pushedAt();
    boolean older = said != null && at.isBefore(said.minus(MARGIN));
    if (digest != null && !last.digests().contains(digest)) {
      // Which of the two lags behind? Where Docker Hub has the push that the delivery tells of, and
      // what was pushed then, it is the registry.
      boolean registryLags = said != null && !older && !last.digests().isEmpty();
      return marked(new PushTime(said, false, Evidence.OTHER_RECORD), registryLags);
    }
    Evidence evidence = compared(said, at, now);
    boolean recorded = digest != null;
    return marked(
        new PushTime(recorded ? at : said, recorded, evidence),
        older || evidence == Evidence.NOT_RECORDED);
  }

  private static PushTime marked(PushTime time, boolean older) {
    return older ? time.ofSomethingOlder() : time;
  }

  private static Evidence compared(@Nullable Instant said, Instant last, Instant now) {
    if (last.isBefore(now.minus(MAX_AGE))) {
      return Evidence.NOT_RECORDED;
    }
    if (said == null || Duration.between(said, last).abs().compareTo(TOLERANCE) <= 0) {
      return Evidence.RECORDED;
    }
    return last.isBefore(said) ? Evidence.PUSHED_BEFORE : Evidence.PUSHED_AGAIN;
  }
}
