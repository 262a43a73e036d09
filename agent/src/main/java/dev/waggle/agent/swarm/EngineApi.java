package dev.waggle.agent.swarm;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.DockerHttpClient.Request;
import dev.waggle.agent.service.SwarmUnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// JSON requests to a Docker engine, in the newest version of the API that the engine speaks: in an
/// older one the engine itself leaves out what that version did not know.
final class EngineApi implements AutoCloseable {

  /// A number keeps every digit: the tree is sent back.
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /// An engine that asks a registry answers within this, or not at all.
  private static final Duration MAX_CALL = Duration.ofSeconds(30);

  /// An engine's answer.
  ///
  /// @param status the HTTP status
  /// @param body the JSON that came, or a text node where the engine answered in plain text
  /// @param apiVersion the newest version of the API that the engine speaks, null if it did not say
  record Answer(int status, JsonNode body, @Nullable String apiVersion) {

    boolean succeeded() {
      return status / 100 == 2;
    }

    /// The body.
    ///
    /// @param what was asked for
    /// @throws SwarmUnavailableException if the engine did not do it
    JsonNode required(String what) {
      if (!succeeded()) {
        throw new SwarmUnavailableException(what + ": " + status + " " + message());
      }
      return body;
    }

    /// The engine's words about a failure.
    String message() {
      return body.path("message").asText(body.asText()).strip();
    }
  }

  private final DockerHttpClient http;
  private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
  private volatile @Nullable String version;

  EngineApi(DockerHttpClient http) {
    this.http = http;
  }

  /// The query that asks for what has one of some values.
  static String filters(String name, String... values) {
    ObjectNode filters = JsonNodeFactory.instance.objectNode();
    Arrays.stream(values).forEach(filters.putArray(name)::add);
    return "?filters=" + URLEncoder.encode(filters.toString(), StandardCharsets.UTF_8);
  }

  Answer get(String path) throws InterruptedException {
    return send(Request.Method.GET, path, null, null);
  }

  /// @param auth for the registry that the engine is to ask, null if there is none
  Answer get(String path, @Nullable RegistryAuth auth) throws InterruptedException {
    return send(Request.Method.GET, path, null, auth);
  }

  /// @param auth for the registry that the engine is to pull from, null if there is none
  Answer post(String path, JsonNode body, @Nullable RegistryAuth auth) throws InterruptedException {
    return send(Request.Method.POST, path, body, auth);
  }

  Answer delete(String path) throws InterruptedException {
    return send(Request.Method.DELETE, path, null, null);
  }

  /// What is done once an endless answer has begun.
  @FunctionalInterface
  interface Begun {
    void run() throws InterruptedException;
  }

  /// Hands every JSON value of an endless answer to a listener, until the answer ends or the thread
  /// is interrupted.
  ///
  /// @throws SwarmUnavailableException if the engine is out of reach, of which the transport tells
  ///   by a RuntimeException
  void stream(String path, Begun begun, Consumer<JsonNode> listener)
      throws IOException, InterruptedException {
    Request request = request(Request.Method.GET, "/v" + version() + path).build();
    try (DockerHttpClient.Response response = http.execute(request)) {
      if (response.getStatusCode() / 100 != 2) {
        throw new IOException("HTTP status " + response.getStatusCode());
      }
      begun.run();
      // Even to open it waits for the first value, which may be long in coming.
      try (MappingIterator<JsonNode> values =
          JSON.readerFor(JsonNode.class).readValues(response.getBody())) {
        while (values.hasNextValue()) {
          listener.accept(values.nextValue());
        }
      }
    } catch (RuntimeException unreachable) {
      throw new SwarmUnavailableException(
          "GET " + withoutQuery(path) + ": " + unreachable, unreachable);
    }
  }

  private Answer send(
      Request.Method method, String path, @Nullable JsonNode body, @Nullable RegistryAuth auth)
      throws InterruptedException {
    Request.Builder request = request(method, "/v" + version() + path);
    if (auth != null) {
      request.putHeader("X-Registry-Auth", auth.header());
    }
    if (body != null) {
      request.putHeader("Content-Type", "application/json").bodyBytes(bytes(body));
    }
    Answer answer = execute(method + " " + withoutQuery(path), request.build());
    if (answer.status() == 400 && answer.message().startsWith("client version")) {
      // The engine was replaced by another under the same socket.
      version = null;
      throw new SwarmUnavailableException(
          "the engine changed its API version: " + answer.message());
    }
    return answer;
  }

  private String version() throws InterruptedException {
    String known = version;
    if (known == null) {
      known = execute("GET /_ping", request(Request.Method.GET, "/_ping").build()).apiVersion();
      if (known == null) {
        throw new SwarmUnavailableException(
            "no Api-Version in the answer to /_ping: is this a Docker engine?");
      }
      version = known;
    }
    return known;
  }

  /// A pooled connection that the engine has closed meanwhile would fail the next request, and a
  /// failed POST is the one thing to avoid.
  private static Request.Builder request(Request.Method method, String path) {
    return Request.builder().method(method).path(path).putHeader("Connection", "close");
  }

  /// The transport's own timeouts do nothing on a unix socket, but an interrupt ends a read at
  /// once.
  private Answer execute(String what, Request request) throws InterruptedException {
    Callable<Answer> call =
        () -> {
          try (DockerHttpClient.Response response = http.execute(request)) {
            return new Answer(
                response.getStatusCode(),
                parse(response.getBody().readAllBytes()),
                response.getHeader("Api-Version"));
          }
        };
    Future<Answer> answer = calls.submit(call);
    try {
      return answer.get(MAX_CALL.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException tooSlow) {
      throw new SwarmUnavailableException(
          what + ": no answer within " + MAX_CALL.toSeconds() + " s", tooSlow);
    } catch (ExecutionException failed) {
      throw new SwarmUnavailableException(what + ": " + failed.getCause(), failed);
    } finally {
      answer.cancel(true);
    }
  }

  private static byte[] bytes(JsonNode body) {
    try {
      return JSON.writeValueAsBytes(body);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private static JsonNode parse(byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (IOException plainText) {
      return TextNode.valueOf(new String(body, StandardCharsets.UTF_8));
    }
  }

  private static String withoutQuery(String path) {
    int query = path.indexOf('?');
    return query < 0 ? path : path.substring(0, query);
  }

  @Override
  public void close() throws IOException {
    calls.shutdownNow();
    http.close();
  }
}
