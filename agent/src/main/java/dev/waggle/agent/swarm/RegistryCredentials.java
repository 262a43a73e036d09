package dev.waggle.agent.swarm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.Repository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The credentials in a `config.json`, as `docker login` and `podman login` write it.
public final class RegistryCredentials {

  /// No credentials: a service keeps those that it was created with.
  public static final RegistryCredentials NONE = new RegistryCredentials(Map.of());

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final String DOCKER_HUB = "docker.io";
  private static final Set<String> HOSTS_OF_DOCKER_HUB =
      Set.of(DOCKER_HUB, "index.docker.io", "registry-1.docker.io");

  /// How Docker calls Docker Hub among its credentials.
  private static final String DOCKER_HUB_ADDRESS = "https://index.docker.io/v1/";

  /// Docker uses a store wherever it finds one installed, so that an empty directory alone does not
  /// help.
  private static final String REMEDY =
      "log in with 'docker --config DIR login' on a machine without a"
          + " credential store, such as a server, and give DIR/config.json";

  /// By registry, with a path behind it where they hold for the repositories below alone.
  private final Map<String, RegistryAuth> byScope;

  private RegistryCredentials(Map<String, RegistryAuth> byScope) {
    this.byScope = Map.copyOf(byScope);
  }

  /// What came of reading a file.
  public sealed interface Reading {

    /// Every entry can be used.
    ///
    /// @param credentials what the file holds
    record Valid(RegistryCredentials credentials) implements Reading {}

    /// The file cannot be used.
    ///
    /// @param problems all that must be mended, without anything that is secret
    record Invalid(List<String> problems) implements Reading {}
  }

  /// Reads a file.
  public static Reading read(Path file) {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException unreadable) {
      return new Reading.Invalid(
          List.of(
              "cannot be read ("
                  + unreadable.getClass().getSimpleName()
                  + "): give the path of the secret, /run/secrets/NAME"));
    }
    return parse(text);
  }

  static Reading parse(String text) {
    JsonNode file;
    try {
      file = JSON.readTree(text);
    } catch (JsonProcessingException notJson) {
      // The parser's own words quote what they complain of.
      return new Reading.Invalid(
          List.of(
              "not JSON, line "
                  + (notJson.getLocation() == null ? 1 : notJson.getLocation().getLineNr())));
    }
    JsonNode auths = file.path("auths");
    if (!file.isObject() || !(auths.isObject() || auths.isMissingNode())) {
      return new Reading.Invalid(
          List.of("not a config.json of Docker, {\"auths\":{REGISTRY:{...}}}"));
    }
    List<String> problems = new ArrayList<>();
    if (!file.path("credsStore").asText("").isEmpty()) {
      problems.add("credsStore keeps the credentials outside of the file: " + REMEDY);
    }
    file.path("credHelpers")
        .properties()
        .forEach(
            helper -> {
              if (scope(helper.getKey()).equals(DOCKER_HUB)) {
                problems.add(
                    "credHelpers keeps the credentials for "
                        + helper.getKey()
                        + " outside of the file: "
                        + REMEDY);
              }
            });
    Map<String, String> keys = new HashMap<>();
    Map<String, RegistryAuth> byScope = new HashMap<>();
    // Beside a store the entries are empty, which says nothing new.
    if (problems.isEmpty()) {
      auths
          .properties()
          .forEach(
              entry -> {
                String scope = scope(entry.getKey());
                String before = keys.put(scope, entry.getKey());
                if (before != null) {
                  problems.add(
                      before + " and " + entry.getKey() + " are the same registry: keep one");
                }
                authConfig(entry.getKey(), entry.getValue(), problems)
                    .ifPresent(auth -> byScope.put(scope, auth));
              });
      if (byScope.isEmpty() && problems.isEmpty()) {
        problems.add("no credentials in auths: " + REMEDY);
      }
    }
    return problems.isEmpty()
        ? new Reading.Valid(new RegistryCredentials(byScope))
        : new Reading.Invalid(List.copyOf(problems));
  }

  private static Optional<RegistryAuth> authConfig(
      String key, JsonNode entry, List<String> problems) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    String encoded = text(entry, "auth");
    String user = text(entry, "username");
    String password = text(entry, "password");
    if (!encoded.isEmpty()) {
      @Nullable String decoded = decoded(encoded);
      int colon = decoded == null ? -1 : decoded.indexOf(':');
      if (decoded == null || colon < 1) {
        problems.add(key + ": auth is not the base64 of USER:PASSWORD");
        return Optional.empty();
      }
      user = decoded.substring(0, colon);
      password = decoded.substring(colon + 1);
    }
    String identityToken = text(entry, "identitytoken");
    if (identityToken.isEmpty() && (user.isEmpty() || password.isEmpty())) {
      problems.add(key + ": neither auth nor identitytoken nor username and password: " + REMEDY);
      return Optional.empty();
    }
    config.put("username", user).put("password", password);
    if (!identityToken.isEmpty()) {
      config.put("identitytoken", identityToken);
    }
    String scope = scope(key);
    config.put("serveraddress", scope.equals(DOCKER_HUB) ? DOCKER_HUB_ADDRESS : scope);
    return Optional.of(RegistryAuth.of(config));
  }

  private static String text(JsonNode entry, String field) {
    return entry.path(field).isTextual() ? entry.path(field).asText() : "";
  }

  private static @Nullable String decoded(String base64) {
    try {
      String text = new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
      int end = text.length();
      // As Docker does: an old version of it padded passwords so.
      while (end > 0 && text.charAt(end - 1) == '\0') {
        end--;
      }
      return text.substring(0, end);
    } catch (IllegalArgumentException notBase64) {
      return null;
    }
  }

  /// The registry that a key means, with Docker's rule: scheme and version do not count, nor does
  /// the case of a domain. Any other path is Podman's, for the repositories below it.
  private static String scope(String key) {
    String rest = key.replaceFirst("^https?://", "").replaceFirst("/+$", "");
    int slash = rest.indexOf('/');
    String host = (slash < 0 ? rest : rest.substring(0, slash)).toLowerCase(Locale.ROOT);
    String path = slash < 0 ? "" : rest.substring(slash + 1);
    String registry = HOSTS_OF_DOCKER_HUB.contains(host) ? DOCKER_HUB : host;
    return path.isEmpty() || path.equals("v1") || path.equals("v2")
        ? registry
        : registry + "/" + path;
  }

  /// What to log in with for a repository, if the file says: of several scopes the narrowest.
  Optional<RegistryAuth> of(Repository repository) {
    String scope = repository.registry().toLowerCase(Locale.ROOT) + "/" + repository.path();
    while (true) {
      RegistryAuth auth = byScope.get(scope);
      int slash = scope.lastIndexOf('/');
      if (auth != null || slash < 0) {
        return Optional.ofNullable(auth);
      }
      scope = scope.substring(0, slash);
    }
  }

  @Override
  public String toString() {
    return "RegistryCredentials[redacted]";
  }
}
