package dev.waggle.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// Writes scripts that start the demo and the measurements: the very Java and the very class path
/// that run this.
final class Launcher {

  private static final Map<String, String> SCRIPTS =
      Map.of(
          "demo",
          "dev.waggle.demo.Demo",
          "footprint",
          "dev.waggle.image.Footprint",
          "compare",
          "dev.waggle.comparison.Comparison");

  private Launcher() {}

  /// Writes them.
  ///
  /// @param arguments the scripts' directory, and the options for Java
  public static void main(String[] arguments) throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    for (Map.Entry<String, String> entry : SCRIPTS.entrySet()) {
      Path script = Path.of(arguments[0], entry.getKey());
      Files.writeString(
          script,
          """
          #!/bin/sh
          exec '%s' %s -cp '%s' %s "$@"
          """
              .formatted(
                  java, arguments[1], System.getProperty("java.class.path"), entry.getValue()));
      if (!script.toFile().setExecutable(true)) {
        throw new IOException("cannot make " + script + " executable");
      }
    }
  }
}
