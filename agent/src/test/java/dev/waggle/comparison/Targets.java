package dev.waggle.comparison;

import dev.waggle.comparison.Results.Cell;
import dev.waggle.comparison.Results.Timing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What Waggle promises.
final class Targets {

  static final double MOST_OF_THE_BARE_COMMAND = 1.03;
  static final double MOST_MILLISECONDS_TO_THE_UPDATE_CALL = 100;

  private static final double MOST_VARIATION = 1.2;
  private static final int CALLS_BY_CHANCE = 2;

  private Targets() {}

  /// What of it does not hold.
  ///
  /// @param timed whether times count, for which a few rollouts on a busy machine do not do
  static List<String> missed(Results results, boolean timed) {
    List<String> missed = new ArrayList<>();
    double ratio = results.ratioToBareCommand(Tool.WAGGLE);
    double updateCall = results.median(Tool.WAGGLE, Timing::updateCall);
    if (timed && ratio > MOST_OF_THE_BARE_COMMAND) {
      missed.add(String.format(Locale.ROOT, "%.3f of the bare command's time", ratio));
    }
    if (timed && updateCall >= MOST_MILLISECONDS_TO_THE_UPDATE_CALL) {
      missed.add(String.format(Locale.ROOT, "%.1f ms until the update call", updateCall));
    }
    if (results.right(Tool.WAGGLE) != results.situations()) {
      missed.add(
          "right in " + results.right(Tool.WAGGLE) + " of " + results.situations() + " situations");
    }
    results.fidelity().stream()
        .filter(fidelity -> fidelity.tool().equals(Tool.WAGGLE.title()))
        .filter(fidelity -> !fidelity.changed().isEmpty() || !fidelity.remark().isEmpty())
        .forEach(fidelity -> missed.add("fields lost: " + fidelity));
    results.losses().stream()
        .filter(loss -> loss.tool() == Tool.WAGGLE)
        .filter(loss -> loss.lost() > 0 || !loss.runsNewest())
        .forEach(loss -> missed.add("pushes lost: " + loss));
    results.scale().stream()
        .filter(cell -> cell.mostMebibytes() > ScaleMeasurement.LIMIT_MEBIBYTES)
        .forEach(cell -> missed.add("memory beyond the limit: " + cell));
    results.scale().stream()
        .filter(cell -> growsWithTheSwarm(results, cell))
        .forEach(cell -> missed.add("more calls in a larger swarm: " + cell));
    return missed;
  }

  /// Against the smallest swarm before the same queue. How many messages come together, and so the
  /// calls, is the queue's.
  private static boolean growsWithTheSwarm(Results results, Cell cell) {
    return results.scale().stream()
        .filter(other -> other.pushes() == cell.pushes())
        .findFirst()
        .filter(smallest -> cell.calls() > smallest.calls() * MOST_VARIATION + CALLS_BY_CHANCE)
        .isPresent();
  }
}
