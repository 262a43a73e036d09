package dev.waggle.comparison;

import dev.waggle.comparison.Results.Machine;
import dev.waggle.testhost.NamespacedEngine;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.SqsServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;

/// Measures everything in one run on one private engine, and writes data, tables and plots.
final class Comparison {

  private static final String QUICK = "--quick";
  private static final int USAGE = 2;
  private static final Duration OF_A_COMMAND = Duration.ofSeconds(20);

  /// How much is measured.
  ///
  /// @param directory where the results go
  /// @param readme the README whose part about it is to be brought up to date
  private record Extent(
      int rounds,
      Duration rest,
      List<Situation> situations,
      List<Integer> sizesOfSwarm,
      List<Integer> sizesOfQueue,
      Path directory,
      Path readme) {

    static Extent full() {
      return new Extent(
          20,
          Duration.ofMinutes(1),
          List.of(Situation.values()),
          List.of(10, 100, 1000),
          List.of(1, 100, 1000),
          Path.of("docs", "comparison"),
          Path.of("README.md"));
    }

    /// Enough to see that everything works, in three minutes.
    static Extent quick() throws IOException {
      Path directory = Path.of("target", "comparison");
      Files.createDirectories(directory);
      return new Extent(
          2,
          Duration.ofSeconds(10),
          List.of(Situation.GOOD, Situation.TAG_MISSING, Situation.CRASH_AFTER_START),
          List.of(10, 50),
          List.of(1, 50),
          directory,
          Files.writeString(directory.resolve("in-the-readme.md"), Page.BEGIN + Page.END));
    }
  }

  private final Scene scene;
  private final Extent extent;

  private Comparison(Scene scene, Extent extent) {
    this.scene = scene;
    this.extent = extent;
  }

  /// Ends with status 1 when a target is missed.
  ///
  /// @param arguments none, or `--quick`
  public static void main(String[] arguments) throws Exception {
    boolean quick = List.of(arguments).equals(List.of(QUICK));
    if (arguments.length > 0 && !quick) {
      System.err.println("usage: agent/compare [" + QUICK + "]");
      System.exit(USAGE);
    }
    List<String> missed;
    try (PrivateEngine engine = PrivateEngine.start()) {
      if (!(engine instanceof NamespacedEngine namespaced)) {
        System.err.println("processes are measured on Linux as root only");
        System.exit(USAGE);
        return;
      }
      try (Scene scene = new Scene(namespaced)) {
        missed = new Comparison(scene, quick ? Extent.quick() : Extent.full()).run(quick);
      }
    }
    missed.forEach(target -> System.out.println("missed: " + target));
    System.exit(missed.isEmpty() ? 0 : 1);
  }

  private List<String> run(boolean quick) throws IOException, InterruptedException {
    Results results = measure();
    Files.createDirectories(extent.directory());
    results.write(extent.directory().resolve("results.json"));
    Files.writeString(extent.directory().resolve("README.md"), Page.of(results));
    Files.writeString(extent.readme(), Page.inReadme(Files.readString(extent.readme()), results));
    Plots.write(results, extent.directory());
    System.out.println("written to " + extent.directory());
    return Targets.missed(results, !quick);
  }

  private Results measure() throws IOException, InterruptedException {
    try (SqsServer sqs = SqsServer.startInJvm(scene.engine())) {
      Results results;
      try (Waggle waggle = Waggle.start(scene, sqs);
          WebhookScript webhook =
              WebhookScript.start(
                  scene,
                  List.of(
                      TimeMeasurement.SERVICE,
                      FidelityMeasurement.SERVICE,
                      TruthMeasurement.service(Tool.WEBHOOK_SCRIPT)))) {
        List<Contender> told = List.of(waggle, new BareCommand(scene), webhook);
        List<Results.Timing> time = new TimeMeasurement(scene, told).measure(extent.rounds());
        List<Results.Rest> rest =
            new RestMeasurement(scene).measure(waggle, webhook, extent.rest());
        List<Results.Fidelity> fidelity = fidelity(told);
        List<Results.Judgement> truth =
            new TruthMeasurement(scene, told).measure(extent.situations());
        List<Results.Loss> losses = new LossMeasurement(scene).measure(waggle, webhook);
        results =
            new Results(
                LocalDate.now(ZoneOffset.UTC).toString(),
                version(),
                machine(sqs),
                time,
                truth,
                fidelity,
                rest,
                losses,
                List.of());
      }
      return results.withScale(
          new ScaleMeasurement(scene, sqs).measure(extent.sizesOfSwarm(), extent.sizesOfQueue()));
    }
  }

  private List<Results.Fidelity> fidelity(List<Contender> told) throws InterruptedException {
    try (PollingLoop loop = PollingLoop.start(scene)) {
      return new FidelityMeasurement(scene)
          .measure(Stream.concat(told.stream(), Stream.of(loop)).toList());
    }
  }

  private String version() throws InterruptedException {
    return said("git", "rev-parse", "--short=12", "HEAD");
  }

  private Machine machine(SqsServer sqs) throws IOException, InterruptedException {
    return new Machine(
        field(Path.of("/proc/cpuinfo"), "model name"),
        Runtime.getRuntime().availableProcessors(),
        Math.round(
            Long.parseLong(field(Path.of("/proc/meminfo"), "MemTotal").replaceAll("\\D", ""))
                / 1048576.0),
        Files.readAllLines(Path.of("/etc/os-release")).stream()
            .filter(line -> line.startsWith("PRETTY_NAME="))
            .map(line -> line.substring(12).replace("\"", ""))
            .findFirst()
            .orElse("Linux"),
        System.getProperty("os.version"),
        System.getProperty("java.vm.version"),
        scene.engine().version(),
        said("/usr/bin/docker", "version", "--format", "{{.Client.Version}}"),
        WebhookScript.version(scene),
        sqs.kind());
  }

  private static String field(Path file, String name) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("unknown");
  }

  private String said(String... command) throws InterruptedException {
    TimedLines lines = scene.start(List.of(command));
    lines.awaitEnd(Instant.now().plus(OF_A_COMMAND));
    return lines.text().strip();
  }
}
