package dev.waggle.testhost;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A shell in namespaces or a container of its own that runs the commands it is sent, and ends when
/// the pipe to it closes.
///
/// The kernel closes the pipe even when this JVM is killed; the shell is process 1 of its
/// namespace, so the kernel then kills all that it started.
final class TetheredShell implements AutoCloseable {
  /// The end of a script: runs each line of standard input and prints its status.
  static final String LOOP =
      """
      while read -r line; do
          eval "$line" </dev/null
          echo "answer:$?"
      done
      """;

  /// The commands `engine_start`, `engine_end TERM`, `engine_end KILL` and `engine_alive`.
  ///
  /// To be preceded by a function `engine` that becomes the daemon, and the variables `engine_log`,
  /// `engine_pid_file` and `containerd_pid_file`.
  static final String ENGINE_COMMANDS =
      """
      alive() { grep -qs '^State:.[^ZX]' "/proc/$1/status"; }
      gone() {
          tries=0
          while alive "$1"; do
              tries=$((tries + 1))
              [ "$tries" -lt 200 ] || return 1
              sleep 0.1
          done
      }
      engine_start() {
          engine >>"$engine_log" 2>&1 &
          engine_job=$!
      }
      engine_alive() { alive "$engine_job"; }
      # An engine is gone only when its containerd is: the next one would fail on the same exec root.
      engine_end() {
          daemon=$(cat "$engine_pid_file")
          containerd=$(cat "$containerd_pid_file")
          kill "-$1" "$daemon"
          [ "$1" != KILL ] || kill -KILL "$containerd"
          gone "$daemon" || kill -KILL "$daemon"
          gone "$containerd" || kill -KILL "$containerd"
          wait "$engine_job"
          rm -f "$engine_pid_file" "$containerd_pid_file"
      }
      """;

  private static final String ANSWER = "answer:";

  private final Process process;
  private final Writer commands;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  /// Starts the command that leads to the shell, with these environment variables and no others
  /// when `environment` is given.
  TetheredShell(List<String> command, @Nullable Map<String, String> environment, Path errors) {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()));
    if (environment != null) {
      builder.environment().clear();
      builder.environment().putAll(environment);
    }
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    commands = process.outputWriter(StandardCharsets.UTF_8);
    // A virtual thread that reads from a process keeps its carrier, of which there are as many as
    // processors.
    Thread.ofPlatform().daemon().name("answers of " + process.pid()).start(this::read);
  }

  private void read() {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
      }
    } catch (IOException ended) {
      lines.add("unreadable: " + ended);
    }
    lines.add(ANSWER + "ended");
  }

  /// Runs a command line in the shell and returns what it printed.
  ///
  /// @throws IllegalStateException when its status is not 0, or it takes longer than the limit
  String run(Duration limit, String line) {
    HostCommand.Result result = attempt(limit, line);
    if (result.status() != 0) {
      throw new IllegalStateException(
          "`" + line + "` ended with " + result.status() + ": " + result.output());
    }
    return result.output();
  }

  /// Runs a command line in the shell.
  synchronized HostCommand.Result attempt(Duration limit, String line) {
    try {
      commands.write(line + "\n");
      commands.flush();
      return answer(limit, line);
    } catch (IOException e) {
      throw new UncheckedIOException("the shell has ended; not run: " + line, e);
    }
  }

  /// Waits for the answer that a script prints by itself when it is ready for commands.
  synchronized String ready(Duration limit) {
    return answer(limit, "start").output();
  }

  private HostCommand.Result answer(Duration limit, String question) {
    List<String> printed = new ArrayList<>();
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      String line;
      try {
        line = lines.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted during: " + question, e);
      }
      if (line == null) {
        throw new IllegalStateException(
            "no answer within " + limit.toSeconds() + " s to: " + question);
      }
      if (line.equals(ANSWER + "ended")) {
        lines.add(line);
        throw new IllegalStateException("the shell ended during: " + question);
      }
      if (line.startsWith(ANSWER)) {
        return new HostCommand.Result(
            Integer.parseInt(line.substring(ANSWER.length())), String.join("\n", printed));
      }
      printed.add(line);
    }
  }

  /// Lets go of the shell, and waits until it and what cleans up after it have ended.
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
    } catch (IOException alreadyGone) {
      // The pipe's other end has closed, which is what was wanted.
    }
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
