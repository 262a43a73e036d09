package dev.waggle.agent;

import dev.waggle.agent.outbox.Address;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.Spelling;
import dev.waggle.agent.swarm.RegistryCredentials;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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

  private static final String PREFIX = "WAGGLE_";

  /// A setting as the README lists it.
  ///
  /// @param variable the environment variable
  /// @param byDefault what holds when it is not set, empty if it must be
  record Setting(String variable, String byDefault) {}

  static final Setting QUEUE_URL = new Setting("WAGGLE_QUEUE_URL", "");
  static final Setting DOCKER_HOST = new Setting("DOCKER_HOST", "unix:///var/run/docker.sock");
  static final Setting ROLLOUT_TIMEOUT = new Setting("WAGGLE_ROLLOUT_TIMEOUT", "10m");
  static final Setting HEALTH_FILE = new Setting("WAGGLE_HEALTH_FILE", "none");
  static final Setting NOTIFY_FILE = new Setting("WAGGLE_NOTIFY_FILE", "none");
  static final Setting NOTIFY_EVENTS = new Setting("WAGGLE_NOTIFY_EVENTS", "changed,failed");
  static final Setting REGISTRY_CONFIG_FILE = new Setting("WAGGLE_REGISTRY_CONFIG_FILE", "none");
  static final List<Setting> SETTINGS =
      List.of(
          QUEUE_URL,
          DOCKER_HOST,
          ROLLOUT_TIMEOUT,
          HEALTH_FILE,
          NOTIFY_FILE,
          NOTIFY_EVENTS,
          REGISTRY_CONFIG_FILE);

  /// The settings do not hold together; the message names every one that does not, and what to do.
  public static final class InvalidConfigurationException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    InvalidConfigurationException(List<String> problems) {
      super(String.join("; ", problems));
      this.problems = List.copyOf(problems);
    }

    /// Each of them.
    public List<String> problems() {
      return problems;
    }
  }

  /// Reads the settings.
  ///
  /// @throws InvalidConfigurationException naming all that is wrong at once
  public static AgentConfiguration from(Map<String, String> environment) {
    Reader reader = new Reader(environment);
    URI queueUrl = readQueueUrl(reader);
    URI dockerHost = readDockerHost(reader);
    Duration timeout =
        reader.read(
            ROLLOUT_TIMEOUT, ServiceLabels::duration, "a duration such as 90s or 10m, at most 24h");
    Optional<Path> healthFile =
        reader.read(HEALTH_FILE, AgentConfiguration::file, "an absolute path, or none");
    List<Address> notifyAddresses = reader.read(NOTIFY_FILE, AgentConfiguration::notifyAddresses);
    Set<Outcome> notifyEvents = reader.read(NOTIFY_EVENTS, AgentConfiguration::notifyEvents);
    RegistryCredentials credentials = reader.credentials();
    reader.refuseUnknown();
    if (!reader.problems.isEmpty()
        || queueUrl == null
        || dockerHost == null
        || timeout == null
        || healthFile == null
        || notifyAddresses == null
        || notifyEvents == null) {
      throw new InvalidConfigurationException(reader.problems);
    }
    return new AgentConfiguration(
        queueUrl, dockerHost, timeout, healthFile, notifyAddresses, notifyEvents, credentials);
  }

  /// The engine's address alone, for what needs no more.
  ///
  /// @throws InvalidConfigurationException if it is wrong
  public static URI dockerHost(Map<String, String> environment) {
    return alone(new Reader(environment), AgentConfiguration::readDockerHost);
  }

  /// The queue's address alone, for what looks at a set-up that may be wrong elsewhere.
  ///
  /// @throws InvalidConfigurationException if it is wrong
  public static URI queueUrl(Map<String, String> environment) {
    return alone(new Reader(environment), AgentConfiguration::readQueueUrl);
  }

  private static URI alone(Reader reader, Function<Reader, @Nullable URI> setting) {
    URI value = setting.apply(reader);
    if (value == null) {
      throw new InvalidConfigurationException(reader.problems);
    }
    return value;
  }

  private static @Nullable URI readQueueUrl(Reader reader) {
    return reader.read(
        QUEUE_URL,
        AgentConfiguration::queueUrl,
        "the FIFO queue's URL, https://sqs.REGION.amazonaws.com/ACCOUNT/NAME.fifo");
  }

  private static @Nullable URI readDockerHost(Reader reader) {
    return reader.read(
        DOCKER_HOST,
        AgentConfiguration::dockerHost,
        "unix:///path/of/docker.sock or tcp://host:port");
  }

  private static URI queueUrl(String text) {
    URI url = URI.create(text);
    if (url.getHost() == null || !text.endsWith(".fifo")) {
      throw new IllegalArgumentException("not a FIFO queue's URL");
    }
    return url;
  }

  private static URI dockerHost(String text) {
    try {
      URI host = new URI(text);
      if (!Set.of("unix", "tcp").contains(String.valueOf(host.getScheme()))) {
        throw new IllegalArgumentException("not an engine's address");
      }
      return host;
    } catch (URISyntaxException notAnAddress) {
      throw new IllegalArgumentException(notAnAddress);
    }
  }

  private static Optional<Path> file(String text) {
    if (text.equals("none")) {
      return Optional.empty();
    }
    if (!Path.of(text).isAbsolute()) {
      throw new IllegalArgumentException("not an absolute path");
    }
    return Optional.of(Path.of(text));
  }

  private static List<Address> notifyAddresses(String text) {
    List<String> lines;
    try {
      lines = file(text).isEmpty() ? List.of() : Files.readAllLines(Path.of(text));
    } catch (IOException | IllegalArgumentException wrong) {
      // Whoever gave the addresses themselves must not find them in the log.
      throw new IllegalArgumentException(
          "expected the absolute path of a readable text file, one address a line, or none");
    }
    return Address.parse(lines);
  }

  private static Set<Outcome> notifyEvents(String text) {
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

  private static final class Reader {

    private final Map<String, String> environment;
    private final List<String> problems = new ArrayList<>();

    Reader(Map<String, String> environment) {
      this.environment = environment;
    }

    <T> @Nullable T read(Setting setting, Function<String, T> type, String expected) {
      String text = environment.getOrDefault(setting.variable(), setting.byDefault());
      if (text.isEmpty()) {
        problems.add(setting.variable() + " is not set: expected " + expected);
        return null;
      }
      try {
        return type.apply(text);
      } catch (IllegalArgumentException wrong) {
        problems.add(setting.variable() + ": expected " + expected);
        return null;
      }
    }

    /// As the other, for a type whose own words say what is wrong.
    <T> @Nullable T read(Setting setting, Function<String, T> type) {
      String text = environment.getOrDefault(setting.variable(), setting.byDefault());
      try {
        return type.apply(text);
      } catch (IllegalArgumentException wrong) {
        problems.add(setting.variable() + ": " + wrong.getMessage());
        return null;
      }
    }

    /// Read once: the content of a Swarm secret never changes.
    RegistryCredentials credentials() {
      Optional<Path> file =
          read(
              REGISTRY_CONFIG_FILE,
              AgentConfiguration::file,
              "the absolute path of a config.json, /run/secrets/NAME, or none");
      if (file == null || file.isEmpty()) {
        return RegistryCredentials.NONE;
      }
      return switch (RegistryCredentials.read(file.get())) {
        case RegistryCredentials.Reading.Valid(RegistryCredentials valid) -> valid;
        case RegistryCredentials.Reading.Invalid(List<String> wrong) -> {
          wrong.forEach(
              problem ->
                  problems.add(
                      REGISTRY_CONFIG_FILE.variable() + ": " + file.get() + ": " + problem));
          yield RegistryCredentials.NONE;
        }
      };
    }

    /// A misspelt setting would silently be the default.
    void refuseUnknown() {
      List<String> known =
          SETTINGS.stream().map(Setting::variable).filter(name -> name.startsWith(PREFIX)).toList();
      for (String name : new TreeSet<>(environment.keySet())) {
        if (name.startsWith(PREFIX) && !known.contains(name)) {
          problems.add(name + " is unknown: did you mean " + Spelling.nearest(name, known) + "?");
        }
      }
    }
  }
}
