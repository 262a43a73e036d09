package dev.waggle.testhost;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.PullImageResultCallback;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// An engine in a privileged container of the user's Docker, for whoever has Docker but is not root
/// on Linux.
///
/// All it adds to the user's engine are two labelled containers with their anonymous volumes, and
/// the two images. The containers end and are removed when the `docker run` that this JVM holds by
/// a pipe ends.
public final class DindEngine implements PrivateEngine {
  private static final String ENGINE_IMAGE = "docker:28.5-dind";
  private static final String REGISTRY_IMAGE = "registry:2.8.3";
  private static final String LABEL = "dev.waggle.testhost=true";

  private static final String INIT =
      """
      engine_log=/dev/stderr
      engine_pid_file=/var/run/docker.pid
      containerd_pid_file=/var/run/docker/containerd/containerd.pid
      engine() {
          exec dockerd-entrypoint.sh dockerd --host unix:///var/run/docker.sock \\
              --registry-mirror http://127.0.0.1:5000
      }
      engine_start
      echo answer:0
      """;

  private static final String REGISTRY =
      """
      registry serve /etc/docker/registry/config.yml >&2 &
      echo answer:0
      """;

  private static final Duration COMMAND = Duration.ofSeconds(30);

  /// The images have 150 MB together.
  private static final Duration PULL = Duration.ofMinutes(10);

  private final Path directory;
  private final String name;
  private final TetheredShell engineShell;
  private final TetheredShell registryShell;
  private final EngineSocket socket;
  private final URI registry;
  private final DockerClient docker;
  private final String version;
  private final AtomicBoolean closed = new AtomicBoolean();

  private DindEngine(
      Path directory,
      String name,
      TetheredShell engineShell,
      TetheredShell registryShell,
      EngineSocket socket,
      URI registry,
      DockerClient docker) {
    this.directory = directory;
    this.name = name;
    this.engineShell = engineShell;
    this.registryShell = registryShell;
    this.socket = socket;
    this.registry = registry;
    this.docker = docker;
    this.version = docker.versionCmd().exec().getVersion();
  }

  static boolean isPossible() {
    return HostCommand.find("docker").isPresent()
        && HostCommand.attempt(COMMAND, Map.of(), "docker", "version").status() == 0;
  }

  static DindEngine start(Consumer<String> progress) {
    for (String image : List.of(ENGINE_IMAGE, REGISTRY_IMAGE)) {
      if (HostCommand.attempt(COMMAND, Map.of(), "docker", "image", "inspect", image).status()
          != 0) {
        progress.accept("pulling " + image);
        HostCommand.run(PULL, "docker", "pull", "--quiet", image);
      }
    }
    Path directory = EngineClient.createDirectory();
    String name = directory.getFileName().toString();
    Path log = directory.resolve("engine.log");
    List<AutoCloseable> started = new ArrayList<>();
    try {
      started.add(() -> BaseImage.delete(directory));
      TetheredShell engineShell =
          container(
              name,
              log,
              TetheredShell.ENGINE_COMMANDS + INIT + TetheredShell.LOOP,
              "--privileged",
              "--publish",
              "127.0.0.1::5000",
              ENGINE_IMAGE);
      started.add(() -> end(engineShell, name));
      engineShell.ready(COMMAND);
      TetheredShell registryShell =
          container(
              name + "-registry",
              directory.resolve("registry.log"),
              REGISTRY + TetheredShell.LOOP,
              "--network",
              "container:" + name,
              REGISTRY_IMAGE);
      started.add(() -> end(registryShell, name + "-registry"));
      registryShell.ready(COMMAND);
      String published =
          HostCommand.run(COMMAND, "docker", "port", name, "5000/tcp")
              .lines()
              .findFirst()
              .orElseThrow();
      URI registry = URI.create("http://" + published.strip());
      EngineSocket socket =
          EngineSocket.listen(
              directory.resolve("docker.sock"),
              List.of("docker", "exec", "-i", name, "docker", "system", "dial-stdio"));
      started.add(socket);
      Path config = Files.createDirectory(directory.resolve("docker-config"));
      DockerClient docker = EngineClient.connect(socket.uri(), config);
      started.add(docker);
      EngineClient.awaitStart(docker, engineShell, log);
      progress.accept("pulling busybox:1.37 into the private engine");
      docker
          .pullImageCmd("busybox")
          .withTag("1.37")
          .exec(new PullImageResultCallback())
          .awaitCompletion(PULL.toSeconds(), TimeUnit.SECONDS);
      docker
          .tagImageCmd(
              "busybox:1.37",
              PrivateEngine.BASE_IMAGE.replaceFirst(":.*", ""),
              PrivateEngine.BASE_IMAGE.replaceFirst(".*:", ""))
          .exec();
      // From here on our registry alone answers for Docker Hub.
      engineShell.run(COMMAND, "echo 'nameserver 127.0.0.1' >/etc/resolv.conf");
      EngineClient.createSwarm(docker, "eth0");
      Await.until("a registry that answers", COMMAND, () -> EngineClient.answers(registry));
      return new DindEngine(directory, name, engineShell, registryShell, socket, registry, docker);
    } catch (RuntimeException | IOException failed) {
      String tail = EngineClient.tail(log);
      started.reversed().forEach(DindEngine::closeQuietly);
      throw new IllegalStateException(
          "the private engine did not start; the end of its log:\n" + tail, failed);
    } catch (InterruptedException e) {
      started.reversed().forEach(DindEngine::closeQuietly);
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while starting the private engine", e);
    }
  }

  private static TetheredShell container(
      String name, Path log, String script, String... optionsAndImage) {
    List<String> command =
        new ArrayList<>(List.of("docker", "run", "--interactive", "--rm", "--name", name));
    command.addAll(List.of("--label", LABEL, "--entrypoint", "sh"));
    command.addAll(List.of(optionsAndImage));
    command.addAll(List.of("-c", script));
    return new TetheredShell(command, null, log);
  }

  /// Lets go of a container, and removes it should the user's engine not have done so.
  private static void end(TetheredShell shell, String name) {
    shell.close();
    HostCommand.attempt(COMMAND, Map.of(), "docker", "rm", "--force", "--volumes", name);
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception alreadyFailing) {
      // What is being reported is why the start failed.
    }
  }

  @Override
  public URI dockerHost() {
    return socket.uri();
  }

  @Override
  public URI registry() {
    return registry;
  }

  /// None: the user's engine may run in a virtual machine.
  @Override
  public Optional<String> publishedPortsAddress() {
    return Optional.empty();
  }

  /// None: see [#publishedPortsAddress].
  @Override
  public Optional<String> hostAddress() {
    return Optional.empty();
  }

  @Override
  public DockerClient docker() {
    return docker;
  }

  @Override
  public String command() {
    return "docker";
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public Path log() {
    return directory.resolve("engine.log");
  }

  @Override
  public void stopEngine() {
    engineShell.run(Duration.ofSeconds(60), "engine_end TERM");
  }

  @Override
  public void killEngine() {
    engineShell.run(Duration.ofSeconds(60), "engine_end KILL");
  }

  @Override
  public void startEngine() {
    engineShell.run(COMMAND, "engine_start");
    EngineClient.awaitStart(docker, engineShell, log());
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    closeQuietly(docker);
    socket.close();
    end(registryShell, name + "-registry");
    end(engineShell, name);
    try {
      BaseImage.delete(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
