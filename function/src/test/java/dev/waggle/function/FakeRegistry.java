package dev.waggle.function;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A registry over real HTTP, with its token service. Refuses what a real one refuses: another
/// method, a missing token, one for another repository. Who does not accept all four types of
/// manifest gets the digest of something else.
final class FakeRegistry extends FakeServer {
  static final Digest OF_SOMETHING_ELSE = new Digest("sha256:" + "e".repeat(64));

  private static final String SERVICE = "registry.docker.io";
  private static final List<String> TYPES =
      List.of(
          "application/vnd.oci.image.index.v1+json",
          "application/vnd.docker.distribution.manifest.list.v2+json",
          "application/vnd.oci.image.manifest.v1+json",
          "application/vnd.docker.distribution.manifest.v2+json");

  /// A manifest as it is sent.
  private record Content(String mediaType, String text) {}

  private final Map<String, Digest> digests = new ConcurrentHashMap<>();
  private final Map<String, Content> contents = new ConcurrentHashMap<>();
  private volatile @Nullable String realm;
  private volatile String secret = "";
  private volatile HttpHandler manifests = this::manifest;
  private volatile HttpHandler tokens = this::token;

  FakeRegistry() {
    serve("/v2/", exchange -> manifests.handle(exchange));
    serve("/token", exchange -> tokens.handle(exchange));
  }

  FakeRegistry holding(String repository, String tag, Digest digest) {
    digests.put("/v2/" + repository + "/manifests/" + tag, digest);
    return this;
  }

  /// Says of what type the manifest is, and sends it to whoever asks for its digest.
  FakeRegistry holding(String repository, String tag, String mediaType, String manifest) {
    Digest digest = new Digest("sha256:" + Sha256.hex(manifest));
    Content content = new Content(mediaType, manifest);
    contents.put("/v2/" + repository + "/manifests/" + tag, content);
    contents.put("/v2/" + repository + "/manifests/" + digest, content);
    return holding(repository, tag, digest);
  }

  /// Hands out manifests to holders of a token only.
  FakeRegistry withTokens() {
    return withTokensFrom(base() + "/token");
  }

  FakeRegistry withTokensFrom(String address) {
    realm = address;
    return this;
  }

  /// Takes no token any more that was handed out before.
  void forgetTokens() {
    secret = "another";
  }

  /// Answers every request for a manifest like this instead.
  FakeRegistry misbehaving(HttpHandler handler) {
    manifests = handler;
    return this;
  }

  /// Answers the next request for a manifest like this instead.
  FakeRegistry misbehavingOnce(HttpHandler handler) {
    manifests =
        exchange -> {
          manifests = this::manifest;
          handler.handle(exchange);
        };
    return this;
  }

  /// Answers every request for a token like this instead.
  FakeRegistry misbehavingWithTokens(HttpHandler handler) {
    tokens = handler;
    return this;
  }

  private void base(HttpExchange exchange) throws IOException {
    if (realm != null) {
      challenge(exchange, "");
    } else {
      respond(exchange, 200, "{}");
    }
  }

  private void challenge(HttpExchange exchange, String scope) throws IOException {
    exchange
        .getResponseHeaders()
        .set(
            "WWW-Authenticate",
            "Bearer realm=\"" + realm + "\",service=\"" + SERVICE + "\"" + scope);
    exchange.sendResponseHeaders(401, -1);
  }

  private void manifest(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    if (path.equals("/v2/")) {
      base(exchange);
      return;
    }
    Content content = contents.get(path);
    boolean whole =
        exchange.getRequestMethod().equals("GET")
            && content != null
            && path.contains("/manifests/sha256:");
    if (!whole && !exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(405, -1);
      return;
    }
    String repository = path.substring("/v2/".length(), path.indexOf("/manifests/"));
    String scope = "repository:" + repository + ":pull";
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    if (realm != null && !("Bearer " + tokenFor(scope)).equals(authorization)) {
      challenge(exchange, ",scope=\"" + scope + "\"");
      return;
    }
    if (content != null) {
      exchange.getResponseHeaders().set("Content-Type", content.mediaType);
      if (whole) {
        respond(exchange, 200, content.text);
        return;
      }
    }
    Digest digest = digests.get(path);
    if (digest == null) {
      exchange.sendResponseHeaders(404, -1);
      return;
    }
    String accept = Objects.requireNonNullElse(exchange.getRequestHeaders().getFirst("Accept"), "");
    boolean complete =
        Arrays.stream(accept.split(",", -1)).map(String::strip).toList().containsAll(TYPES);
    exchange
        .getResponseHeaders()
        .set("Docker-Content-Digest", (complete ? digest : OF_SOMETHING_ELSE).value());
    exchange.sendResponseHeaders(200, -1);
  }

  private void token(HttpExchange exchange) throws IOException {
    Map<String, String> query =
        Arrays.stream(exchange.getRequestURI().getRawQuery().split("&", -1))
            .map(parameter -> parameter.split("=", 2))
            .collect(
                Collectors.toMap(p -> p[0], p -> URLDecoder.decode(p[1], StandardCharsets.UTF_8)));
    boolean ordinary =
        exchange.getRequestMethod().equals("GET") && SERVICE.equals(query.get("service"));
    if (!ordinary) {
      exchange.sendResponseHeaders(400, -1);
      return;
    }
    respond(
        exchange,
        200,
        "{\"token\":\""
            + tokenFor(query.getOrDefault("scope", ""))
            + "\",\"expires_in\":300,\"issued_at\":\"2026-11-01T10:00:00Z\"}");
  }

  private String tokenFor(String scope) {
    return Sha256.hex(scope + secret);
  }
}
