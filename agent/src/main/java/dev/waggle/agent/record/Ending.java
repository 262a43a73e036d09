package dev.waggle.agent.record;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// How a rollout ended.
///
/// @param outcome in a word
/// @param detail why, empty if there is nothing to add; for the most part somebody else's text
/// @param at when that was known
/// @param started when the update was sent to the engine, null if none was
/// @param serving when the first task of the image ran, null if none did
/// @param servingAgain when the image before ran again in every slot, null if it had not to or did
///   not
/// @param before the image that the service named before, null if it was not touched
/// @param told whether log and notifications have it
public record Ending(
    Outcome outcome,
    String detail,
    Instant at,
    @Nullable Instant started,
    @Nullable Instant serving,
    @Nullable Instant servingAgain,
    @Nullable String before,
    boolean told) {

  /// A record is no log: every manager keeps it in memory.
  private static final int MAX_DETAIL = 500;

  /// Shortens the detail.
  public Ending {
    detail = detail.length() > MAX_DETAIL ? shortened(detail) : detail;
  }

  /// Half a letter could not be written as UTF-8.
  private static String shortened(String detail) {
    int end = MAX_DETAIL - 1;
    return detail.substring(0, Character.isHighSurrogate(detail.charAt(end - 1)) ? end - 1 : end)
        + "…";
  }

  /// An ending after which no image before had to run again.
  public Ending(
      Outcome outcome,
      String detail,
      Instant at,
      @Nullable Instant started,
      @Nullable Instant serving,
      @Nullable String before,
      boolean told) {
    this(outcome, detail, at, started, serving, null, before, told);
  }

  /// An ending that touched nothing.
  public static Ending untouched(Outcome outcome, String detail, Instant at) {
    return new Ending(outcome, detail, at, null, null, null, false);
  }

  Ending asTold() {
    return new Ending(outcome, detail, at, started, serving, servingAgain, before, true);
  }
}
