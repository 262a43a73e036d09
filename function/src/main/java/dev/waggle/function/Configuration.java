package dev.waggle.function;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// All that the function can be told.
///
/// @param tokens hashes of the webhook's token
/// @param repositories whose pushes are ours
/// @param queueUrl address of the FIFO queue
/// @param registryUrl base address of the registry, without a slash at its end
/// @param hubUrl base address of Docker Hub's own API, without a slash at its end; absent when it
///   is not to be asked
/// @param contradicted what becomes of a push whose time is contradicted
record Configuration(
    TokenHashes tokens,
    AllowList repositories,
    URI queueUrl,
    URI registryUrl,
    Optional<URI> hubUrl,
    Contradicted contradicted) {

  /// What becomes of a push whose time is contradicted.
  enum Contradicted {
    /// It is refused: the sender may be replaying an old push to bring an old image back.
    REFUSE,
    /// It is accepted, and its message says so.
    MARK
  }

  /// Reads the variables of `environment` whose names begin with `WAGGLE_`.
  ///
  /// @throws InvalidConfigurationException naming all that is wrong at once
  static Configuration from(Map<String, String> environment) {
    List<String> problems = new ArrayList<>();
    Optional<TokenHashes> tokens =
        read(environment, Setting.TOKEN_SHA256, TokenHashes::parse, problems);
    Optional<AllowList> repositories =
        read(environment, Setting.REPOSITORIES, AllowList::parse, problems);
    Optional<URI> queue = read(environment, Setting.QUEUE_URL, Configuration::queue, problems);
    Optional<URI> registry = read(environment, Setting.REGISTRY_URL, Configuration::base, problems);
    Optional<Optional<URI>> hub = read(environment, Setting.HUB_URL, Configuration::hub, problems);
    Optional<Contradicted> contradicted =
        read(environment, Setting.CONTRADICTED_PUSHES, Configuration::contradicted, problems);
    environment.keySet().stream()
        .filter(name -> name.startsWith(Setting.PREFIX) && Setting.named(name).isEmpty())
        .sorted()
        .map(name -> name + " is unknown: did you mean " + Setting.nearest(name).variable() + "?")
        .forEach(problems::add);
    if (!problems.isEmpty()) {
      throw new InvalidConfigurationException(problems);
    }
    return new Configuration(
        tokens.orElseThrow(),
        repositories.orElseThrow(),
        queue.orElseThrow(),
        registry.orElseThrow(),
        hub.orElseThrow(),
        contradicted.orElseThrow());
  }

  private static <T> Optional<T> read(
      Map<String, String> environment,
      Setting setting,
      Function<String, T> parser,
      List<String> problems) {
    Optional<String> value = setting.value(environment).or(setting::fallback);
    if (value.isEmpty()) {
      problems.add(setting.variable() + " is not set: " + setting.remedy());
      return Optional.empty();
    }
    try {
      return value.map(parser);
    } catch (IllegalArgumentException e) {
      problems.add(setting.variable() + " " + e.getMessage());
      return Optional.empty();
    }
  }

  private static URI queue(String text) {
    URI url = address(text);
    if (!url.getPath().endsWith(".fifo")) {
      throw new IllegalArgumentException(
          "is not the address of a FIFO queue, which ends in .fifo: create the queue with"
              + " FifoQueue true and use its address");
    }
    return url;
  }

  private static Optional<URI> hub(String text) {
    return text.equals("none") ? Optional.empty() : Optional.of(base(text));
  }

  private static Contradicted contradicted(String text) {
    return switch (text) {
      case "refuse" -> Contradicted.REFUSE;
      case "mark" -> Contradicted.MARK;
      default ->
          throw new IllegalArgumentException(
              "is neither refuse nor mark:"
                  + " write refuse unless you know why a contradicted push must go live");
    };
  }

  private static URI base(String text) {
    URI url = address(text);
    return url.getPath().endsWith("/") ? URI.create(text.substring(0, text.length() - 1)) : url;
  }

  private static URI address(String text) {
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("is not an address: write https://host/path", e);
    }
    boolean http = "https".equals(url.getScheme()) || "http".equals(url.getScheme());
    if (!http
        || url.getHost() == null
        || url.getPort() > 65_535
        || url.getRawUserInfo() != null
        || url.getRawQuery() != null
        || url.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "is not a plain http or https address:"
              + " write https://host/path, without user, query or fragment");
    }
    return url;
  }
}
