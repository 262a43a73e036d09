package dev.waggle.function;

import dev.waggle.function.PushRecords.PushRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// When a push was made, as far as that is known.
///
/// @param at by Docker Hub's record where that is of the digest pushed, else as the delivery says;
///   absent where neither tells, or what the delivery says cannot be
/// @param recorded whether it is Docker Hub's record
/// @param evidence what speaks for it or against it
/// @param unusable whether the delivery says a time that cannot be used
record PushTime(@Nullable Instant at, boolean recorded, Evidence evidence, boolean unusable) {
  /// How old a push may be. Generous, since Docker Hub documents no time by which it delivers. A
  /// replay of a push that is younger is left to whoever compares the times of pushes.
  static final Duration MAX_AGE = Duration.ofDays(1);

  /// How far apart two clocks may be that tell the time of one push: the delivery's, Docker Hub's
  /// record's, and ours.
  static final Duration TOLERANCE = Duration.ofMinutes(5);

  PushTime(@Nullable Instant at, boolean recorded, Evidence evidence) {
    this(at, recorded, evidence, false);
  }

  /// Returns the same where the delivery says a time that cannot be used.
  PushTime saidUnusably() {
    return new PushTime(at, recorded, evidence, true);
  }

  /// Judges the time that a delivery says.
  ///
  /// A push that Docker Hub recorded long ago is contradicted whatever the delivery says: neither
  /// another time nor none must help to replay it.
  ///
  /// @param said by the delivery
  /// @param now our clock
  /// @param digest which the registry says was pushed; absent when it did not say
  /// @param record of the tag's last push, as Docker Hub has it
  static PushTime judge(
      @Nullable Instant said, Instant now, @Nullable Digest digest, Optional<PushRecord> record) {
    Optional<PushRecord> known = record.filter(of -> !of.pushedAt().isAfter(now.plus(TOLERANCE)));
    Optional<Instant> last =
        known
            .filter(of -> digest != null && of.digests().contains(digest))
            .map(PushRecord::pushedAt);
    if (said != null && said.isAfter(now.plus(TOLERANCE))) {
      return new PushTime(last.orElse(null), last.isPresent(), Evidence.IN_THE_FUTURE);
    }
    if (said != null && said.isBefore(now.minus(MAX_AGE))) {
      return new PushTime(said, false, Evidence.TOO_OLD);
    }
    if (last.isPresent()) {
      return new PushTime(last.get(), true, compared(said, last.get(), now));
    }
    if (known.isEmpty()) {
      return new PushTime(said, false, Evidence.NO_RECORD);
    }
    boolean fits =
        digest == null && compared(said, known.get().pushedAt(), now) == Evidence.RECORDED;
    return new PushTime(said, false, fits ? Evidence.RECORDED : Evidence.OTHER_RECORD);
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
