package dev.waggle.function;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waggle.function.ExecutionEnvironment.Deployment;
import dev.waggle.function.TimedServer.Answered;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import software.amazon.awssdk.core.util.VersionInfo;

/// Measures the jar against a baseline, in turns, under Lambda's own runtime interface client: how
/// long both initialise, what they use of the processors until the first answer, and how long that
/// answer takes under Lambda's quota; and then what the jar itself takes for a delivery once it is
/// warm.
///
/// All that both call is in this process, outside the quota and the count of processor time.
final class Benchmark implements AutoCloseable {
  /// Our CPU time until the first answer, of the baseline's.
  private static final double MAX_CPU_RATIO = 0.60;

  /// Our first invocation, of the baseline's.
  private static final double MAX_FIRST_RATIO = 0.25;

  /// A warm delivery, in ms, less the waits that the log tells of.
  private static final double MAX_WARM_MS = 1;

  /// The jar, in MB.
  private static final double MAX_JAR_MB = 7;

  private static final Path JAR = Path.of("target", "function.jar");
  private static final Path BASELINE = Path.of("src", "baseline", "target", "baseline.jar");
  private static final String TOKEN = "right-token";
  private static final String REPOSITORY = "bluebrown/busybox";

  /// What a machine of 512 MB begins with by itself, a 64th of its memory.
  private static final String HEAP = "-XX:InitialHeapSize=8m";

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final PrintStream OUT = System.out;

  /// One cold start.
  ///
  /// @param init from the start of the process to its first request for an event, in ms
  /// @param cpu until the first answer, in ms
  /// @param first from the first event to its answer, in ms
  /// @param calls that it made until the answer
  private record Cold(double init, double cpu, double first, List<String> calls) {}

  private final Path folder;
  private final CpuQuota quota;
  private final StandIns standIns;
  private final List<String> options;
  private final Map<String, String> settings;
  private int pushes;

  private Benchmark(Path folder, CpuQuota quota) {
    this.folder = folder;
    this.quota = quota;
    TrustedHost host = TrustedHost.in(folder);
    standIns = new StandIns(host.tls());
    options =
        Stream.of(List.of(HEAP), host.options(), ExecutionEnvironment.archive(folder))
            .flatMap(List::stream)
            .toList();
    settings = new HashMap<>(standIns.settings());
    settings.put("WAGGLE_TOKEN_SHA256", Sha256.hex(TOKEN));
    settings.put("WAGGLE_REPOSITORIES", REPOSITORY);
  }

  /// Measures, prints, and ends with 0 when every target is met, with 1 when one is missed, and
  /// with 2 when nothing could be measured.
  ///
  /// @param arguments number of rounds and of warm deliveries, both optional
  public static void main(String[] arguments) {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 9;
    int deliveries = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 10_000;
    int status;
    try {
      CpuQuota quota = CpuQuota.create();
      Path folder = Files.createTempDirectory("waggle-benchmark");
      // Also when it is interrupted.
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    quota.close();
                    delete(folder);
                  }));
      try (Benchmark benchmark = new Benchmark(folder, quota)) {
        status = benchmark.run(rounds, deliveries) ? 0 : 1;
      }
    } catch (IOException | IllegalStateException | AssertionError e) {
      System.err.println("the benchmark cannot run: " + e.getMessage());
      status = 2;
    }
    System.exit(status);
  }

  private boolean run(int rounds, int deliveries) throws IOException {
    Deployment ours =
        Deployment.unpack(
            JAR, "dev.waggle.function.WebhookHandler::handleRequest", folder.resolve("ours"));
    Deployment baseline =
        Deployment.unpack(
            BASELINE,
            "dev.waggle.baseline.BaselineHandler::handleRequest",
            folder.resolve("baseline"));
    describe();

    Cold _ = cold(ours); // so that this process is warm, and the files are in memory
    Cold _ = cold(baseline);
    List<Cold> oursCold = new ArrayList<>();
    List<Cold> baselineCold = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      oursCold.add(cold(ours));
      baselineCold.add(cold(baseline));
    }
    compareCalls(oursCold.getFirst().calls, baselineCold.getFirst().calls);

    OUT.printf(
        "%-24s%12s%12s%8s  %-14s%s%n",
        "cold, medians of " + rounds, "ours", "baseline", "ratio", "pairs", "target");
    compare("initialisation", oursCold, baselineCold, Cold::init, Double.NaN);
    boolean met = compare("CPU to first answer", oursCold, baselineCold, Cold::cpu, MAX_CPU_RATIO);
    met &= compare("first invocation", oursCold, baselineCold, Cold::first, MAX_FIRST_RATIO);
    OUT.println();
    met &= warm(ours, deliveries);
    met &=
        target(
            "jar",
            "%.1f MB".formatted(Files.size(JAR) / 0x1p20),
            Files.size(JAR) / 0x1p20 <= MAX_JAR_MB,
            "at most %.0f MB".formatted(MAX_JAR_MB));
    return met;
  }

  /// One may make more calls, and earlier, but not without a kind of them: then it would do less.
  private static void compareCalls(List<String> ours, List<String> baseline) {
    if (!Set.copyOf(ours).containsAll(baseline)) {
      throw new IllegalStateException("not the same calls: " + ours + " and " + baseline);
    }
    OUT.println("calls until the first answer: ours " + ours + ", baseline " + baseline + "\n");
  }

  private static void describe() throws IOException {
    try (Stream<String> cpu = Files.lines(Path.of("/proc/cpuinfo"))) {
      OUT.println(
          Runtime.getRuntime().availableProcessors()
              + " x "
              + cpu.filter(line -> line.startsWith("model name"))
                  .map(line -> line.replaceFirst(".*: ", ""))
                  .findFirst()
                  .orElse(System.getProperty("os.arch"))
              + ", Linux "
              + System.getProperty("os.version"));
    }
    OUT.println(
        System.getProperty("java.vm.name")
            + " "
            + Runtime.version()
            + ", AWS SDK "
            + VersionInfo.SDK_VERSION);
    OUT.println(
        ExecutionEnvironment.runtime().stream()
            .map(file -> file.getFileName().toString())
            .toList());
    OUT.println(
        "after initialisation: "
            + CpuQuota.CORES
            + " of a processor, in periods of "
            + CpuQuota.PERIOD.toMillis()
            + " ms");
  }

  private Cold cold(Deployment deployment) {
    List<Answered> _ = standIns.answered();
    try (RuntimeApi api = new RuntimeApi();
        ExecutionEnvironment environment =
            new ExecutionEnvironment(deployment, api, settings, options)) {
      long init = api.awaitReady(LIMIT) - environment.started();
      quota.impose(environment.pid());
      RuntimeApi.Outcome outcome = push(api);
      Duration cpu = environment.cpuTime();
      return new Cold(
          ms(Duration.ofNanos(init)),
          ms(cpu),
          ms(outcome.duration()),
          standIns.answered().stream().map(Answered::call).sorted().toList());
    }
  }

  private RuntimeApi.Outcome push(RuntimeApi api) {
    String tag = "t" + pushes++;
    String event = Events.event(TOKEN, Events.delivery(tag).toString(), "id-" + tag).toString();
    RuntimeApi.Outcome outcome = api.invoke(event, LIMIT);
    if (outcome.error() != null
        || !outcome.body().contains("202")
        || !outcome.body().contains(StandIns.digest(REPOSITORY, tag).value())) {
      throw new IllegalStateException("a push was not accepted: " + outcome);
    }
    return outcome;
  }

  private boolean warm(Deployment deployment, int deliveries) {
    int before = standIns.messages();
    double[] own = new double[deliveries];
    double[] total = new double[deliveries];
    double[] notServed = new double[deliveries];
    try (RuntimeApi api = new RuntimeApi();
        ExecutionEnvironment environment =
            new ExecutionEnvironment(deployment, api, settings, options)) {
      long _ = api.awaitReady(LIMIT);
      for (int i = 0; i < deliveries; i++) {
        List<Answered> _ = standIns.answered();
        RuntimeApi.Outcome outcome = push(api);
        Duration served = StandIns.waits(standIns.answered());
        total[i] = ms(outcome.duration());
        notServed[i] = ms(outcome.duration().minus(served));
      }
      List<String> lines = environment.end();
      for (int i = 0; i < deliveries; i++) {
        JsonNode line = Resources.json(lines.get(i));
        if (!line.path("message").asText().equals("push accepted")) {
          throw new IllegalStateException("not an accepted push: " + line);
        }
        own[i] =
            total[i] - line.path("lookupsMs").doubleValue() - line.path("queueMs").doubleValue();
      }
    }
    int messages = standIns.messages() - before;
    if (messages != deliveries) {
      throw new IllegalStateException(deliveries + " pushes became " + messages + " messages");
    }
    OUT.printf(
        "warm, %,d deliveries: %.2f ms each in all, %.2f without what the servers took; of it%n",
        deliveries, percentile(total, 50), percentile(notServed, 50));
    return target(
        "own time",
        "%.2f ms (99 of 100: %.2f)".formatted(percentile(own, 50), percentile(own, 99)),
        percentile(own, 50) < MAX_WARM_MS,
        "under %.0f ms".formatted(MAX_WARM_MS));
  }

  private static boolean compare(
      String what,
      List<Cold> ours,
      List<Cold> baseline,
      ToDoubleFunction<Cold> figure,
      double most) {
    double[] a = ours.stream().mapToDouble(figure).toArray();
    double[] b = baseline.stream().mapToDouble(figure).toArray();
    double[] pairs = IntStream.range(0, a.length).mapToDouble(i -> a[i] / b[i]).toArray();
    double ratio = percentile(a, 50) / percentile(b, 50);
    boolean met = Double.isNaN(most) || ratio <= most;
    OUT.printf(
        "%-24s%9.0f ms%9.0f ms%8.2f  %.2f to %.2f  %s%n",
        what,
        percentile(a, 50),
        percentile(b, 50),
        ratio,
        percentile(pairs, 0),
        percentile(pairs, 100),
        Double.isNaN(most) ? "" : "at most %.2f: %s".formatted(most, verdict(met)));
    return met;
  }

  private static boolean target(String what, String figure, boolean met, String target) {
    OUT.printf("%-24s%-34s%s: %s%n", what, figure, target, verdict(met));
    return met;
  }

  private static String verdict(boolean met) {
    return met ? "met" : "MISSED";
  }

  private static double ms(Duration duration) {
    return duration.toNanos() / 1e6;
  }

  private static double percentile(double[] figures, int percent) {
    double[] sorted = figures.clone();
    Arrays.sort(sorted);
    return sorted[(int) Math.round((sorted.length - 1) * percent / 100.0)];
  }

  /// Again and again while something is still being unpacked into it.
  private static void delete(Path folder) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (Files.exists(folder) && System.nanoTime() - end < 0) {
      try (Stream<Path> files = Files.walk(folder)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      } catch (IOException | UncheckedIOException _) {
        // Something changed meanwhile.
      }
    }
  }

  @Override
  public void close() {
    standIns.close();
  }
}
