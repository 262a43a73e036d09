package dev.waggle.agent.service;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// Values in the words that commands print.
public final class Words {

  private Words() {}

  /// How many there are of something: `1 day`, `2 days`.
  public static String count(long number, String unit) {
    return number + " " + unit + (number == 1 ? "" : "s");
  }

  /// How long something has lasted, in the coarsest unit that fits: `45 minutes`, `12 days`.
  ///
  /// @param age negative where the clocks of two hosts differ, which counts as none
  public static String age(Duration age) {
    if (age.toDays() > 0) {
      return count(age.toDays(), "day");
    }
    if (age.toHours() > 0) {
      return count(age.toHours(), "hour");
    }
    return age.toMinutes() > 0
        ? count(age.toMinutes(), "minute")
        : count(Math.max(0, age.toSeconds()), "second");
  }

  /// A time, to the second.
  public static String seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /// Somebody's text in one line: whoever may set a label must not write to the terminal.
  public static String oneLine(String text) {
    return text.replaceAll("\\p{Cntrl}", " ");
  }

  /// How many pushes wait.
  public static String waiting(int pushes) {
    return pushes == 1 ? "1 push waits" : pushes + " pushes wait";
  }
}
