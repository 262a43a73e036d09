package dev.waggle.function;

import java.time.Duration;

/// The moment by which calls to the outside must have ended.
final class Deadline {
  private final long end;

  private Deadline(long end) {
    this.end = end;
  }

  /// Returns the deadline `budget` from now.
  static Deadline in(Duration budget) {
    return new Deadline(System.nanoTime() + budget.toNanos());
  }

  /// Returns this deadline, or the one `budget` from now if that is nearer.
  Deadline atMost(Duration budget) {
    Deadline other = in(budget);
    return other.end - end < 0 ? other : this;
  }

  /// Returns the deadline that leaves `reserve` until this one.
  Deadline before(Duration reserve) {
    return new Deadline(end - reserve.toNanos());
  }

  /// Returns how long there is until then, at least one millisecond: zero means no limit to most
  /// clients.
  Duration remaining() {
    Duration left = Duration.ofNanos(end - System.nanoTime());
    return left.compareTo(Duration.ofMillis(1)) < 0 ? Duration.ofMillis(1) : left;
  }

  /// Tells whether `pause` from now would still be in time.
  boolean allows(Duration pause) {
    return end - System.nanoTime() > pause.toNanos();
  }
}
