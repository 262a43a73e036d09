package dev.waggle.testhost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A short-lived command on this machine.
final class HostCommand {
  /// Where root's commands are; a user's `PATH` may lack the `sbin` ones.
  static final String ROOT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  /// How a command ended.
  record Result(int status, String output) {}

  private HostCommand() {}

  /// Runs a command that has to succeed and returns what it printed.
  static String run(Duration limit, String... command) {
    HostCommand.Result result = attempt(limit, Map.of(), command);
    if (result.status() != 0) {
      throw new IllegalStateException(
          "`"
              + String.join(" ", command)
              + "` ended with "
              + result.status()
              + ": "
              + result.output().strip());
    }
    return result.output();
  }

  /// Runs a command that may fail; killed when its time is over, which is an exception.
  static Result attempt(Duration limit, Map<String, String> environment, String... command) {
    Path output = null;
    Process process = null;
    try {
      output = Files.createTempFile("waggle-command", ".out");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(output.toFile());
      builder.environment().putAll(environment);
      process = builder.start();
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException(
            "`"
                + String.join(" ", command)
                + "` did not end within "
                + limit.toSeconds()
                + " s: "
                + Files.readString(output).strip());
      }
      return new Result(process.exitValue(), Files.readString(output));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while running " + command[0], e);
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
      if (output != null) {
        output.toFile().delete();
      }
    }
  }

  /// Finds a command where a user's shell or root's would find it.
  static Optional<Path> find(String command) {
    String path = System.getenv().getOrDefault("PATH", "") + ":" + ROOT_PATH;
    return Stream.of(path.split(":", -1))
        .filter(directory -> !directory.isBlank())
        .map(directory -> Path.of(directory, command))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static boolean exists(List<String> commands) {
    return commands.stream().allMatch(command -> find(command).isPresent());
  }
}
