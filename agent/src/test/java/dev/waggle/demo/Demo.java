package dev.waggle.demo;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waggle.chain.Chain;
import dev.waggle.chain.Delivery;
import dev.waggle.testhost.AgentImage;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.RequestingClient;
import dev.waggle.testhost.RequestingClient.Counts;
import dev.waggle.testhost.SqsServer;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

/// The demo, from an empty machine to a rolled service and back.
public final class Demo implements AutoCloseable {

  private static final String SERVICE = "playlistlog";
  private static final String STAY = "--stay";
  private static final int UNEXPECTED = 1;
  private static final int USAGE = 2;

  /// Between the client's first sight of a version and the counts that are shown.
  private static final Duration A_LITTLE_LONGER = Duration.ofSeconds(10);

  private final Steps steps;
  private final PrintStream out;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private volatile boolean ending;

  private Demo(PrintStream out, boolean terminal) {
    this.out = out;
    this.steps = new Steps(out, terminal);
  }

  /// Runs the demo. Ends with status 0 if everything was as it should be.
  ///
  /// @param arguments none, or `--stay`
  public static void main(String[] arguments) {
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    boolean stay = List.of(arguments).equals(List.of(STAY));
    if (arguments.length > 0 && !stay) {
      out.println("usage: ./demo [" + STAY + "]");
      System.exit(USAGE);
    }
    Demo demo =
        new Demo(
            out, Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent());
    // Also on Ctrl-C.
    Runtime.getRuntime().addShutdownHook(new Thread(demo::close, "cleanup"));
    System.exit(demo.run(stay));
  }

  private int run(boolean stay) {
    try {
      show(stay);
      return 0;
    } catch (Steps.Unexpected unexpected) {
      out.println("\n  ✘ " + unexpected.getMessage());
      return UNEXPECTED;
    } catch (Exception failure) {
      if (!ending) {
        out.println("\n  ✘ the demo failed:");
        failure.printStackTrace(out);
      }
      return UNEXPECTED;
    }
  }

  private void show(boolean stay) throws Exception {
    steps.title("Setting the stage: everything private, nothing of yours is touched");
    PrivateEngine engine =
        steps.step(
            "Docker engine, swarm and registry of the demo's own",
            () -> keep(PrivateEngine.start(progress -> steps.note(progress))));
    steps.note("engine " + engine.version() + ", " + engine.dockerHost());
    PlaylistlogImages images = new PlaylistlogImages(engine);
    SqsServer sqs =
        steps.step("a real SQS server inside this JVM", () -> keep(SqsServer.startInJvm(engine)));
    steps.note(sqs.kind());
    if (engine.hostAddress().isPresent()) {
      steps.step(
          "the agent's image: docker build agent",
          () -> {
            AgentImage.build(engine, steps::note);
            return null;
          });
    } else {
      steps.note("the agent runs outside: the engine's containers cannot reach this machine");
    }
    Chain chain =
        steps.step(
            "the function behind a webhook, and the agent: docker stack deploy",
            () -> keep(Chain.start(engine, sqs)));
    String first =
        steps.step("image vorce/playlistlog:1 pushed", () -> images.push("1", Health.HEALTHY));
    steps.step(
        "service playlistlog: two replicas, health check, label waggle.tags=*",
        () -> {
          chain.createService(
              SERVICE, "vorce/playlistlog:1@" + first, 2, Map.of("waggle.tags", "*"));
          return null;
        });
    RequestingClient client =
        steps.step(
            "a client on the service's network that keeps requesting it",
            () -> {
              RequestingClient requesting =
                  keep(RequestingClient.start(engine, SERVICE, PlaylistlogImages.PORT));
              requesting.awaitAnswer("playlistlog 1", Duration.ofSeconds(30));
              return requesting;
            });

    Delivery delivery = goodPush(chain, images, client);
    samePushAgain(chain, images, delivery);
    wrongToken(chain);
    replay(chain);
    tagThatNobodyPushed(chain);
    imageThatIsNeverHealthy(chain, images, client);

    out.println();
    out.println("Everything was as it should be.");
    if (stay) {
      stay(engine, sqs, chain);
    }
  }

  private Delivery goodPush(Chain chain, PlaylistlogImages images, RequestingClient client)
      throws Exception {
    steps.title("docker push vorce/playlistlog:2");
    String digest =
        steps.step("image vorce/playlistlog:2 pushed", () -> images.push("2", Health.HEALTHY));
    Instant pushed = Instant.now();
    Delivery delivery = Delivery.of(PlaylistlogImages.REPOSITORY, "2", pushed);
    Chain.Answer answer =
        steps.step("Docker Hub's delivery posted to the webhook", () -> chain.deliver(delivery));
    JsonNode outcome =
        steps.step(
            "the service rolls, start-first, one replica after the other",
            () -> chain.agent().awaitOutcome(answer.deliveryId()));
    client.awaitAnswer("playlistlog 2", A_LITTLE_LONGER);
    timeline(pushed, outcome);
    show(client.counts());
    steps.expect(answer.status() == 202, "the webhook answered 202 accepted");
    steps.expect(says(outcome, "updated"), "the agent says: updated");
    steps.expect(
        chain.image(SERVICE).equals("vorce/playlistlog:2@" + digest),
        "the service runs 2 by its digest");
    steps.expect(client.counts().failures() == 0, "no request failed");
    return delivery;
  }

  private void samePushAgain(Chain chain, PlaylistlogImages images, Delivery delivery)
      throws Exception {
    steps.title("The same again: Docker Hub sends up to six deliveries for one push");
    JsonNode before = chain.service(SERVICE);
    Chain.Answer again =
        steps.step("the same delivery posted again", () -> chain.deliver(delivery));
    steps.expect(
        again.status() == 202, "accepted, and the queue knows it from before: no second message");
    steps.step(
        "the same image pushed under another tag, as CI does, and delivered",
        () -> images.push(PlaylistlogImages.REPOSITORY, "latest", "playlistlog 2", Health.HEALTHY));
    Chain.Answer latest = chain.deliver("latest");
    JsonNode outcome = chain.agent().awaitOutcome(latest.deliveryId());
    steps.expect(says(outcome, "already current"), "the agent says: already current");
    steps.expect(chain.service(SERVICE).equals(before), "the service was not touched");
  }

  private void wrongToken(Chain chain) throws Exception {
    steps.title("A stranger who guesses the address");
    Chain.Answer answer =
        steps.step("a delivery with a wrong token", () -> chain.deliverWithToken("guess", "2"));
    steps.expect(answer.status() == 403, "refused with 403");
  }

  private void replay(Chain chain) throws Exception {
    steps.title("Somebody who knows the address and wants the old image back");
    Delivery old =
        Delivery.of(PlaylistlogImages.REPOSITORY, "1", Instant.now().minus(Duration.ofDays(7)));
    Chain.Answer answer =
        steps.step("last week's delivery of vorce/playlistlog:1", () -> chain.deliver(old));
    steps.expect(
        answer.status() == 409
            && answer
                .body()
                .path("contradiction")
                .asText()
                .equals("the push is more than a day old"),
        "refused with 409: the push is more than a day old");
  }

  private void tagThatNobodyPushed(Chain chain) throws Exception {
    steps.title("A delivery for a tag that nobody pushed");
    Chain.Answer answer =
        steps.step("a delivery for vorce/playlistlog:9", () -> chain.deliver("9"));
    steps.expect(
        answer.status() == 200 && answer.body().path("verdict").asText().equals("ignored"),
        "ignored: " + answer.body().path("reason").asText());
    steps.expect(chain.messages() == 0, "nothing on the queue");
  }

  private void imageThatIsNeverHealthy(
      Chain chain, PlaylistlogImages images, RequestingClient client) throws Exception {
    steps.title("docker push vorce/playlistlog:3, which never becomes healthy");
    String before = chain.image(SERVICE);
    steps.step("image vorce/playlistlog:3 pushed", () -> images.push("3", Health.NEVER_HEALTHY));
    Chain.Answer answer = chain.deliver("3");
    JsonNode outcome =
        steps.step(
            "Swarm tries it, gives up, and rolls back",
            () -> chain.agent().awaitOutcome(answer.deliveryId()));
    show(client.counts());
    steps.expect(
        says(outcome, "rolled back"),
        "the agent says: rolled back, because of: " + outcome.path("detail").asText());
    steps.expect(chain.image(SERVICE).equals(before), "the service runs 2 as before");
    Counts counts = client.stop();
    steps.expect(counts.failures() == 0, "no request failed");
    steps.expect(!counts.answers().containsKey("playlistlog 3"), "nobody ever saw version 3");
  }

  private static boolean says(JsonNode outcome, String name) {
    return outcome.path("outcome").asText().equals(name);
  }

  private void timeline(Instant pushed, JsonNode outcome) {
    Map<String, String> stations = new LinkedHashMap<>();
    stations.put("accepted", "acceptedAt");
    stations.put("queued", "queuedAt");
    stations.put("received by the agent", "receivedAt");
    stations.put("update sent", "startedAt");
    stations.put("first new task serving", "firstServingAt");
    stations.put("converged", "closedAt");
    steps.note(String.format(Locale.ROOT, "%-24s %6.2f s", "pushed", 0.0));
    stations.forEach(
        (name, field) ->
            steps.note(
                String.format(
                    Locale.ROOT,
                    "%-24s %6.2f s",
                    name,
                    Duration.between(pushed, Instant.parse(outcome.path(field).asText())).toMillis()
                        / 1000.0)));
  }

  private void show(Counts counts) {
    String versions =
        counts.answers().entrySet().stream()
            .map(version -> version.getValue() + " of \"" + version.getKey() + "\"")
            .collect(Collectors.joining(", "));
    steps.note(
        "the client so far: "
            + counts.answered()
            + " answers ("
            + versions
            + "), "
            + counts.failures()
            + " failures");
  }

  private void stay(PrivateEngine engine, SqsServer sqs, Chain chain)
      throws IOException, InterruptedException {
    Path target = Files.createDirectories(Path.of("target"));
    Path delivery =
        Files.writeString(
            target.resolve("delivery.json"),
            Delivery.of(PlaylistlogImages.REPOSITORY, "mine", Instant.now()).json());
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("WEBHOOK_URL", chain.webhook().toString());
    environment.put("DOCKER_HOST", engine.dockerHost().toString());
    environment.put("REGISTRY_URL", engine.registry().toString());
    environment.put("QUEUE_URL", chain.queueUrl());
    environment.putAll(sqs.environment());
    List<String> lines =
        environment.entrySet().stream()
            .map(entry -> entry.getKey() + "=" + entry.getValue())
            .toList();
    Path file = Files.write(target.resolve("demo.env"), lines);
    out.println();
    out.println("It stays until Ctrl-C. In " + file + ":");
    lines.forEach(line -> out.println("  " + line));
    out.println("Try:");
    out.println(
        "  set -a; . ./"
            + file
            + "; set +a; I="
            + PrivateEngine.LOCAL_REGISTRY
            + "/vorce/playlistlog:mine; docker tag "
            + PrivateEngine.LOCAL_REGISTRY
            + "/vorce/playlistlog:1 $I; docker push $I");
    out.println(
        "  curl -H 'Content-Type: application/json' -d @"
            + delivery
            + " \"$WEBHOOK_URL\"; docker service ps playlistlog");
    new CountDownLatch(1).await();
  }

  private <T extends AutoCloseable> T keep(T part) {
    synchronized (started) {
      started.push(part);
    }
    return part;
  }

  /// Ends everything that was started, the last first.
  @Override
  public void close() {
    ending = true;
    out.println("\nCleaning up");
    while (true) {
      AutoCloseable part;
      synchronized (started) {
        part = started.poll();
      }
      if (part == null) {
        return;
      }
      try {
        part.close();
      } catch (Exception failure) {
        out.println("  ✘ cleaning up: " + failure);
      }
    }
  }
}
