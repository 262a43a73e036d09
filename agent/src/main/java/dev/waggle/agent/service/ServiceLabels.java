package dev.waggle.agent.service;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
  private static final String KEEP = "keep";

  /// Every label that a user sets.
  public static final List<String> SETTINGS = List.of(TAGS, ORDER, FAILURE_ACTION, TIMEOUT);

  private static final Pattern PARTS =
      Pattern.compile("(?<prefix>[a-z]+)[._/-](?<setting>[a-z-]+)");

  /// `google.tags` is three letters away.
  private static final int MAX_MISSPELT = 2;

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

  /// What is to mend in the labels of a service that is not opted in, though some of them are meant
  /// for us: a misspelt `waggle.tags`, or one on its containers, is otherwise never seen.
  ///
  /// @return empty if no label is meant for us, or the service is opted in
  public static Optional<String> strays(ServiceState service) {
    Map<String, String> labels = service.labels();
    if (labels.containsKey(TAGS)) {
      return Optional.empty();
    }
    List<String> strays = new ArrayList<>();
    for (String label : new TreeSet<>(labels.keySet())) {
      if (SETTINGS.contains(label)) {
        strays.add(label + " has no effect without " + TAGS);
      } else if (!label.startsWith(PREFIX) && isMeantForUs(label)) {
        strays.add(unknown(label));
      }
    }
    refuseUnknown(labels, strays);
    for (String label : new TreeSet<>(service.containerLabels().keySet())) {
      if (isMeantForUs(label)) {
        strays.add(
            label
                + " is a label of its containers, where Waggle does not look: in a compose file it"
                + " belongs under deploy.labels");
      }
    }
    return strays.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", strays));
  }

  /// Whether a label is one of ours but for two letters of its prefix, and for what stands behind
  /// that.
  private static boolean isMeantForUs(String label) {
    Matcher parts = PARTS.matcher(label.toLowerCase(Locale.ROOT));
    return parts.matches()
        && SETTINGS.contains(PREFIX + parts.group("setting"))
        && Spelling.distance(parts.group("prefix") + ".", PREFIX) <= MAX_MISSPELT;
  }

  private static String unknown(String label) {
    return label + " is unknown; did you mean " + Spelling.nearest(label, SETTINGS) + "?";
  }

  /// A misspelt label would silently be the default.
  private static void refuseUnknown(Map<String, String> labels, List<String> problems) {
    for (String label : new TreeSet<>(labels.keySet())) {
      if (label.startsWith(PREFIX) && !SETTINGS.contains(label) && !RETIRED.contains(label)) {
        problems.add(unknown(label));
      }
    }
  }
}
