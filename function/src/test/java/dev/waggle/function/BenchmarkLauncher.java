package dev.waggle.function;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Writes the script that starts the benchmark: the very Java and the very class path that run
/// this.
final class BenchmarkLauncher {
  private BenchmarkLauncher() {}

  /// Writes it.
  ///
  /// @param arguments the script's path, and the options for Java
  public static void main(String[] arguments) throws IOException {
    Path script = Path.of(arguments[0]);
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Files.writeString(
        script,
        """
        #!/bin/sh
        exec '%s' %s -cp '%s' dev.waggle.function.Benchmark "$@"
        """
            .formatted(java, arguments[1], System.getProperty("java.class.path")));
    if (!script.toFile().setExecutable(true)) {
      throw new IOException("cannot make " + script + " executable");
    }
  }
}
