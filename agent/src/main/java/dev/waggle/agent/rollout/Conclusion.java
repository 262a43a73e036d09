package dev.waggle.agent.rollout;

import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.service.ServiceState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// How a rollout ends.
///
/// @param outcome in a word
/// @param detail why, empty if there is nothing to add
/// @param triesOlder whether an older push may do better: the service has, or gets back, what it
///   had before
/// @param servesAgain whether every slot runs again what the service had before
record Conclusion(Outcome outcome, String detail, boolean triesOlder, boolean servesAgain) {

  /// What is shorter may lie between two looks.
  private static final Duration MIN_DOWN = Duration.ofSeconds(1);

  static Conclusion of(Outcome outcome) {
    return new Conclusion(outcome, "", false, false);
  }

  /// An end that another image would meet as well.
  static Conclusion of(Outcome outcome, String detail) {
    return new Conclusion(outcome, detail, false, false);
  }

  /// An end that says something of this image only.
  static Conclusion ofTheImage(Outcome outcome, String detail) {
    return new Conclusion(outcome, detail, true, false);
  }

  /// Swarm went back to the image before.
  ///
  /// @param error what a task said when it failed, empty if none did
  /// @param missing how many replicas do not run the image before
  /// @param down for how long no task of the service ran
  static Conclusion rolledBack(String error, long missing, Duration down) {
    List<String> details = new ArrayList<>();
    if (!error.isEmpty()) {
      details.add(error);
    }
    if (down.compareTo(MIN_DOWN) >= 0) {
      details.add("no task ran for " + down.toSeconds() + " s");
    }
    if (missing > 0) {
      details.add(
          missing
              + (missing == 1 ? " task" : " tasks")
              + " of the image before "
              + (missing == 1 ? "does" : "do")
              + " not run");
    }
    return new Conclusion(Outcome.ROLLED_BACK, String.join("; ", details), true, missing == 0);
  }

  static Conclusion hasAnother(ServiceState service) {
    return of(Outcome.SUPERSEDED, "by " + service.imageText() + " that the service has");
  }
}
