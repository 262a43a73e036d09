package dev.waggle.testhost;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.BuildImageResultCallback;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Images made from files alone, since nothing can be pulled.
final class BaseImage {
  private static final List<String> COMMANDS =
      List.of("sh", "cat", "httpd", "kill", "sleep", "timeout", "usleep", "wget");

  private BaseImage() {}

  /// Makes [PrivateEngine#BASE_IMAGE] from a statically linked busybox.
  static void build(DockerClient docker, Path busybox) {
    build(
        docker,
        PrivateEngine.BASE_IMAGE,
        context -> {
          Path bin = Files.createDirectories(context.resolve("root/bin"));
          Files.copy(busybox, bin.resolve("busybox"));
          for (String command : COMMANDS) {
            Files.createSymbolicLink(bin.resolve(command), Path.of("busybox"));
          }
          Files.writeString(
              context.resolve("Dockerfile"),
              """
              FROM scratch
              COPY root /
              ENV PATH=/bin
              """);
        });
  }

  /// Builds and tags an image; returns its id.
  static String build(DockerClient docker, String tag, Context context) {
    try {
      Path directory = Files.createTempDirectory("waggle-image");
      try {
        context.write(directory);
        return docker
            .buildImageCmd(directory.toFile())
            .withTags(Set.of(tag))
            .exec(new BuildImageResultCallback())
            .awaitImageId(60, TimeUnit.SECONDS);
      } finally {
        delete(directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /// Writes a Dockerfile and what it copies.
  @FunctionalInterface
  interface Context {
    void write(Path directory) throws IOException;
  }
}
