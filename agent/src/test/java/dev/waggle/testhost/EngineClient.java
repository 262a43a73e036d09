package dev.waggle.testhost;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.SwarmSpec;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/// What both kinds of engine need once their socket and registry exist.
final class EngineClient {
  private EngineClient() {}

  /// A typed client that ignores the user's Docker settings.
  ///
  /// @param directory an empty one, in place of `~/.docker`
  static DockerClient connect(URI dockerHost, Path directory) {
    DefaultDockerClientConfig config =
        DefaultDockerClientConfig.createDefaultConfigBuilder()
            .withDockerHost(dockerHost.toString())
            .withDockerTlsVerify(false)
            .withDockerConfig(directory.toString())
            .build();
    ZerodepDockerHttpClient transport =
        new ZerodepDockerHttpClient.Builder().dockerHost(dockerHost).build();
    return DockerClientImpl.getInstance(config, new OneRequestPerConnection(transport));
  }

  static boolean answers(URI registry) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) registry.resolve("/v2/").toURL().openConnection();
    connection.setConnectTimeout(1000);
    connection.setReadTimeout(3000);
    try {
      return connection.getResponseCode() == 200;
    } finally {
      connection.disconnect();
    }
  }

  /// Makes the engine a swarm of one node with the overlay network.
  static void createSwarm(DockerClient docker, String advertiseAddress) {
    docker
        .initializeSwarmCmd(new SwarmSpec())
        .withListenAddr("0.0.0.0:2377")
        .withAdvertiseAddr(advertiseAddress)
        .exec();
    docker
        .createNetworkCmd()
        .withName(PrivateEngine.NETWORK)
        .withDriver("overlay")
        .withAttachable(true)
        .exec();
  }

  /// A directory of an engine's own. Its name is short: sockets lie inside, and a socket's path has
  /// at most 107 bytes.
  static Path createDirectory() {
    Path parent = Path.of(System.getProperty("java.io.tmpdir"));
    FileAttribute<Set<PosixFilePermission>> onlyOwner =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    while (true) {
      String id = "%06x".formatted(ThreadLocalRandom.current().nextInt(1 << 24));
      try {
        return Files.createDirectory(parent.resolve("waggle-" + id), onlyOwner);
      } catch (FileAlreadyExistsException taken) {
        // Another id, then.
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /// The last lines of a log, for a failure's message.
  static String tail(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
    } catch (IOException unreadable) {
      return "(no log: " + unreadable + ")";
    }
  }

  /// Waits until a freshly started engine answers; fails at once when it has ended.
  static void awaitStart(DockerClient docker, TetheredShell shell, Path log) {
    Await.until(
        "an engine that answers, or has failed",
        Duration.ofSeconds(60),
        () -> {
          if (shell.attempt(Duration.ofSeconds(5), "engine_alive").status() != 0) {
            return true;
          }
          docker.pingCmd().exec();
          return true;
        });
    if (shell.attempt(Duration.ofSeconds(5), "engine_alive").status() != 0) {
      throw new IllegalStateException("the engine ended at once: " + tail(log));
    }
  }

  /// Without this, the pool would offer connections to an engine that has been restarted since.
  private record OneRequestPerConnection(DockerHttpClient transport) implements DockerHttpClient {
    @Override
    public Response execute(Request request) {
      if (request.hijackedInput() != null) {
        return transport.execute(request);
      }
      return transport.execute(
          Request.builder().from(request).putHeader("Connection", "close").build());
    }

    @Override
    public void close() {
      try {
        transport.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
