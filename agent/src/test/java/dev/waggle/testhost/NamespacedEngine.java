package dev.waggle.testhost;

import com.github.dockerjava.api.DockerClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// An engine and a registry in network, mount and process namespaces of their own, on Linux as
/// root.
///
/// A pair of virtual network devices leads in. The user's `/etc/docker`, `/run` and `/opt` are
/// covered by empty ones, so that no engine on this machine notices.
public final class NamespacedEngine implements PrivateEngine {
  /// Outside the namespaces; removes what the kernel does not, after everything inside has ended
  /// for whatever reason.
  private static final String OUTER =
      """
      directory=$1 name=$2 device=$3
      unshare --net sh "$directory/inner.sh" "$directory" "$name"
      ip link delete "$device" 2>/dev/null
      tries=0
      while [ "$tries" -lt 100 ]; do
          find /sys/fs/cgroup -depth -type d -path "*/$name*" -exec rmdir {} + 2>/dev/null
          rm -rf --one-file-system -- "$directory" 2>/dev/null
          [ -e "$directory" ] || [ -n "$(find /sys/fs/cgroup -type d -name "$name")" ] || exit 0
          tries=$((tries + 1))
          sleep 0.1
      done
      """;

  /// In the network namespace, and still visible by its process id to whoever gives it a device.
  private static final String INNER =
      """
      echo "$$"
      echo answer:0
      exec unshare --mount --pid --uts --fork --kill-child --mount-proc sh "$1/init.sh" "$1" "$2"
      """;

  private static final String INIT =
      """
      directory=$1 name=$2
      # Commands and libraries of another release cover this machine's; what they lack is still there.
      [ -z "$unpacked" ] || mount -t overlay overlay -o "lowerdir=$unpacked/usr:/usr" /usr
      resolver=$(readlink -f /etc/resolv.conf)
      mount -t tmpfs tmpfs /run
      mount -t tmpfs tmpfs /opt
      mkdir -p /etc/docker
      mount -t tmpfs tmpfs /etc/docker
      # Nothing listens there, so a look-up of Docker Hub fails at once, not after ten seconds.
      echo 'nameserver 127.0.0.1' >"$directory/resolv.conf"
      case "$resolver" in
          /run/*) mkdir -p "$(dirname "$resolver")" && touch "$resolver" ;;
      esac
      [ ! -e "$resolver" ] || mount --bind "$directory/resolv.conf" "$resolver"
      ip link set lo up
      # A node of a swarm is known by it.
      hostname "$name"
      docker-registry serve "$directory/registry.yml" >"$directory/registry.log" 2>&1 &
      engine_log=$directory/engine.log
      engine_pid_file=$directory/engine.pid
      containerd_pid_file=$directory/exec/containerd/containerd.pid
      # An address of the bridge that is set is also shown as gateway; Testcontainers would look for it long.
      engine() {
          exec dockerd --config-file "$directory/daemon.json" --data-root "$directory/data" \\
              --exec-root "$directory/exec" --pidfile "$engine_pid_file" -H "unix://$directory/docker.sock" -H unix:///run/docker.sock \\
              --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$name" --bip 172.17.0.1/16 \\
              --insecure-registry 198.18.0.0/15
      }
      engine_start
      echo answer:0
      """;

  private static final Duration COMMAND = Duration.ofSeconds(20);

  private final Path directory;
  private final String device;
  private final String process;
  private final TetheredShell shell;
  private final Subnet subnet;
  private final DockerClient docker;
  private final String command;
  private final String version;
  private final AtomicBoolean closed = new AtomicBoolean();

  private NamespacedEngine(
      Path directory,
      String device,
      String process,
      TetheredShell shell,
      Subnet subnet,
      DockerClient docker,
      String command) {
    this.directory = directory;
    this.device = device;
    this.process = process;
    this.shell = shell;
    this.subnet = subnet;
    this.docker = docker;
    this.command = command;
    this.version = docker.versionCmd().exec().getVersion();
  }

  /// Whether this machine lets namespaces be made, and has or can get what goes into them.
  public static boolean isPossible() {
    return System.getProperty("os.name").equals("Linux")
        && System.getProperty("user.name").equals("root")
        && (DebianPackages.arePresent() || DebianPackages.canBeInstalled());
  }

  /// Starts an engine, installing what it needs.
  ///
  /// @param progress is told in a few words what takes time
  public static NamespacedEngine start(Consumer<String> progress) {
    NamespacedEngine engine = startWithoutSwarm(progress, PrivateEngine.LOCAL_REGISTRY);
    EngineClient.createSwarm(engine.docker, engine.address());
    return engine;
  }

  /// Starts an engine that is in no swarm yet.
  ///
  /// @param mirror host and port of the registry that answers for Docker Hub
  static NamespacedEngine startWithoutSwarm(Consumer<String> progress, String mirror) {
    DebianPackages.install(progress);
    EngineRelease release = EngineRelease.chosen();
    Optional<Path> unpacked = release.unpacked(progress);
    Path busybox = DebianPackages.busybox(progress);
    Path directory = EngineClient.createDirectory();
    String name = directory.getFileName().toString();
    String device = name.replace("waggle-", "waggle");
    Path log = directory.resolve("engine.log");
    try {
      Files.writeString(directory.resolve("outer.sh"), OUTER);
      Files.writeString(directory.resolve("inner.sh"), INNER);
      Files.writeString(
          directory.resolve("init.sh"), TetheredShell.ENGINE_COMMANDS + INIT + TetheredShell.LOOP);
      Files.writeString(
          directory.resolve("registry.yml"),
          """
          version: 0.1
          log: {level: warn, accesslog: {disabled: true}}
          storage:
            filesystem: {rootdirectory: %s}
            delete: {enabled: true}
          http: {addr: "0.0.0.0:5000"}
          """
              .formatted(directory.resolve("registry")));
      Files.writeString(
          directory.resolve("daemon.json"), "{\"registry-mirrors\": [\"http://" + mirror + "\"]}");
      Files.createDirectory(directory.resolve("docker-config"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> environment = new HashMap<>(release.environment());
    environment.put("PATH", HostCommand.ROOT_PATH);
    environment.put("unpacked", unpacked.map(Path::toString).orElse(""));
    environment.put("OTEL_TRACES_EXPORTER", "none");
    // Read at the engine's first TLS connection, to which the mirror never leads.
    environment.put("SSL_CERT_FILE", authorities(directory).toString());
    // A session of its own: Ctrl-C reaches this JVM only, which then decides what ends first.
    TetheredShell shell =
        new TetheredShell(
            List.of(
                "setsid",
                "sh",
                directory.resolve("outer.sh").toString(),
                directory.toString(),
                name,
                device),
            environment,
            log);
    try {
      String process = shell.ready(COMMAND).strip();
      HostCommand.run(
          COMMAND, "ip", "link", "add", device, "type", "veth", "peer", "name", "eth0", "netns",
          process);
      NamespacedEngine.Subnet subnet = Subnet.choose(device);
      shell.ready(COMMAND);
      shell.run(
          COMMAND,
          "ip address add "
              + subnet.inside()
              + "/30 dev eth0 && ip link set eth0 up"
              + " && ip route add default via "
              + subnet.host());
      DockerClient docker =
          EngineClient.connect(socket(directory), directory.resolve("docker-config"));
      EngineClient.awaitStart(docker, shell, log);
      NamespacedEngine engine =
          new NamespacedEngine(
              directory,
              device,
              process,
              shell,
              subnet,
              docker,
              unpacked.map(root -> root.resolve("usr/bin/docker").toString()).orElse("docker"));
      release.compare(engine.version);
      Await.until(
          "a registry that answers", COMMAND, () -> EngineClient.answers(engine.registry()));
      BaseImage.build(docker, busybox);
      return engine;
    } catch (RuntimeException failed) {
      String tail = EngineClient.tail(log);
      shell.close();
      throw new IllegalStateException(
          "the private engine did not start; the end of its log:\n" + tail, failed);
    }
  }

  private static URI socket(Path directory) {
    return URI.create("unix://" + directory.resolve("docker.sock"));
  }

  /// Where everything of this engine is kept; the shell's `$directory`.
  Path directory() {
    return directory;
  }

  /// The engine's address, for this machine and for engines that a cable leads to.
  String address() {
    return subnet.inside();
  }

  /// Lays a cable to another engine: this machine itself forwards nothing between them.
  void connectTo(NamespacedEngine other) {
    HostCommand.run(
        COMMAND,
        "ip",
        "link",
        "add",
        other.device,
        "netns",
        process,
        "type",
        "veth",
        "peer",
        "name",
        device,
        "netns",
        other.process);
    route(other);
    other.route(this);
  }

  private void route(NamespacedEngine other) {
    run(
        "ip link set "
            + other.device
            + " up && ip route add "
            + other.address()
            + " dev "
            + other.device
            + " src "
            + address());
  }

  private static Path authorities(Path directory) {
    return directory.resolve("authorities.pem");
  }

  /// Has a registry of the test's own answer for Docker Hub in place of the mirror, which would
  /// show everything to anybody.
  ///
  /// @param authorities the certificates that the engine trusts beside the machine's own, in PEM
  /// @param hosts names and the addresses that they lead to, in the form of `/etc/hosts`
  void withoutMirror(String authorities, String hosts) {
    try {
      Files.writeString(authorities(directory), authorities);
      Files.writeString(directory.resolve("hosts"), hosts);
      Files.writeString(directory.resolve("daemon.json"), "{\"registry-mirrors\": []}");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    run("mount --bind \"$directory/hosts\" /etc/hosts");
    readSettings();
    try (EngineHttp api = EngineHttp.connect(dockerHost())) {
      Await.until(
          "an engine without a mirror",
          COMMAND,
          () -> api.get("/info").at("/RegistryConfig/Mirrors").isEmpty());
    }
  }

  /// Has the engine look for Docker Hub's images at another address than its registry's, such as
  /// that of a proxy before it.
  public void mirror(URI address) {
    try {
      Files.writeString(
          directory.resolve("daemon.json"), "{\"registry-mirrors\": [\"" + address + "\"]}");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    readSettings();
    try (EngineHttp api = EngineHttp.connect(dockerHost())) {
      Await.until(
          "the mirror " + address,
          COMMAND,
          () ->
              api.get("/info")
                  .at("/RegistryConfig/Mirrors/0")
                  .asText()
                  .startsWith(address.toString()));
    }
  }

  private void readSettings() {
    run("kill -HUP \"$(cat \"$engine_pid_file\")\"");
  }

  @Override
  public URI dockerHost() {
    return socket(directory);
  }

  @Override
  public URI registry() {
    return URI.create("http://" + subnet.inside() + ":5000");
  }

  @Override
  public Optional<String> publishedPortsAddress() {
    return Optional.of(subnet.inside());
  }

  @Override
  public Optional<String> hostAddress() {
    return Optional.of(subnet.host());
  }

  @Override
  public DockerClient docker() {
    return docker;
  }

  @Override
  public String command() {
    return command;
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
    shell.run(Duration.ofSeconds(60), "engine_end TERM");
  }

  @Override
  public void killEngine() {
    shell.run(Duration.ofSeconds(60), "engine_end KILL");
  }

  @Override
  public void startEngine() {
    shell.run(COMMAND, "engine_start");
    EngineClient.awaitStart(docker, shell, log());
  }

  /// Runs a shell command inside the namespaces, where the engine is `$(cat "$engine_pid_file")`.
  public String run(String command) {
    return shell.run(COMMAND, command);
  }

  /// Kills the namespaces: there is nothing in them that anybody will need again.
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    try {
      docker.close();
    } catch (IOException harmless) {
      // Its connections end with the engine in a moment.
    }
    shell.close();
    if (Files.exists(directory) || isPresent(device)) {
      throw new IllegalStateException(
          "something of the private engine is left: look at "
              + directory
              + " and at `ip link show "
              + device
              + "`");
    }
  }

  private static boolean isPresent(String device) {
    try {
      return NetworkInterface.getByName(device) != null;
    } catch (SocketException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Four addresses of the range that is reserved for tests between networks, so that no real one
  /// has them.
  private record Subnet(int first) {
    private static final int RANGE = 198 << 24 | 18 << 16;
    private static final int SUBNETS = 1 << 15;

    String host() {
      return address(first + 1);
    }

    String inside() {
      return address(first + 2);
    }

    /// Gives the device an address in a subnet that no other device of this machine has.
    static Subnet choose(String device) {
      for (int attempt = 0; attempt < 50; attempt++) {
        NamespacedEngine.Subnet subnet =
            new Subnet(RANGE + 4 * ThreadLocalRandom.current().nextInt(SUBNETS));
        if (subnet.devices() > 0) {
          continue;
        }
        HostCommand.run(COMMAND, "ip", "address", "add", subnet.host() + "/30", "dev", device);
        HostCommand.run(COMMAND, "ip", "link", "set", device, "up");
        // Another engine may have chosen the same at the same moment; then both choose
        // again.
        if (subnet.devices() == 1) {
          return subnet;
        }
        HostCommand.run(COMMAND, "ip", "address", "flush", "dev", device);
      }
      throw new IllegalStateException("no free subnet found in 198.18.0.0/15");
    }

    private long devices() {
      try {
        return NetworkInterface.networkInterfaces()
            .flatMap(device -> device.getInterfaceAddresses().stream())
            .filter(this::overlaps)
            .count();
      } catch (SocketException e) {
        throw new UncheckedIOException(e);
      }
    }

    private boolean overlaps(InterfaceAddress other) {
      byte[] bytes = other.getAddress().getAddress();
      if (bytes.length != 4 || other.getNetworkPrefixLength() == 0) {
        return false;
      }
      int address = ByteBuffer.wrap(bytes).getInt();
      int shift = 32 - Math.min(other.getNetworkPrefixLength(), 30);
      return address >> shift == first >> shift;
    }

    private static String address(int bits) {
      return "%d.%d.%d.%d".formatted(bits >>> 24, bits >>> 16 & 255, bits >>> 8 & 255, bits & 255);
    }
  }
}
