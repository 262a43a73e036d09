package dev.waggle.agent.doctor;

import java.time.Duration;

/// Numbers in words.
final class Words {

  private Words() {}

  /// How many there are of something, such as `1 day` and `2 days`.
  static String count(long number, String unit) {
    return number + " " + unit + (number == 1 ? "" : "s");
  }

  /// How long something has lasted, in the coarsest unit that fits.
  static String age(Duration age) {
    if (age.toDays() > 0) {
      return count(age.toDays(), "day");
    }
    return age.toHours() > 0
        ? count(age.toHours(), "hour")
        // Clocks differ: less than none is none.
        : count(Math.max(0, age.toMinutes()), "minute");
  }
}
