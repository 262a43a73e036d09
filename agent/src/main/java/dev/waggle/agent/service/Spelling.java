package dev.waggle.agent.service;

import java.util.Collection;
import java.util.Comparator;

/// Finds what somebody meant who misspelt a name.
public final class Spelling {

  /// Two letters that change places are two; three make another word: `wagon`.
  private static final int MAX_SLIPS = 2;

  private Spelling() {}

  /// The known name that the fewest changes turn into the misspelt one.
  ///
  /// @param known at least one
  public static String nearest(String misspelt, Collection<String> known) {
    return known.stream()
        .min(Comparator.comparingInt(name -> distance(misspelt, name)))
        .orElseThrow();
  }

  /// Whether a text is a slip or two away from what was meant.
  ///
  /// Few slips are in the first letter: `toggle` is no `waggle`, though two letters off.
  static boolean isSlip(String text, String meant) {
    return !text.isEmpty()
        && text.charAt(0) == meant.charAt(0)
        && distance(text, meant) <= MAX_SLIPS;
  }

  /// How many letters must be changed, added or dropped to turn one name into the other
  /// (Levenshtein).
  static int distance(String one, String other) {
    int[] row = new int[other.length() + 1];
    for (int j = 0; j <= other.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int substitution = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitution, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[other.length()];
  }
}
