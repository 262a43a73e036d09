package dev.waggle.agent.outbox;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/// Whoever is told: keeps what it is sent, and answers as a test says, in turn, the last answer for
/// ever.
final class Receiver implements AutoCloseable {

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final List<Answer> answers;
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  /// @param status the HTTP status; 0 for no answer at all
  record Answer(int status, @Nullable String header, @Nullable String value) {

    static Answer of(int status) {
      return new Answer(status, null, null);
    }
  }

  record Request(
      String method,
      String path,
      @Nullable String contentType,
      @Nullable String authorization,
      String body) {}

  Receiver(Answer... answers) throws IOException {
    this.answers = List.of(answers);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /// A line of the file of addresses.
  Address address(String kind, String path, String token) {
    return Address.parse(
            List.of(
                kind + " http://127.0.0.1:" + server.getAddress().getPort() + path + " " + token))
        .getFirst();
  }

  List<Request> requests() {
    return List.copyOf(requests);
  }

  private void handle(HttpExchange exchange) throws IOException {
    requests.add(
        new Request(
            exchange.getRequestMethod(),
            exchange.getRequestURI().getPath(),
            exchange.getRequestHeaders().getFirst("Content-Type"),
            exchange.getRequestHeaders().getFirst("Authorization"),
            new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
    Answer answer = answers.get(Math.min(requests.size(), answers.size()) - 1);
    if (answer.status() == 0) {
      try {
        closed.await();
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
    } else {
      if (answer.header() != null && answer.value() != null) {
        exchange.getResponseHeaders().set(answer.header(), answer.value());
      }
      exchange.sendResponseHeaders(answer.status(), -1);
    }
    exchange.close();
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
