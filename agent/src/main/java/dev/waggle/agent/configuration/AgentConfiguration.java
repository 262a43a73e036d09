package dev.waggle.agent.configuration;

import dev.waggle.agent.outbox.Address;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.Spelling;
import dev.waggle.agent.swarm.RegistryCredentials;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/// The agent's settings. Region, credentials and endpoint of the queue are not among them: the AWS
/// SDK reads its own variables.
///
/// @param queueUrl the address of the FIFO queue
/// @param dockerHost the engine's address
/// @param rolloutTimeout how long one service's rollout may take
/// @param healthFile the file whose age says whether the agent is well, empty if there is to be
///   none
/// @param notifyAddresses who is told how pushes ended, besides the log
/// @param notifyEvents which outcomes they are told of
/// @param registryCredentials for private repositories
public record AgentConfiguration(
    URI queueUrl,
    URI dockerHost,
    Duration rolloutTimeout,
    Optional<Path> healthFile,
    List<Address> notifyAddresses,
    Set<Outcome> notifyEvents,
    RegistryCredentials registryCredentials) {

  private static final String NONE = "none";

  private static final Setting<URI> QUEUE_URL =
      Setting.expecting(
          "WAGGLE_QUEUE_URL",
          "",
          "the FIFO queue's URL, https://sqs.REGION.amazonaws.com/ACCOUNT/NAME.fifo",
          AgentConfiguration::parseQueueUrl);
  private static final Setting<URI> DOCKER_HOST =
      Setting.expecting(
          "DOCKER_HOST",
          "unix:///var/run/docker.sock",
          "unix:///path/of/docker.sock or tcp://host:port",
          AgentConfiguration::parseDockerHost);
  private static final Setting<Duration> ROLLOUT_TIMEOUT =
      Setting.expecting(
          "WAGGLE_ROLLOUT_TIMEOUT",
          "10m",
          "a duration such as 90s or 10m, at most 24h",
          ServiceLabels::duration);
  private static final Setting<Optional<Path>> HEALTH_FILE =
      Setting.expecting(
          "WAGGLE_HEALTH_FILE", NONE, "an absolute path, or none", AgentConfiguration::parseFile);
  private static final Setting<List<Address>> NOTIFY_FILE =
      new Setting<>("WAGGLE_NOTIFY_FILE", NONE, AgentConfiguration::parseNotifyFile);
  private static final Setting<Set<Outcome>> NOTIFY_EVENTS =
      new Setting<>(
          "WAGGLE_NOTIFY_EVENTS", "changed,failed", AgentConfiguration::parseNotifyEvents);
  private static final Setting<RegistryCredentials> REGISTRY_CONFIG_FILE =
      new Setting<>("WAGGLE_REGISTRY_CONFIG_FILE", NONE, AgentConfiguration::parseRegistryConfig);

  /// All settings, as `docs/reference.md` lists them.
  public static final List<Setting<?>> SETTINGS =
      List.of(
          QUEUE_URL,
          DOCKER_HOST,
          ROLLOUT_TIMEOUT,
          HEALTH_FILE,
          NOTIFY_FILE,
          NOTIFY_EVENTS,
          REGISTRY_CONFIG_FILE);

  /// Reads the settings.
  ///
  /// @throws InvalidConfigurationException naming all that is wrong at once
  public static AgentConfiguration parse(Map<String, String> variables) {
    Environment environment = new Environment(variables);
    Supplier<URI> queueUrl = environment.read(QUEUE_URL);
    Supplier<URI> dockerHost = environment.read(DOCKER_HOST);
    Supplier<Duration> rolloutTimeout = environment.read(ROLLOUT_TIMEOUT);
    Supplier<Optional<Path>> healthFile = environment.read(HEALTH_FILE);
    Supplier<List<Address>> notifyAddresses = environment.read(NOTIFY_FILE);
    Supplier<Set<Outcome>> notifyEvents = environment.read(NOTIFY_EVENTS);
    Supplier<RegistryCredentials> credentials = environment.read(REGISTRY_CONFIG_FILE);
    environment.check(SETTINGS);
    return new AgentConfiguration(
        queueUrl.get(),
        dockerHost.get(),
        rolloutTimeout.get(),
        healthFile.get(),
        notifyAddresses.get(),
        notifyEvents.get(),
        credentials.get());
  }

  /// The engine's address alone, for what needs no more.
  ///
  /// @throws InvalidConfigurationException if it is wrong
  public static URI parseDockerHost(Map<String, String> variables) {
    return new Environment(variables).read(DOCKER_HOST).get();
  }

  /// The queue's address alone, for what looks at a set-up that may be wrong elsewhere.
  ///
  /// @throws InvalidConfigurationException if it is wrong
  public static URI parseQueueUrl(Map<String, String> variables) {
    return new Environment(variables).read(QUEUE_URL).get();
  }

  private static URI parseQueueUrl(String text) {
    URI url = URI.create(text);
    if (url.getHost() == null || !text.endsWith(".fifo")) {
      throw new IllegalArgumentException("not a FIFO queue's URL");
    }
    return url;
  }

  private static URI parseDockerHost(String text) {
    URI host = URI.create(text);
    if (!Set.of("unix", "tcp").contains(String.valueOf(host.getScheme()))) {
      throw new IllegalArgumentException("not an engine's address");
    }
    return host;
  }

  private static Optional<Path> parseFile(String text) {
    if (text.equals(NONE)) {
      return Optional.empty();
    }
    if (!Path.of(text).isAbsolute()) {
      throw new IllegalArgumentException("not an absolute path");
    }
    return Optional.of(Path.of(text));
  }

  private static List<Address> parseNotifyFile(String text) {
    List<String> lines;
    try {
      lines = parseFile(text).isEmpty() ? List.of() : Files.readAllLines(Path.of(text));
    } catch (IOException | IllegalArgumentException wrong) {
      // Whoever gave the addresses themselves must not find them in the log.
      throw new IllegalArgumentException(
          "expected the absolute path of a readable text file, one address a line, or none");
    }
    return Address.parse(lines);
  }

  private static Set<Outcome> parseNotifyEvents(String text) {
    EnumSet<Outcome> events = EnumSet.noneOf(Outcome.class);
    for (String name : text.split(",", -1)) {
      events.addAll(
          Outcome.named(name.strip())
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          name.strip()
                              + " is no outcome: did you mean "
                              + Spelling.nearest(name.strip(), Outcome.known())
                              + "?")));
    }
    return events;
  }

  /// Read once: the content of a Swarm secret never changes.
  private static RegistryCredentials parseRegistryConfig(String text) {
    Optional<Path> file;
    try {
      file = parseFile(text);
    } catch (IllegalArgumentException wrong) {
      throw new IllegalArgumentException(
          "expected the absolute path of a config.json, /run/secrets/NAME, or none", wrong);
    }
    if (file.isEmpty()) {
      return RegistryCredentials.NONE;
    }
    return switch (RegistryCredentials.read(file.get())) {
      case RegistryCredentials.Reading.Valid(RegistryCredentials valid) -> valid;
      case RegistryCredentials.Reading.Invalid(List<String> wrong) ->
          throw new InvalidConfigurationException(
              wrong.stream().map(problem -> file.get() + ": " + problem).toList());
    };
  }
}
