package dev.waggle.image;

import dev.waggle.testhost.AgentImage;
import dev.waggle.testhost.NamespacedEngine;

/// A container whose memory and processor time are read from outside.
///
/// @param engine where it runs
/// @param id its whole id
public record MeasuredContainer(NamespacedEngine engine, String id) {

  private static final double BYTES_PER_MEBIBYTE = 1 << 20;

  /// What a container holds at one moment, in MiB.
  ///
  /// @param shown what `docker stats` shows
  /// @param resident of its first process
  /// @param anonymous the part of that which is not of files
  public record Memory(double shown, double resident, double anonymous) {}

  /// The only container of a service.
  public static MeasuredContainer ofService(NamespacedEngine engine, String service) {
    return new MeasuredContainer(
        engine,
        AgentImage.docker(
                engine,
                "ps",
                "--quiet",
                "--no-trunc",
                "--filter",
                "label=com.docker.swarm.service.name=" + service)
            .strip());
  }

  /// What it holds now.
  public Memory memory() {
    String stats =
        AgentImage.docker(engine, "stats", "--no-stream", "--format", "{{.MemUsage}}", id);
    String process = AgentImage.docker(engine, "inspect", "--format", "{{.State.Pid}}", id).strip();
    return new Memory(shown(stats), mebibytes(process, "Rss"), mebibytes(process, "Anonymous"));
  }

  private static double shown(String stats) {
    String used = stats.substring(0, stats.indexOf(" /")).strip();
    double number = Double.parseDouble(used.replaceFirst("[^0-9.].*", ""));
    return used.endsWith("KiB") ? number / 1024 : number;
  }

  private double mebibytes(String process, String field) {
    String rollup = engine.run("cat /proc/" + process + "/smaps_rollup");
    return rollup
            .lines()
            .filter(line -> line.startsWith(field + ":"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .sum()
        / 1024.0;
  }

  /// The processor time of its control group, in either version.
  public long cpuNanoseconds() {
    return Long.parseLong(
        engine
            .run(
                "cat $(find /sys/fs/cgroup -path '*/cpuacct/*"
                    + id
                    + "/cpuacct.usage') </dev/null"
                    + " || awk '/^usage_usec/ {print $2 \"000\"}' $(find /sys/fs/cgroup -path '*"
                    + id
                    + "*/cpu.stat' | head -n 1)")
            .strip());
  }

  /// The most that its control group ever held, in MiB, pages of files included, which the kernel
  /// gives up first.
  public double mostMebibytes() {
    return Long.parseLong(
            engine
                .run(
                    "cat $(find /sys/fs/cgroup -path '*"
                        + id
                        + "*' '(' -name memory.peak -o"
                        + " -path '*/memory/*' -name memory.max_usage_in_bytes ')' | head -n 1)")
                .strip())
        / BYTES_PER_MEBIBYTE;
  }
}
