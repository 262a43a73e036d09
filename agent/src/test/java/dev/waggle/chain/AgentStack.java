package dev.waggle.chain;

import dev.waggle.testhost.AgentImage;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.TlsFront;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/// The agent as users run it: the image of `agent/Dockerfile`, deployed with `agent/stack.yml`, and
/// SQS over TLS.
///
/// What a test adds to the stack is a second file on the command line, as a user's own additions
/// would be.
public final class AgentStack implements RunningAgent {

  private static final AtomicInteger STACKS = new AtomicInteger();
  private static final String CREDENTIALS = "waggle-aws";
  private static final String ENDPOINT = "AWS_ENDPOINT_URL_SQS";
  private static final String SOCKET = "DOCKER_SOCKET";
  private static final String QUEUE = "WAGGLE_QUEUE_URL";
  private static final String IMAGE = "WAGGLE_IMAGE";
  private static final Duration LONGEST_START = Duration.ofMinutes(2);
  private static final Duration LONGEST_STOP = Duration.ofSeconds(60);

  private final PrivateEngine engine;
  private final Map<String, String> environment;
  private final List<String> options;
  private final String stack = "waggle" + STACKS.incrementAndGet();
  private final LogLines log = new LogLines();
  private final TlsFront sqs;
  private final List<Process> logs = new ArrayList<>();
  private final List<Thread> readers = new ArrayList<>();

  private AgentStack(PrivateEngine engine, Map<String, String> environment, List<String> options) {
    this.engine = engine;
    this.options = options;
    this.sqs =
        TlsFront.before(
            URI.create(Objects.requireNonNull(environment.get(ENDPOINT), ENDPOINT)),
            engine.hostAddress().orElseThrow());
    this.environment = overTls(environment);
    createCredentials(environment);
    deploy(Map.of());
  }

  private void follow(PrivateEngine node, String... command) {
    Process process = AgentImage.start(node, command);
    logs.add(process);
    readers.add(log.startReading(process));
  }

  /// Reads the log of the container on one of several nodes, as soon as there is one: what Swarm
  /// gathers ends with the node.
  void followOn(PrivateEngine node) {
    String container =
        Await.value(
            "a container of " + service(),
            LONGEST_START,
            () ->
                AgentImage.docker(
                        node,
                        "ps",
                        "--quiet",
                        "--filter",
                        "label=com.docker.swarm.service.name=" + service())
                    .lines()
                    .findFirst());
    follow(node, "logs", "--follow", container);
  }

  /// Deploys the image that the engine has.
  ///
  /// @param environment what the agent shall find in its environment, credentials excepted, which
  ///   become a secret
  /// @param options further ones for `docker stack deploy`
  static AgentStack deploy(
      PrivateEngine engine, Map<String, String> environment, String... options) {
    AgentStack agent = deployUnheard(engine, environment, options);
    agent.follow(engine, "service", "logs", "--raw", "--follow", agent.service());
    return agent;
  }

  /// As [#deploy], for a swarm of several nodes, on which [#followOn] then listens.
  static AgentStack deployUnheard(
      PrivateEngine engine, Map<String, String> environment, String... options) {
    return new AgentStack(engine, environment, List.of(options));
  }

  /// Deploys the image that the engine has, to talk to the engine by a socket of the caller's.
  ///
  /// @param socket what the agent takes for the engine's
  /// @param environment what the agent shall find in its environment, credentials excepted, which
  ///   become a secret
  /// @param options further ones for `docker stack deploy`
  public static AgentStack deploy(
      PrivateEngine engine, Path socket, Map<String, String> environment, String... options) {
    Map<String, String> all = new HashMap<>(environment);
    all.put(SOCKET, socket.toString());
    return deploy(engine, all, options);
  }

  private Map<String, String> overTls(Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(environment);
    all.put(ENDPOINT, sqs.endpoint().toString());
    all.computeIfPresent(
        QUEUE, (_, url) -> sqs.endpoint().resolve(URI.create(url).getRawPath()).toString());
    return all;
  }

  private void createCredentials(Map<String, String> environment) {
    if (AgentImage.docker(engine, "secret", "ls", "--format", "{{.Name}}")
        .lines()
        .noneMatch(CREDENTIALS::equals)) {
      createCredentials(
          CREDENTIALS,
          Objects.requireNonNull(environment.get("AWS_ACCESS_KEY_ID")),
          Objects.requireNonNull(environment.get("AWS_SECRET_ACCESS_KEY")));
    }
  }

  /// Creates a secret with a key of AWS in it.
  void createCredentials(String secret, String keyId, String key) {
    withFile(
        "[default]\naws_access_key_id=%s\naws_secret_access_key=%s\n".formatted(keyId, key),
        file -> AgentImage.docker(engine, "secret", "create", secret, file));
  }

  /// Deploys the stack, for the first time or again.
  ///
  /// @param settings variables of the stack file beside those of the first time
  void deploy(Map<String, String> settings) {
    withFile(
        additions(),
        additions -> {
          List<String> command = new ArrayList<>(List.of("stack", "deploy"));
          command.addAll(
              List.of(
                  "--compose-file",
                  AgentImage.directory().resolve("stack.yml").toString(),
                  "--compose-file",
                  additions));
          command.addAll(options);
          command.add(stack);
          return AgentImage.docker(
              engine, stackEnvironment(settings), command.toArray(String[]::new));
        });
  }

  private Map<String, String> stackEnvironment(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(environment);
    all.put(IMAGE, AgentImage.NAME);
    all.putAll(settings);
    try {
      Path socket = Path.of(all.getOrDefault(SOCKET, engine.dockerHost().getPath()));
      all.put("DOCKER_GROUP", Files.getAttribute(socket, "unix:gid").toString());
    } catch (IOException gone) {
      throw new UncheckedIOException(gone);
    }
    return all;
  }

  /// The SQS server is not Amazon's, and its authority not one that Java knows.
  private String additions() {
    return """
    version: "3.9"
    services:
      agent:
        environment:
          AWS_ENDPOINT_URL_SQS: "%s"
        configs:
          - source: authorities
            target: /opt/agent/runtime/lib/security/cacerts
    configs:
      authorities:
        file: "%s"
    """
        .formatted(environment.get(ENDPOINT), sqs.authorities());
  }

  private interface UseOfFile {
    String use(String file);
  }

  private static void withFile(String content, UseOfFile use) {
    try {
      Path file = Files.createTempFile("waggle-stack", ".yml");
      try {
        Files.writeString(file, content);
        use.use(file.toString());
      } finally {
        Files.delete(file);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /// What the agent's service is called.
  public String service() {
    return stack + "_agent";
  }

  @Override
  public LogLines log() {
    return log;
  }

  @Override
  public boolean isLogging() {
    return readers.stream().anyMatch(Thread::isAlive);
  }

  @Override
  public void terminate() {
    AgentImage.docker(engine, "service", "scale", "--detach", service() + "=0");
    Await.until(
        "the end of the agent's container",
        LONGEST_STOP,
        () ->
            AgentImage.docker(
                    engine,
                    "ps",
                    "--quiet",
                    "--filter",
                    "label=com.docker.swarm.service.name=" + service())
                .isBlank());
    awaitMessage("agent stopped");
  }

  @Override
  public void close() {
    removeServices();
    sqs.close();
    logs.forEach(Process::destroy);
    try {
      for (Process process : logs) {
        process.waitFor(LONGEST_STOP.toSeconds(), TimeUnit.SECONDS);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /// The stack's network stays: after one is removed, an engine of 28.5 may start no task for
  /// twenty seconds.
  private void removeServices() {
    AgentImage.docker(
            engine,
            "service",
            "ls",
            "--quiet",
            "--filter",
            "label=com.docker.stack.namespace=" + stack)
        .lines()
        .forEach(service -> AgentImage.docker(engine, "service", "rm", service));
    // An agent takes up to twenty seconds to stop, in which it would roll what the next is to roll.
    AgentImage.docker(
            engine,
            "ps",
            "--all",
            "--quiet",
            "--filter",
            "label=com.docker.swarm.service.name=" + service())
        .lines()
        .filter(Predicate.not(String::isBlank))
        .forEach(container -> AgentImage.docker(engine, "rm", "--force", container));
  }
}
