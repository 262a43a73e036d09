package dev.waggle.testhost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Supplier;

/// What the test JVMs of a build share is made by the first that needs it. The others wait for it,
/// and find it then.
final class OneAtATime {
  private OneAtATime() {}

  /// Does something while no other JVM, and no other thread of this one, does what has this name.
  static synchronized <T> T run(String name, Supplier<T> work) {
    try {
      Path file = Files.createDirectories(DebianPackages.downloads()).resolve(name + ".lock");
      try (FileChannel channel =
              FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock _ = channel.lock()) {
        return work.get();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
