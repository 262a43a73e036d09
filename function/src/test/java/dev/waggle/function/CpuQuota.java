package dev.waggle.function;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// A limit on the processors' time for processes of this machine, as Lambda has it below 1769 MB: a
/// control group of its own, removed in the end. Takes root, or a group whose owner we are.
final class CpuQuota implements AutoCloseable {
  /// Lambda's share for 512 MB: 512/1769 of a processor ("Configure Lambda function memory" in the
  /// Lambda Developer Guide).
  static final double CORES = 0.29;

  /// Seen in Lambda by those who measured its pauses (github.com/pwrdrvr/lambda-throttling).
  static final Duration PERIOD = Duration.ofMillis(20);

  private static final Duration MAX_END = Duration.ofSeconds(5);

  private final Path group;

  private CpuQuota(Path group) {
    this.group = group;
  }

  /// Makes the group.
  ///
  /// @throws IllegalStateException saying what is missing
  static CpuQuota create() {
    String name = "waggle-benchmark-" + ProcessHandle.current().pid();
    long period = PERIOD.toNanos() / 1_000;
    long quota = Math.round(period * CORES);
    try {
      Optional<Path> first = mount("cgroup", "cpu");
      if (first.isPresent()) {
        Path group = Files.createDirectory(first.get().resolve(name));
        Files.writeString(group.resolve("cpu.cfs_period_us"), Long.toString(period));
        Files.writeString(group.resolve("cpu.cfs_quota_us"), Long.toString(quota));
        return new CpuQuota(group);
      }
      Optional<Path> second =
          mount("cgroup2", "rw")
              .filter(root -> read(root.resolve("cgroup.controllers")).contains("cpu"));
      if (second.isPresent()) {
        Files.writeString(second.get().resolve("cgroup.subtree_control"), "+cpu");
        Path group = Files.createDirectory(second.get().resolve(name));
        Files.writeString(group.resolve("cpu.max"), quota + " " + period);
        return new CpuQuota(group);
      }
    } catch (IOException e) {
      throw new IllegalStateException(
          "a control group for the quota of the processors could not be made, which takes"
              + " root: "
              + e,
          e);
    }
    throw new IllegalStateException(
        "no control groups for the processors are mounted, of neither version");
  }

  private static Optional<Path> mount(String type, String option) throws IOException {
    try (Stream<String> mounts = Files.lines(Path.of("/proc/mounts"))) {
      return mounts
          .map(line -> line.split(" ", -1))
          .filter(
              mount ->
                  mount[2].equals(type) && Arrays.asList(mount[3].split(",", -1)).contains(option))
          .map(mount -> Path.of(mount[1]))
          .findFirst();
    }
  }

  private static List<String> read(Path file) {
    try {
      return List.of(Files.readString(file).strip().split(" ", -1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Limits a process from now on.
  void impose(long pid) {
    try {
      Files.writeString(group.resolve("cgroup.procs"), Long.toString(pid));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Removes the group. Its processes must have ended, or be about to.
  @Override
  public void close() {
    long end = System.nanoTime() + MAX_END.toNanos();
    while (true) {
      try {
        Files.delete(group);
        return;
      } catch (IOException e) {
        if (System.nanoTime() - end > 0) {
          throw new UncheckedIOException(group + " could not be removed", e);
        }
        LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      }
    }
  }
}
