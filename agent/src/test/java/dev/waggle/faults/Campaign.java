package dev.waggle.faults;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Runs of many seeds, on a few lanes side by side.
final class Campaign {

  /// How the run of a seed went.
  ///
  /// @param violations what must not be, with its evidence; nothing if all is well
  /// @param forgiven what was not as it should be, and is not ours
  record Result(Plan plan, List<String> violations, Set<String> forgiven, Duration took) {}

  private final Queue<Long> seeds;
  private final List<Result> results = Collections.synchronizedList(new ArrayList<>());

  private Campaign(List<Long> seeds) {
    this.seeds = new ConcurrentLinkedQueue<>(seeds);
  }

  /// Runs all; tells each failure as soon as it is known.
  static List<Result> run(List<Long> seeds, int lanes) throws InterruptedException {
    Campaign campaign = new Campaign(seeds);
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int lane = 0; lane < Math.min(lanes, seeds.size()); lane++) {
        all.add(
            executor.submit(
                () -> {
                  campaign.work();
                  return null;
                }));
      }
      for (Future<?> lane : all) {
        try {
          lane.get();
        } catch (ExecutionException failed) {
          throw new IllegalStateException("a lane broke", failed.getCause());
        }
      }
    }
    return List.copyOf(campaign.results);
  }

  private void work() throws InterruptedException {
    Lane lane = new Lane();
    try {
      for (Long seed = seeds.poll(); seed != null; seed = seeds.poll()) {
        Result result = run(lane, Planner.plan(seed));
        results.add(result);
        System.out.println(line(result));
        // What failed may have left anything behind.
        boolean usable = result.violations.isEmpty() && cleared(lane);
        if (!usable && !seeds.isEmpty()) {
          lane.close();
          lane = new Lane();
        }
      }
    } finally {
      lane.close();
    }
  }

  private static boolean cleared(Lane lane) {
    try {
      lane.clear();
      return true;
    } catch (RuntimeException broken) {
      System.out.println("a new lane, because of " + broken);
      return false;
    }
  }

  private static Result run(Lane lane, Plan plan) throws InterruptedException {
    long began = System.nanoTime();
    List<String> violations;
    Set<String> forgiven = Set.of();
    try (Run run = new Run(lane, plan)) {
      try {
        Invariants.Judgement judgement = Invariants.judge(plan, run.observe());
        violations = judgement.violations();
        forgiven = judgement.forgiven();
      } catch (RuntimeException broken) {
        violations = List.of("the run broke: " + broken + ", " + broken.getCause());
      }
      if (!violations.isEmpty()) {
        keep(plan, run);
      }
    }
    return new Result(plan, violations, forgiven, Duration.ofNanos(System.nanoTime() - began));
  }

  /// The agents' log of a failure, beside the reports.
  private static void keep(Plan plan, Run run) {
    try {
      Files.writeString(
          Files.createDirectories(Path.of("target", "faults")).resolve(plan.seed() + ".log"),
          plan + "\n" + String.join("\n", run.log()));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static String line(Result result) {
    String line =
        "seed "
            + result.plan.seed()
            + ": "
            + result.plan.kinds()
            + ", "
            + result.took.toSeconds()
            + " s"
            + (result.forgiven.isEmpty() ? "" : ", forgiven: " + result.forgiven);
    return result.violations.isEmpty() ? line : line + "\n" + failure(result);
  }

  /// All that is to be known of a failed seed, and how to run it again.
  static String failure(Result result) {
    return "seed "
        + result.plan.seed()
        + " violates\n  "
        + String.join("\n  ", result.violations)
        + "\n"
        + result.plan
        + "\nthe agents' log: agent/target/faults/"
        + result.plan.seed()
        + ".log"
        + "\nrun it again:    mvn verify -P faults -Dfaults.seed="
        + result.plan.seed();
  }

  /// How often each fault was injected, and how often a run with it failed.
  static String table(List<Result> results) {
    Map<FaultKind, int[]> counts = counts(results);
    StringBuilder table = new StringBuilder("| fault | runs | failed |\n| --- | ---: | ---: |\n");
    counts.forEach(
        (kind, count) ->
            table
                .append("| ")
                .append(kind)
                .append(" | ")
                .append(count[0])
                .append(" | ")
                .append(count[1])
                .append(" |\n"));
    long failed = results.stream().filter(result -> !result.violations.isEmpty()).count();
    table.append("| all | ").append(results.size()).append(" | ").append(failed).append(" |\n");
    Map<String, Integer> forgiven = new TreeMap<>();
    results.forEach(
        result -> result.forgiven.forEach(what -> forgiven.merge(what, 1, Integer::sum)));
    if (!forgiven.isEmpty()) {
      table.append("\n| forgiven | runs |\n| --- | ---: |\n");
      forgiven.forEach(
          (what, runs) ->
              table.append("| ").append(what).append(" | ").append(runs).append(" |\n"));
    }
    return table.toString();
  }

  private static Map<FaultKind, int[]> counts(List<Result> results) {
    Map<FaultKind, int[]> counts = new EnumMap<>(FaultKind.class);
    for (FaultKind kind : FaultKind.values()) {
      counts.put(kind, new int[2]);
    }
    for (Result result : results) {
      for (FaultKind kind : result.plan.kinds()) {
        int[] count = counts.getOrDefault(kind, new int[2]);
        count[0]++;
        count[1] += result.violations.isEmpty() ? 0 : 1;
      }
    }
    return counts;
  }

  /// Writes the table, and for machines counts and failures.
  static void write(List<Result> results, Path folder) {
    ObjectNode report = new JsonMapper().createObjectNode();
    report.put("runs", results.size());
    counts(results)
        .forEach(
            (kind, count) ->
                report.withObject("/faults/" + kind).put("runs", count[0]).put("failed", count[1]));
    report.putArray("failed");
    results.stream()
        .filter(result -> !result.violations.isEmpty())
        .forEach(
            result -> {
              ObjectNode failed =
                  report.withArray("/failed").addObject().put("seed", result.plan.seed());
              result.violations.forEach(failed.withArray("/violations")::add);
            });
    try {
      Files.writeString(folder.resolve("fault-campaign.md"), table(results));
      Files.writeString(folder.resolve("fault-campaign.json"), report.toPrettyString());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
