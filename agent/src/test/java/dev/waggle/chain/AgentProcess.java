package dev.waggle.chain;

import dev.waggle.testhost.AgentImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// The agent without a container: `java -jar agent.jar`, for an engine whose containers do not
/// reach this machine.
public final class AgentProcess implements RunningAgent {

  private static final Duration LONGEST_STOP = Duration.ofSeconds(50);

  private final Process process;
  private final LogLines log = new LogLines();
  private final Thread reader;

  private AgentProcess(Process process) {
    this.process = process;
    this.reader = log.startReading(process);
  }

  /// Starts the jar that the build made.
  ///
  /// @param environment all that the agent shall find in its environment
  public static AgentProcess start(Map<String, String> environment) {
    return start(List.of(), environment);
  }

  /// Starts the jar that the build made.
  ///
  /// @param options of its JVM beside those of the image
  /// @param environment all that the agent shall find in its environment
  public static AgentProcess start(List<String> options, Map<String, String> environment) {
    List<String> command = new ArrayList<>(java());
    command.addAll(options);
    command.addAll(List.of("-jar", jar().toString()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("AWS_") || name.startsWith("WAGGLE_"));
    builder.environment().putAll(environment);
    try {
      return new AgentProcess(builder.start());
    } catch (IOException notStarted) {
      throw new UncheckedIOException(notStarted);
    }
  }

  /// Java as the image starts it: another collector and another compiler would be another program,
  /// and one that takes twice the processor.
  static List<String> java() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "@" + AgentImage.directory().resolve("image/options"));
  }

  static Path jar() {
    try {
      Path testClasses =
          Path.of(AgentProcess.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path jar = testClasses.resolveSibling("agent.jar");
      if (Files.notExists(jar)) {
        throw new IllegalStateException(jar + " does not exist: run mvn package first");
      }
      return jar;
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Override
  public LogLines log() {
    return log;
  }

  /// What was written before the end is read before the reader ends.
  @Override
  public boolean isLogging() {
    return reader.isAlive();
  }

  @Override
  public void terminate() {
    // Process.destroy would close the stream that the last lines come by.
    process.toHandle().destroy();
    try {
      if (!process.waitFor(LONGEST_STOP.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException(
            "the agent did not end within " + LONGEST_STOP.toSeconds() + " s");
      }
      reader.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the agent", interrupted);
    }
  }

  /// Kills the process with SIGKILL and waits for its end.
  public void kill() {
    process.toHandle().destroyForcibly();
    try {
      process.waitFor();
      reader.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while killing the agent", interrupted);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
