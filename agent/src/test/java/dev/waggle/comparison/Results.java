package dev.waggle.comparison;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What one run measured.
///
/// @param measuredAt the day
/// @param version of Waggle, by its commit
/// @param machine where
/// @param time of every rollout
/// @param truth of every situation and tool
/// @param fidelity of every tool
/// @param rest of every tool that rests
/// @param losses of every tool
/// @param scale of every size of swarm and queue
record Results(
    String measuredAt,
    String version,
    Machine machine,
    List<Timing> time,
    List<Judgement> truth,
    List<Fidelity> fidelity,
    List<Rest> rest,
    List<Loss> losses,
    List<Cell> scale) {

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /// Takes copies.
  Results {
    time = List.copyOf(time);
    truth = List.copyOf(truth);
    fidelity = List.copyOf(fidelity);
    rest = List.copyOf(rest);
    losses = List.copyOf(losses);
    scale = List.copyOf(scale);
  }

  /// Where it was measured, and with which versions.
  record Machine(
      String processor,
      int processors,
      long memoryGibibytes,
      String system,
      String kernel,
      String java,
      String engine,
      String command,
      String webhook,
      String sqs) {}

  /// One rollout, in milliseconds since the push was told, or the command was started.
  ///
  /// @param updateCall when the engine took the update
  /// @param completed when Swarm had completed it
  /// @param known when the tool had said so
  record Timing(Tool tool, int round, double updateCall, double completed, double known) {}

  /// What a tool said in a situation, and what was true.
  ///
  /// @param claim what it said, in short
  /// @param words its own
  /// @param seconds when it had said it, null if it never did
  /// @param truth what was true, in short
  /// @param facts what the engine says
  /// @param right whether the one fits the other
  record Judgement(
      Situation situation,
      Tool tool,
      Claim claim,
      String words,
      @Nullable Double seconds,
      Claim truth,
      String facts,
      boolean right) {}

  /// What an update took from a service that sets everything.
  ///
  /// @param tool the tool's name
  /// @param changed the fields that it lost or changed without being asked to
  /// @param remark what there is to add, empty if nothing
  record Fidelity(String tool, List<String> changed, String remark) {

    /// Takes a copy.
    Fidelity {
      changed = List.copyOf(changed);
    }
  }

  /// What a tool takes while nothing is pushed.
  ///
  /// @param residentMebibytes of its process
  /// @param shownMebibytes by `docker stats`, null without a container
  /// @param percentOfACore over the time of rest
  record Rest(
      Tool tool,
      double residentMebibytes,
      @Nullable Double shownMebibytes,
      double percentOfACore) {}

  /// What three pushes came to that were made while the host was off.
  ///
  /// @param lost how many it will never know of
  /// @param runsNewest whether the service ran the last afterwards
  /// @param seconds until then, from the start of the engine, null if never
  /// @param words what it said of them
  record Loss(Tool tool, int lost, boolean runsNewest, @Nullable Double seconds, String words) {}

  /// The agent in a swarm of so many services before a queue of so many pushes.
  ///
  /// @param decideMs from the receive of the first message to the update of the service
  /// @param calls of the engine in that time
  /// @param kibibytes that the engine answered in that time
  /// @param mostMebibytes that the container ever held
  record Cell(
      int services,
      int pushes,
      double decideMs,
      long calls,
      double kibibytes,
      double mostMebibytes) {

    /// Calls of the engine for every push.
    double callsPerPush() {
      return (double) calls / pushes;
    }
  }

  /// The same with what was measured last.
  Results withScale(List<Cell> cells) {
    return new Results(measuredAt, version, machine, time, truth, fidelity, rest, losses, cells);
  }

  /// The middle one of what a tool's rollouts have.
  double median(Tool tool, ToDoubleFunction<Timing> of) {
    double[] sorted = timings(tool).mapToDouble(of).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /// A tool's rollouts.
  Stream<Timing> timings(Tool tool) {
    return time.stream().filter(timing -> timing.tool() == tool);
  }

  /// How long a tool takes until it is known how a push ended, as a multiple of the bare command's
  /// time.
  double ratioToBareCommand(Tool tool) {
    return median(tool, Timing::known) / median(Tool.BARE_COMMAND, Timing::known);
  }

  /// In how many situations a tool was right.
  long right(Tool tool) {
    return truth.stream()
        .filter(judgement -> judgement.tool() == tool && judgement.right())
        .count();
  }

  /// How many situations there were.
  long situations() {
    return truth.stream().map(Judgement::situation).distinct().count();
  }

  /// Reads a file that [#write] wrote.
  static Results read(Path file) throws IOException {
    return JSON.readValue(file.toFile(), Results.class);
  }

  /// Writes everything.
  void write(Path file) throws IOException {
    Files.writeString(file, JSON.writeValueAsString(this) + "\n");
  }
}
