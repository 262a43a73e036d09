package dev.waggle.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// Takes the agent's notifications.
final class Letterbox implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final int NO_CONTENT = 204;

  private final HttpServer server;
  private final List<JsonNode> letters = new CopyOnWriteArrayList<>();

  Letterbox() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    server.createContext("/", this::take);
    server.start();
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      letters.add(JSON.readTree(exchange.getRequestBody().readAllBytes()));
      exchange.sendResponseHeaders(NO_CONTENT, -1);
    }
  }

  /// A line of the agent's file of addresses.
  String address() {
    return "cloudevents http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  /// What came, oldest first.
  List<JsonNode> letters() {
    return List.copyOf(letters);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
