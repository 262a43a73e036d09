package dev.waggle.function;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Docker Hub's API over real HTTP: tells anybody of the tags that it was given, and of no other.
final class FakeHub extends FakeServer {
  private final Map<String, String> tags = new ConcurrentHashMap<>();
  private volatile HttpHandler records = this::record;

  FakeHub() {
    serve("/v2/namespaces/", exchange -> records.handle(exchange));
  }

  FakeHub holding(String namespace, String repository, String tag, String record) {
    tags.put(
        "/v2/namespaces/" + namespace + "/repositories/" + repository + "/tags/" + tag, record);
    return this;
  }

  /// Answers every request like this instead.
  FakeHub misbehaving(HttpHandler handler) {
    records = handler;
    return this;
  }

  private void record(HttpExchange exchange) throws IOException {
    String record = tags.get(exchange.getRequestURI().getPath());
    if (!exchange.getRequestMethod().equals("GET")) {
      exchange.sendResponseHeaders(405, -1);
    } else if (record == null) {
      respond(exchange, 404, "{\"message\":\"tag not found\",\"errinfo\":{}}");
    } else {
      respond(exchange, 200, record);
    }
  }
}
