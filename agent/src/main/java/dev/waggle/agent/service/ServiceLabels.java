package dev.waggle.agent.service;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a service's own labels ask of Waggle: the whole configuration of a service.
///
/// @param tags the tags that the service wants
/// @param order the update order to set, null to keep the service's own
/// @param failureAction what Swarm does when the update fails, null to keep the service's own
/// @param timeout how long a rollout may take, null for what the agent is set to
public record ServiceLabels(
    TagFilter tags,
    @Nullable String order,
    @Nullable String failureAction,
    @Nullable Duration timeout) {

  /// What every label of ours begins with.
  public static final String PREFIX = "waggle.";

  /// The label that opts a service in. Without it a service is never touched.
  public static final String TAGS = PREFIX + "tags";

  /// The label that overrides the update order.
  public static final String ORDER = PREFIX + "order";

  /// The label that overrides the failure action.
  public static final String FAILURE_ACTION = PREFIX + "failure-action";

  /// The label that overrides how long a rollout may take.
  public static final String TIMEOUT = PREFIX + "timeout";

  /// The longest that a rollout may take: after a day nobody waits for it any more.
  public static final Duration MAX_TIMEOUT = Duration.ofDays(1);

  /// What Waggle wrote before it had a record. They mean nothing now, and may stay.
  private static final List<String> RETIRED =
      List.of(PREFIX + "push.delivery", PREFIX + "push.time", PREFIX + "rolled-back-from");

  public static final String START_FIRST = "start-first";
  public static final String STOP_FIRST = "stop-first";

  /// What leaves the setting of the service's own as it is.
  static final String KEEP = "keep";

  /// Every label that a user sets.
  public static final List<String> SETTINGS = List.of(TAGS, ORDER, FAILURE_ACTION, TIMEOUT);

  /// What came of reading the labels of an opted-in service.
  public sealed interface Reading {

    /// Every label of ours has a meaning.
    ///
    /// @param labels what they ask
    record Valid(ServiceLabels labels) implements Reading {}

    /// The service is to be left alone.
    ///
    /// @param problem every label that is wrong, and what to mend
    record Invalid(String problem) implements Reading {}
  }

  /// Reads the labels of a service.
  public static Reading read(Map<String, String> labels) {
    List<String> problems = new ArrayList<>();
    TagFilter tags =
        switch (TagFilter.parse(labels.getOrDefault(TAGS, ""))) {
          case TagFilter.Reading.Valid(TagFilter filter) -> filter;
          case TagFilter.Reading.Invalid(String problem) -> {
            problems.add(TAGS + ": " + problem);
            yield null;
          }
        };
    String order = choice(labels, ORDER, List.of(START_FIRST, STOP_FIRST), problems);
    String failureAction =
        choice(labels, FAILURE_ACTION, List.of("rollback", "pause", "continue"), problems);
    Duration timeout = timeout(labels, problems);
    refuseUnknown(labels, problems);
    return tags != null && problems.isEmpty()
        ? new Reading.Valid(new ServiceLabels(tags, order, failureAction, timeout))
        : new Reading.Invalid(String.join("; ", problems));
  }

  /// The first choice is the default.
  private static @Nullable String choice(
      Map<String, String> labels, String label, List<String> choices, List<String> problems) {
    String value = labels.getOrDefault(label, choices.getFirst());
    if (value.equals(KEEP)) {
      return null;
    }
    if (!choices.contains(value)) {
      List<String> all = Stream.concat(choices.stream(), Stream.of(KEEP)).toList();
      problems.add(
          label
              + " must be one of "
              + String.join(", ", all)
              + "; did you mean "
              + Spelling.nearest(value, all)
              + "?");
    }
    return value;
  }

  private static @Nullable Duration timeout(Map<String, String> labels, List<String> problems) {
    String value = labels.get(TIMEOUT);
    if (value == null) {
      return null;
    }
    try {
      return duration(value);
    } catch (IllegalArgumentException wrong) {
      problems.add(TIMEOUT + " must be a duration such as 90s or 10m, at most 24h");
      return null;
    }
  }

  /// Reads a duration such as `90s`, `10m` or `1h30m`.
  ///
  /// @throws IllegalArgumentException if the text is none, or more than [#MAX_TIMEOUT]
  public static Duration duration(String text) {
    try {
      Duration duration = Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
      if (!duration.isPositive() || duration.compareTo(MAX_TIMEOUT) > 0) {
        throw new IllegalArgumentException("out of range");
      }
      return duration;
    } catch (DateTimeParseException notADuration) {
      throw new IllegalArgumentException(notADuration);
    }
  }

  /// What is to mend in the labels of a service that are meant for us and have no effect, which
  /// nobody would see otherwise: a misspelt prefix, and where the service is not opted in, a
  /// misspelt `waggle.tags`.
  ///
  /// @return empty if there is nothing
  public static Optional<String> strays(Map<String, String> labels) {
    List<String> strays = new ArrayList<>();
    for (String label : new TreeSet<>(labels.keySet())) {
      if (!label.startsWith(PREFIX)) {
        meant(label).ifPresent(meant -> strays.add(unknown(label, meant)));
      } else if (SETTINGS.contains(label) && !labels.containsKey(TAGS)) {
        strays.add(label + " has no effect without " + TAGS);
      }
    }
    if (!labels.containsKey(TAGS)) {
      refuseUnknown(labels, strays);
    }
    return strays.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", strays));
  }

  /// What is to mend in all labels that are meant for us and have no effect.
  ///
  /// @param labels the service's own
  /// @param ofContainers its containers'
  /// @return empty if there is nothing
  public static Optional<String> strays(
      Map<String, String> labels, Map<String, String> ofContainers) {
    List<String> problems = new ArrayList<>();
    strays(labels).ifPresent(problems::add);
    SortedMap<String, String> misplaced = misplaced(labels, ofContainers);
    if (!misplaced.isEmpty()) {
      problems.add(
          "it has "
              + String.join(", ", misplaced.keySet())
              + " on its containers, where Waggle does not look");
    }
    return problems.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", problems));
  }

  /// The labels of containers that are meant for us, though we look at the service's own alone.
  /// What the service itself says as well has its effect.
  ///
  /// @param labels the service's own
  /// @param ofContainers its containers'
  public static SortedMap<String, String> misplaced(
      Map<String, String> labels, Map<String, String> ofContainers) {
    SortedMap<String, String> misplaced = new TreeMap<>(ofContainers);
    misplaced
        .entrySet()
        .removeIf(
            label ->
                (!label.getKey().startsWith(PREFIX) && meant(label.getKey()).isEmpty())
                    || label.getValue().equals(labels.get(label.getKey())));
    return misplaced;
  }

  /// The setting that a label is, or would be with its prefix spelt right: `wagle-tags` is meant
  /// for `waggle.tags`.
  public static Optional<String> meant(String label) {
    String lower = label.toLowerCase(Locale.ROOT);
    return SETTINGS.stream().filter(setting -> isMeant(lower, setting)).findFirst();
  }

  private static boolean isMeant(String label, String setting) {
    String name = setting.substring(PREFIX.length());
    return label.endsWith(name)
        && Spelling.isSlip(label.substring(0, label.length() - name.length()), PREFIX);
  }

  /// A misspelt label would silently be the default.
  private static void refuseUnknown(Map<String, String> labels, List<String> problems) {
    for (String label : new TreeSet<>(labels.keySet())) {
      if (label.startsWith(PREFIX) && !SETTINGS.contains(label) && !RETIRED.contains(label)) {
        problems.add(unknown(label, Spelling.nearest(label, SETTINGS)));
      }
    }
  }

  private static String unknown(String label, String meant) {
    return label + " is unknown; did you mean " + meant + "?";
  }
}
