package dev.waggle.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.chain.AgentStack;
import dev.waggle.chain.Chain;
import dev.waggle.testhost.AgentImage;
import dev.waggle.testhost.NamespacedEngine;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.SqsServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/// Measures what the agent takes after ten rollouts and a minute of rest, with SQS over TLS and in
/// a swarm of two hundred opted-in services, beside a container that looks for news with the docker
/// command from a shell's loop.
final class Footprint {

  private static final int SERVICES = 200;
  private static final int ROLLOUTS = 10;
  private static final Duration REST = Duration.ofMinutes(1);
  private static final int READINGS = 3;
  private static final Duration BETWEEN_READINGS = Duration.ofSeconds(5);
  private static final double MOST_MEBIBYTES = 64;
  private static final double MOST_PERCENT_OF_A_CORE = 0.2;
  private static final int USAGE = 2;
  private static final JsonMapper JSON = new JsonMapper();

  private static final String POLL =
      """
      while :; do
          docker service ls --filter label=waggle.tags --format '{{.Name}} {{.Image}}' >/dev/null
          sleep 20
      done
      """;

  private final NamespacedEngine engine;
  private boolean met = true;

  private Footprint(NamespacedEngine engine) {
    this.engine = engine;
  }

  /// Ends with status 1 when a target is missed.
  ///
  /// @param arguments none
  public static void main(String[] arguments) throws Exception {
    boolean met;
    try (PrivateEngine engine = PrivateEngine.start()) {
      if (!(engine instanceof NamespacedEngine namespaced)) {
        System.err.println("processes are measured on Linux as root only");
        System.exit(USAGE);
        return;
      }
      met = new Footprint(namespaced).measure();
    }
    System.exit(met ? 0 : 1);
  }

  private boolean measure() throws InterruptedException {
    PlaylistlogImages images = new PlaylistlogImages(engine);
    try (SqsServer sqs = SqsServer.startInJvm(engine);
        Chain chain = Chain.start(engine, sqs)) {
      String first = "vorce/playlistlog:0@" + images.push("0", Health.HEALTHY);
      System.out.println("creating " + SERVICES + " services that opted in");
      for (int number = 1; number < SERVICES; number++) {
        chain.createService(optedIn("other-" + number, first));
      }
      chain.createService("playlistlog", first, 1, Map.of("waggle.tags", "v*"));
      for (int number = 1; number <= ROLLOUTS; number++) {
        images.push("v" + number, Health.HEALTHY);
        JsonNode outcome = chain.agent().awaitOutcome(chain.deliver("v" + number).deliveryId());
        System.out.println("rollout " + number + ": " + outcome.path("outcome").asText());
      }
      MeasuredContainer agent =
          MeasuredContainer.ofService(engine, ((AgentStack) chain.agent()).service());
      MeasuredContainer loop =
          new MeasuredContainer(
              engine,
              AgentImage.docker(
                      engine,
                      "run",
                      "--detach",
                      "--user=0",
                      "--entrypoint=sh",
                      "--volume=/usr/bin/docker:/usr/bin/docker:ro",
                      "--volume=" + engine.dockerHost().getPath() + ":/var/run/docker.sock",
                      AgentImage.NAME,
                      "-c",
                      POLL)
                  .strip());
      System.out.println("resting for " + REST.toSeconds() + " s");
      rest(REST);
      long agentBefore = agent.cpuNanoseconds();
      long loopBefore = loop.cpuNanoseconds();
      rest(REST);
      long agentAfter = agent.cpuNanoseconds();
      long loopAfter = loop.cpuNanoseconds();
      System.out.println();
      System.out.printf(
          Locale.ROOT,
          "%-22s %14s %10s %14s %12s%n",
          "",
          "docker stats",
          "RSS",
          "anonymous",
          "of a core");
      double memory = show("agent", agent, agentAfter - agentBefore);
      show("loop of docker commands", loop, loopAfter - loopBefore);
      met &= memory <= MOST_MEBIBYTES;
      System.out.println(
          met
              ? "within 64 MiB and 0.2% of a core"
              : "more than 64 MiB, or more than 0.2% of a core");
    }
    return met;
  }

  /// Waits for nothing but time.
  private static void rest(Duration time) throws InterruptedException {
    boolean _ = new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// @return the median of what `docker stats` shows, in MiB
  private double show(String name, MeasuredContainer container, long nanoseconds)
      throws InterruptedException {
    List<MeasuredContainer.Memory> readings = new ArrayList<>();
    for (int reading = 0; reading < READINGS; reading++) {
      if (reading > 0) {
        rest(BETWEEN_READINGS);
      }
      readings.add(container.memory());
    }
    double shown = median(readings, MeasuredContainer.Memory::shown);
    double percent = 100.0 * nanoseconds / REST.toNanos();
    System.out.printf(
        Locale.ROOT,
        "%-22s %10.1f MiB %6.1f MiB %10.1f MiB %10.3f %%%n",
        name,
        shown,
        median(readings, MeasuredContainer.Memory::resident),
        median(readings, MeasuredContainer.Memory::anonymous),
        percent);
    if (name.equals("agent")) {
      met &= percent <= MOST_PERCENT_OF_A_CORE;
    }
    return shown;
  }

  private static double median(
      List<MeasuredContainer.Memory> readings, ToDoubleFunction<MeasuredContainer.Memory> of) {
    return readings.stream().mapToDouble(of).sorted().skip(READINGS / 2).findFirst().orElseThrow();
  }

  private static ObjectNode optedIn(String name, String image) {
    ObjectNode spec = JSON.createObjectNode().put("Name", name);
    spec.withObject("/Labels").put("waggle.tags", "none");
    spec.withObject("/TaskTemplate/ContainerSpec").put("Image", image);
    spec.withObject("/Mode/Replicated").put("Replicas", 0);
    spec.withObject("/EndpointSpec").put("Mode", "dnsrr");
    return spec;
  }
}
