package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/// A server over real HTTP that records what it is asked.
class FakeServer implements AutoCloseable {
  /// One request.
  record Asked(String method, String path, @Nullable String query, @Nullable String token) {
    @Override
    public String toString() {
      return method
          + " "
          + path
          + (query == null ? "" : "?" + query)
          + (token == null ? "" : " with a token");
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  FakeServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.start();
  }

  /// Answers requests under a path.
  final void serve(String path, HttpHandler handler) {
    server.createContext(
        path,
        exchange -> {
          try (exchange) {
            URI uri = exchange.getRequestURI();
            String authorization = exchange.getRequestHeaders().getFirst("Authorization");
            asked.add(
                new Asked(
                    exchange.getRequestMethod(), uri.getPath(), uri.getRawQuery(), authorization));
            handler.handle(exchange);
          }
        });
  }

  final URI base() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /// What was asked, in order.
  final List<String> asked() {
    return asked.stream().map(Asked::toString).toList();
  }

  /// Leaves a request without an answer until this server is closed.
  final void hang() {
    try {
      closed.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  static void respond(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public final void close() {
    closed.countDown();
    server.stop(0);
    threads.close();
  }
}
