package dev.waggle.agent.rollout;

import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.service.ServiceState;

/// How a rollout ends.
///
/// @param outcome in a word
/// @param detail why, empty if there is nothing to add
/// @param triesOlder whether an older push may do better: the service has, or gets back, what it
///   had before
record Conclusion(Outcome outcome, String detail, boolean triesOlder) {

  static Conclusion of(Outcome outcome) {
    return new Conclusion(outcome, "", false);
  }

  /// An end that another image would meet as well.
  static Conclusion of(Outcome outcome, String detail) {
    return new Conclusion(outcome, detail, false);
  }

  /// An end that says something of this image only.
  static Conclusion ofTheImage(Outcome outcome, String detail) {
    return new Conclusion(outcome, detail, true);
  }

  static Conclusion hasAnother(ServiceState service) {
    return of(Outcome.SUPERSEDED, "by " + service.imageText() + " that the service has");
  }
}
