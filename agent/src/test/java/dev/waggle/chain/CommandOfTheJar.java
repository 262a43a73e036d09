package dev.waggle.chain;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// A command as users run it: `java -jar agent.jar COMMAND`, in the agent's environment.
///
/// @param status its exit status
/// @param out what it wrote to standard output
/// @param err what it wrote to standard error
record CommandOfTheJar(int status, String out, String err) {

  /// Runs a command to its end.
  ///
  /// @param environment all that it shall find of ours and AWS's in its environment
  static CommandOfTheJar run(Map<String, String> environment, String... arguments)
      throws InterruptedException {
    List<String> command = new ArrayList<>(AgentProcess.java());
    command.addAll(List.of("-jar", AgentProcess.jar().toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("AWS_") || name.startsWith("WAGGLE_"));
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      CompletableFuture<String> err =
          CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
      String out = text(process.getInputStream());
      return new CommandOfTheJar(process.waitFor(), out, err.join());
    } catch (IOException notStarted) {
      throw new UncheckedIOException(notStarted);
    }
  }

  private static String text(InputStream stream) {
    try {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
