package dev.waggle.agent.doctor;

import dev.waggle.agent.doctor.Finding.Check;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;

/// Judges the clock by another.
///
/// @param whose the other
/// @param theirs what it said
/// @param ours what the own one said when that answer came
record ClockCheck(String whose, Instant theirs, Instant ours) {

  private static final Duration MIN_NOTICEABLE = Duration.ofMinutes(1);

  /// SQS refuses a signature that is further off.
  private static final Duration MIN_UNBEARABLE = Duration.ofMinutes(15);

  private static final String REMEDY = "set the clock of this host: timedatectl set-ntp true";

  /// The check by whoever answered, empty if that did not tell the time.
  ///
  /// @param time what an answer says of the other's clock
  static <T> Optional<ClockCheck> of(
      String whose, Answer<T> answer, Function<T, Optional<Instant>> time) {
    return answer
        .given()
        .flatMap(
            given ->
                time.apply(given.value()).map(theirs -> new ClockCheck(whose, theirs, given.at())));
  }

  Finding finding() {
    Duration off = Duration.between(theirs, ours);
    String found =
        off.abs().toSeconds() + " s " + (off.isNegative() ? "behind " : "ahead of ") + whose;
    if (off.abs().compareTo(MIN_UNBEARABLE) >= 0) {
      return Finding.problem(Check.CLOCK, found + ": SQS refuses more than 15 minutes", REMEDY);
    }
    return off.abs().compareTo(MIN_NOTICEABLE) >= 0
        ? Finding.warning(Check.CLOCK, found, REMEDY)
        : Finding.ok(Check.CLOCK, "within a minute of " + whose);
  }
}
