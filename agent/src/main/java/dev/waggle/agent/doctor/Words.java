package dev.waggle.agent.doctor;

/// Numbers in words.
final class Words {

  private Words() {}

  /// How many there are of something, such as `1 day` and `2 days`.
  static String count(long number, String unit) {
    return number + " " + unit + (number == 1 ? "" : "s");
  }
}
