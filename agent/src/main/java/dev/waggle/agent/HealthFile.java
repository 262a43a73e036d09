package dev.waggle.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A file whose age says whether the agent is well: a health check need not start a JVM to look at
/// it.
final class HealthFile {

  private static final Logger LOG = LoggerFactory.getLogger(HealthFile.class);

  private final Path path;
  private final Clock clock;
  private boolean failing;

  HealthFile(Path path, Clock clock) {
    this.path = path;
    this.clock = clock;
  }

  /// Makes the file as young as can be. Where that fails the health check tells.
  void touch() {
    try {
      if (Files.notExists(path)) {
        Files.createFile(path);
      }
      Files.setLastModifiedTime(path, FileTime.from(clock.instant()));
      failing = false;
    } catch (IOException failure) {
      if (!failing) {
        LOG.atWarn().addKeyValue("reason", failure.toString()).log("health file not written");
      }
      failing = true;
    }
  }
}
