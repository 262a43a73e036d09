package dev.waggle.chain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.function.WebhookHandler;
import dev.waggle.testhost.AgentImage;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.EngineHttp;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.SqsServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;

/// Webhook, function, queue and agent around an engine.
public final class Chain implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration VISIBILITY = Duration.ofSeconds(60);

  /// What the webhook answered.
  ///
  /// @param status the HTTP status
  /// @param body the JSON answer
  public record Answer(int status, JsonNode body) {

    /// What the push is called in every log line.
    public String deliveryId() {
      return body.path("deliveryId").asText();
    }
  }

  private final EngineHttp api;
  private final SqsServer sqs;
  private final SqsServer.FifoQueue queue;
  private final LogLines functionLog = new LogLines();
  private final String token = HexFormat.of().formatHex(new SecureRandom().generateSeed(24));
  private final WebhookFront front;
  private final HttpClient http = HttpClient.newHttpClient();
  private final RunningAgent agent;

  private Chain(
      PrivateEngine engine,
      SqsServer sqs,
      URI registryForFunction,
      Map<String, String> agentSettings)
      throws IOException {
    this.api = EngineHttp.connect(engine.dockerHost());
    this.sqs = sqs;
    this.queue = sqs.createFifoQueue("waggle-" + UUID.randomUUID() + ".fifo", VISIBILITY);
    Map<String, String> environment = new HashMap<>(sqs.environment());
    environment.put("WAGGLE_TOKEN_SHA256", WebhookFront.hashOf(token));
    environment.put("WAGGLE_REPOSITORIES", PlaylistlogImages.REPOSITORY);
    environment.put("WAGGLE_QUEUE_URL", queue.url());
    environment.put("WAGGLE_REGISTRY_URL", registryForFunction.toString());
    environment.put("WAGGLE_HUB_URL", "none");
    this.front =
        WebhookFront.start(WebhookHandler.fromEnvironment(environment, lines(functionLog)));
    this.agent = agent(engine, sqs, queue, agentSettings);
  }

  /// Starts function and agent around an engine and a queue that run already, and end by
  /// themselves. The agent is the stack where the engine's containers reach this machine, and a
  /// process where they do not.
  public static Chain start(PrivateEngine engine, SqsServer sqs) {
    return start(engine, sqs, engine.registry(), Map.of());
  }

  /// Starts function and agent as [#start] does.
  ///
  /// @param registryForFunction the registry that proves a push to the function
  /// @param agentSettings variables of the agent's environment beside those that it needs; where
  ///   there are any, it is a process, since they may name files of this machine
  public static Chain start(
      PrivateEngine engine,
      SqsServer sqs,
      URI registryForFunction,
      Map<String, String> agentSettings) {
    try {
      return new Chain(engine, sqs, registryForFunction, agentSettings);
    } catch (IOException notStarted) {
      throw new UncheckedIOException(notStarted);
    }
  }

  private static RunningAgent agent(
      PrivateEngine engine,
      SqsServer sqs,
      SqsServer.FifoQueue queue,
      Map<String, String> settings) {
    Map<String, String> environment = new HashMap<>(sqs.environment());
    environment.put("WAGGLE_QUEUE_URL", queue.url());
    if (engine.hostAddress().isEmpty() || !settings.isEmpty()) {
      environment.put("DOCKER_HOST", engine.dockerHost().toString());
      environment.putAll(settings);
      return AgentProcess.start(environment);
    }
    AgentImage.build(engine, step -> System.out.println("agent's image: " + step));
    // The registry has no such image, and asking for it takes time.
    return AgentStack.deploy(engine, environment, "--resolve-image", "never");
  }

  /// The engine's API as plain JSON.
  public EngineHttp api() {
    return api;
  }

  /// The agent.
  public RunningAgent agent() {
    return agent;
  }

  /// What the function has logged.
  public LogLines functionLog() {
    return functionLog;
  }

  /// The secret in the webhook's address.
  public String token() {
    return token;
  }

  /// The webhook's address with its token.
  public URI webhook() {
    return front.webhook(token);
  }

  /// The address of the queue.
  public String queueUrl() {
    return queue.url();
  }

  /// Puts a text on the queue as if the function had, which it need not have.
  public void send(String message) {
    sqs.client()
        .sendMessage(
            request ->
                request
                    .queueUrl(queue.url())
                    .messageBody(message)
                    .messageGroupId(PlaylistlogImages.REPOSITORY)
                    .messageDeduplicationId(UUID.randomUUID().toString()));
  }

  /// Messages in the queue, those in flight included, and in its dead-letter queue.
  public int messages() {
    return sqs.messages(queue.url()) + sqs.messages(queue.deadLetterUrl());
  }

  /// Posts a delivery for a push of now to the webhook, as Docker Hub does.
  public Answer deliver(String tag) {
    return deliver(Delivery.of(PlaylistlogImages.REPOSITORY, tag, Instant.now()));
  }

  /// Posts a delivery to the webhook, for the first time or again.
  public Answer deliver(Delivery delivery) {
    return post(webhook(), delivery.json());
  }

  /// Posts a delivery with another token.
  public Answer deliverWithToken(String otherToken, String tag) {
    return post(
        front.webhook(otherToken),
        Delivery.of(PlaylistlogImages.REPOSITORY, tag, Instant.now()).json());
  }

  private Answer post(URI address, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(address)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      return new Answer(response.statusCode(), JSON.readTree(response.body()));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while delivering", interrupted);
    }
  }

  /// Creates a service on the overlay network as `docker service create` does, and waits until it
  /// serves.
  ///
  /// @param image with its digest, as the docker command pins it
  public void createService(String name, String image, int replicas, Map<String, String> labels) {
    ObjectNode spec = JSON.createObjectNode().put("Name", name);
    labels.forEach(spec.withObject("/Labels")::put);
    spec.withObject("/TaskTemplate/ContainerSpec").put("Image", image);
    spec.withObject("/TaskTemplate")
        .putArray("Networks")
        .addObject()
        .put("Target", PrivateEngine.NETWORK);
    spec.withObject("/Mode/Replicated").put("Replicas", replicas);
    spec.withObject("/EndpointSpec").put("Mode", "dnsrr");
    createService(spec);
    Await.until(
        replicas + " running tasks of " + name,
        Duration.ofSeconds(60),
        () -> api.running(name) == replicas);
  }

  /// Creates a service from a specification, and waits for nothing.
  public void createService(JsonNode spec) {
    api.post("/services/create", spec);
  }

  /// The service of a name as the engine describes it.
  public JsonNode service(String name) {
    return api.service(name);
  }

  /// The image that a service's specification names.
  public String image(String name) {
    return api.image(name);
  }

  /// Ends the agent and the webhook, quickly.
  @Override
  public void close() {
    agent.close();
    front.close();
    http.close();
    api.close();
  }

  /// Hands over what is written to it, line by line.
  private static PrintStream lines(LogLines log) {
    return new PrintStream(
        new OutputStream() {
          private final ByteArrayOutputStream line = new ByteArrayOutputStream();

          @Override
          public void write(int octet) {
            if (octet == '\n') {
              log.add(line.toString(StandardCharsets.UTF_8));
              line.reset();
            } else {
              line.write(octet);
            }
          }
        },
        true,
        StandardCharsets.UTF_8);
  }
}
