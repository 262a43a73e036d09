package dev.waggle.comparison;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The lines that a process prints, and the moment at which each could be read.
final class TimedLines implements AutoCloseable {

  /// A line.
  record Line(String text, Instant arrived) {}

  private final Process process;
  private final Thread reader;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Line> lines = new ArrayList<>();
  private @Nullable Instant ended;

  private TimedLines(Process process) {
    this.process = process;
    this.reader = Thread.ofVirtual().start(this::read);
  }

  static TimedLines of(Process process) {
    return new TimedLines(process);
  }

  private void read() {
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      output.lines().forEach(line -> change(() -> lines.add(new Line(line, Instant.now()))));
    } catch (IOException | UncheckedIOException _) {
      // What it printed ends with the process.
    }
    change(() -> ended = Instant.now());
  }

  private void change(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// The first line of a kind; empty when the time is over, or the process.
  Optional<Line> await(Instant deadline, Predicate<Line> kind) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      int seen = 0;
      while (true) {
        while (seen < lines.size()) {
          Line line = lines.get(seen++);
          if (kind.test(line)) {
            return Optional.of(line);
          }
        }
        long left = Duration.between(Instant.now(), deadline).toNanos();
        if (ended != null || left <= 0 || (changed.awaitNanos(left) <= 0 && seen == lines.size())) {
          return Optional.empty();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /// When the process had ended; empty if it did not in time.
  Optional<Instant> awaitEnd(Instant deadline) throws InterruptedException {
    long left = Math.max(0, Duration.between(Instant.now(), deadline).toNanos());
    if (!process.waitFor(left, TimeUnit.NANOSECONDS)) {
      return Optional.empty();
    }
    reader.join();
    return Optional.ofNullable(ended);
  }

  int status() {
    return process.exitValue();
  }

  boolean isEnded() {
    return !reader.isAlive();
  }

  long pid() {
    return process.pid();
  }

  List<Line> all() {
    lock.lock();
    try {
      return List.copyOf(lines);
    } finally {
      lock.unlock();
    }
  }

  List<Line> allBefore(Line line) {
    List<Line> all = all();
    return all.subList(0, Math.max(0, all.indexOf(line)));
  }

  String text() {
    return all().stream().map(Line::text).collect(Collectors.joining("\n"));
  }

  /// Ends the process and those that it started.
  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
