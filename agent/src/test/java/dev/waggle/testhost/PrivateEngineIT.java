package dev.waggle.testhost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.ContainerSpec;
import com.github.dockerjava.api.model.EndpointResolutionMode;
import com.github.dockerjava.api.model.EndpointSpec;
import com.github.dockerjava.api.model.LocalNodeState;
import com.github.dockerjava.api.model.NetworkAttachmentConfig;
import com.github.dockerjava.api.model.ServiceModeConfig;
import com.github.dockerjava.api.model.ServiceReplicatedModeOptions;
import com.github.dockerjava.api.model.ServiceSpec;
import com.github.dockerjava.api.model.SwarmInfo;
import com.github.dockerjava.api.model.TaskSpec;
import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.DockerHttpClient.Request;
import com.github.dockerjava.transport.DockerHttpClient.Request.Method;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import dev.waggle.testhost.PlaylistlogImages.Health;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.NetworkInterface;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/// The hosts keep what they promise: an engine that works, and nothing left of it.
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrivateEngineIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void servesAPushedImageUnderItsDockerHubNameAndAgainAfterARestart() throws IOException {
    try (PrivateEngine engine = PrivateEngine.start()) {
      assertThat(engine.docker().infoCmd().exec().getSwarm())
          .extracting(SwarmInfo::getLocalNodeState)
          .isEqualTo(LocalNodeState.ACTIVE);
      assertThat(engine.docker().listNetworksCmd().withNameFilter("app").exec())
          .singleElement()
          .satisfies(network -> assertThat(network.getDriver()).isEqualTo("overlay"));

      PlaylistlogImages images = new PlaylistlogImages(engine);
      String digest = images.push("1", Health.HEALTHY);
      assertThat(images.push("2", Health.HEALTHY)).isNotEqualTo(digest);
      assertThat(get(engine, "/distribution/vorce/playlistlog:1/json")).contains(digest);

      createService(engine);
      try (RequestingClient client = RequestingClient.start(engine, "playlistlog", 8080)) {
        client.awaitAnswer("playlistlog 1", SOON);
        Await.until(
            "a hundred answers", SOON, () -> client.counts().answered() > 100, client::counts);
        RequestingClient.Counts counts = client.stop();
        assertThat(counts.answers()).containsOnlyKeys("playlistlog 1");
        assertThat(counts.failures()).isZero();
      }

      engine.stopEngine();
      assertThat(engine.log()).content().contains("Processing signal 'terminated'");
      engine.startEngine();
      try (RequestingClient client = RequestingClient.start(engine, "playlistlog", 8080)) {
        client.awaitAnswer("playlistlog 1", SOON);
      }

      engine.killEngine();
      engine.startEngine();
      try (RequestingClient client = RequestingClient.start(engine, "playlistlog", 8080)) {
        client.awaitAnswer("playlistlog 1", SOON);
      }
    }
  }

  @Test
  void runsTwoAtOnceWhichLeaveNothing() {
    List<Path> directories = new ArrayList<>();
    try (PrivateEngine first = PrivateEngine.start();
        PrivateEngine second = PrivateEngine.start()) {
      assertThat(first.registry()).isNotEqualTo(second.registry());
      for (PrivateEngine engine : List.of(first, second)) {
        directories.add(engine.log().getParent());
        PlaylistlogImages images = new PlaylistlogImages(engine);
        images.push("1", Health.HEALTHY);
        createService(engine);
        try (RequestingClient client = RequestingClient.start(engine, "playlistlog", 8080)) {
          client.awaitAnswer("playlistlog 1", SOON);
        }
      }
      try (first) {
        assertThat(directories).allSatisfy(directory -> assertThat(leftOf(directory)).isNotEmpty());
      }
    }
    assertThat(directories)
        .hasSize(2)
        .allSatisfy(directory -> assertThat(leftOf(directory)).isEmpty());
  }

  @Test
  void leavesNothingWhenItsOwnJvmIsKilled() throws IOException, InterruptedException {
    assumeTrue(NamespacedEngine.isPossible(), "the engine in a container is proved by hand");
    Process jvm =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                EngineUntilKilled.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Path directory;
    try (BufferedReader output = jvm.inputReader(StandardCharsets.UTF_8)) {
      directory =
          Path.of(
              output
                  .lines()
                  .filter(line -> line.startsWith("engine in "))
                  .findFirst()
                  .orElseThrow()
                  .replace("engine in ", ""));
      assertThat(leftOf(directory)).isNotEmpty();
    } finally {
      jvm.destroyForcibly();
    }
    assertThat(jvm.waitFor()).isEqualTo(137);
    Await.until(
        "nothing of " + directory,
        Duration.ofSeconds(30),
        () -> leftOf(directory).isEmpty(),
        () -> leftOf(directory));
  }

  /// Starts an engine with a running service, and says so.
  static final class EngineUntilKilled {
    private EngineUntilKilled() {}

    /// Ends by being killed.
    public static void main(String[] arguments) throws IOException {
      try (PrivateEngine engine = PrivateEngine.start()) {
        new PlaylistlogImages(engine).push("1", Health.HEALTHY);
        createService(engine);
        try (RequestingClient client = RequestingClient.start(engine, "playlistlog", 8080)) {
          client.awaitAnswer("playlistlog 1", SOON);
          System.out.println("engine in " + engine.log().getParent());
          System.in.read();
        }
      }
    }
  }

  static void createService(PrivateEngine engine) {
    DockerClient docker = engine.docker();
    String network = docker.listNetworksCmd().withNameFilter("app").exec().getFirst().getId();
    docker
        .createServiceCmd(
            new ServiceSpec()
                .withName("playlistlog")
                .withMode(
                    new ServiceModeConfig()
                        .withReplicated(new ServiceReplicatedModeOptions().withReplicas(2)))
                .withEndpointSpec(new EndpointSpec().withMode(EndpointResolutionMode.DNSRR))
                .withTaskTemplate(
                    new TaskSpec()
                        .withContainerSpec(new ContainerSpec().withImage("vorce/playlistlog:1"))
                        .withNetworks(List.of(new NetworkAttachmentConfig().withTarget(network)))))
        .exec();
  }

  private static String get(PrivateEngine engine, String path) throws IOException {
    URI host = engine.dockerHost();
    try (ZerodepDockerHttpClient http =
            new ZerodepDockerHttpClient.Builder().dockerHost(host).build();
        DockerHttpClient.Response response =
            http.execute(Request.builder().method(Method.GET).path(path).build())) {
      return new String(response.getBody().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /// Every trace of an engine: its directory, processes, network device and control groups.
  private static List<String> leftOf(Path directory) throws IOException {
    String name = directory.getFileName().toString();
    NetworkInterface device = NetworkInterface.getByName(name.replace("-", ""));
    return Stream.of(
            Stream.of(directory).filter(Files::exists).map(Path::toString),
            Stream.ofNullable(device).map(NetworkInterface::getName),
            processesNaming(name).stream(),
            controlGroups(name).stream())
        .flatMap(traces -> traces)
        .toList();
  }

  private static List<String> processesNaming(String name) {
    return ProcessHandle.allProcesses()
        .map(process -> process.pid() + " " + commandLine(process))
        .filter(line -> line.contains(name))
        .toList();
  }

  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")).replace('\0', ' ');
    } catch (IOException ended) {
      return "";
    }
  }

  private static List<String> controlGroups(String name) throws IOException {
    Path root = Path.of("/sys/fs/cgroup");
    if (!Files.exists(root)) {
      return List.of();
    }
    try (Stream<Path> directories =
        Files.find(root, 3, (path, attributes) -> path.getFileName().toString().equals(name))) {
      return directories.map(Path::toString).toList();
    }
  }
}
