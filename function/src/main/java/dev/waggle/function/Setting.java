package dev.waggle.function;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An environment variable that configures the function.
enum Setting {
  /// One SHA-256 hash of the webhook's token in hexadecimal digits, or two with a comma between.
  TOKEN_SHA256(
      "WAGGLE_TOKEN_SHA256", null, "set it to what echo -n \"$TOKEN\" | sha256sum prints first"),
  /// The repositories that are ours, each with an optional pattern of tags.
  REPOSITORIES(
      "WAGGLE_REPOSITORIES",
      null,
      "set it to your repositories, for example vorce/playlistlog:1.*,vorce/site"),
  /// The address of the FIFO queue.
  QUEUE_URL("WAGGLE_QUEUE_URL", null, "set it to the address of the FIFO queue"),
  /// The base address of the registry.
  REGISTRY_URL("WAGGLE_REGISTRY_URL", "https://registry-1.docker.io", ""),
  /// The base address of Docker Hub's own API, or `none` to do without its records.
  HUB_URL("WAGGLE_HUB_URL", "https://hub.docker.com", ""),
  /// What becomes of a push whose time is contradicted: `refuse` or `mark`.
  CONTRADICTED_PUSHES("WAGGLE_CONTRADICTED_PUSHES", "refuse", "");

  /// What the names of all settings begin with.
  static final String PREFIX = "WAGGLE_";

  private final String variable;
  private final @Nullable String fallback;
  private final String remedy;

  Setting(String variable, @Nullable String fallback, String remedy) {
    this.variable = variable;
    this.fallback = fallback;
    this.remedy = remedy;
  }

  /// The name of the environment variable.
  String variable() {
    return variable;
  }

  /// The value when the variable is not set; nothing when it must be set.
  Optional<String> fallback() {
    return Optional.ofNullable(fallback);
  }

  /// What to do when a setting that must be set is not.
  String remedy() {
    return remedy;
  }

  /// Returns the value in `environment`. One that is empty counts as not set, since a template
  /// cannot leave one out.
  Optional<String> value(Map<String, String> environment) {
    return Optional.ofNullable(environment.get(variable)).filter(text -> !text.isBlank());
  }

  /// Returns the setting of exactly this name.
  static Optional<Setting> named(String variable) {
    return Arrays.stream(values()).filter(s -> s.variable.equals(variable)).findFirst();
  }

  /// Returns the setting whose name takes the fewest edits to reach from `variable`.
  static Setting nearest(String variable) {
    return Arrays.stream(values())
        .min(Comparator.comparingInt(s -> edits(variable, s.variable)))
        .orElseThrow();
  }

  /// The Levenshtein distance, row by row.
  private static int edits(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }
}
