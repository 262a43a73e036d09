package dev.waggle.testhost;

import com.github.dockerjava.api.DockerClient;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/// A Docker engine of our own: a swarm of one node with the attachable overlay network `app` and a
/// registry that answers for Docker Hub.
///
/// An image pushed through this engine as `127.0.0.1:5000/NAMESPACE/REPOSITORY:TAG` is what
/// services of this engine find as `NAMESPACE/REPOSITORY:TAG`. Docker Hub itself is out of its
/// reach. Services need `--endpoint-mode dnsrr`: many kernels lack what the default mode is built
/// on.
public sealed interface PrivateEngine extends AutoCloseable permits NamespacedEngine, DindEngine {
  /// The overlay network that services and clients share.
  String NETWORK = "app";

  /// An image in the engine with a shell and the usual commands, to build others from.
  String BASE_IMAGE = "waggle/busybox:1";

  /// The registry as the engine knows it.
  String LOCAL_REGISTRY = "127.0.0.1:5000";

  /// Starts an engine in namespaces when this is root's JVM on Linux, installing what it needs, and
  /// otherwise in a container of the user's Docker.
  ///
  /// @param progress is told in a few words what takes time
  /// @throws IllegalStateException saying what to do, when this machine offers neither
  static PrivateEngine start(Consumer<String> progress) {
    if (NamespacedEngine.isPossible()) {
      return NamespacedEngine.start(progress);
    }
    EngineRelease.chosen().requireNamespaces();
    if (DindEngine.isPossible()) {
      return DindEngine.start(progress);
    }
    throw new IllegalStateException(
        "a private Docker engine needs either root on Debian or Ubuntu (it is then made from"
            + " packages), or a running Docker that `docker version` reaches");
  }

  /// Starts an engine and tells the progress on standard output.
  static PrivateEngine start() {
    return start(step -> System.out.println("private engine: " + step));
  }

  /// The engine's socket, as `unix:///...`.
  URI dockerHost();

  /// The registry as this JVM reaches it.
  URI registry();

  /// The address at which this JVM reaches published ports of containers, where it can.
  Optional<String> publishedPortsAddress();

  /// The address of this machine that containers and the engine reach, where there is one.
  Optional<String> hostAddress();

  /// A client for what docker-java models; its service model loses settings.
  DockerClient docker();

  /// The docker command that belongs to the engine: an older one may not speak to it.
  String command();

  /// The engine's version, such as `20.10.24+dfsg1`.
  String version();

  /// The engine's log, deleted on close.
  Path log();

  /// Stops the engine and its containers as a shutdown of the machine would; the registry goes on.
  void stopEngine();

  /// Kills the engine without a warning; containers go on until it starts again.
  void killEngine();

  /// Starts a stopped or killed engine on the same data.
  void startEngine();

  /// Ends and removes everything, within seconds; further calls do nothing.
  @Override
  void close();
}
