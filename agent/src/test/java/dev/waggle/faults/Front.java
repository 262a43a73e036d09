package dev.waggle.faults;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Stands before a server that speaks HTTP: passes on what it is asked, or fails in its place.
final class Front implements AutoCloseable {

  /// How it fails.
  sealed interface Trouble {

    /// Nobody listens.
    record Refusing() implements Trouble {}

    /// Takes requests, and breaks the connection off when the trouble is over.
    record Silent() implements Trouble {}

    /// Passes every request on only after a while.
    record Slow(Duration delay) implements Trouble {}

    /// Answers in the server's place.
    record Answering(int status, String body) implements Trouble {}
  }

  /// What is done with a request where there is no trouble.
  @FunctionalInterface
  interface Way {
    void answer(HttpExchange exchange, byte[] body) throws IOException;
  }

  /// A trouble that lasts until the latch opens.
  private record Lasting(Trouble trouble, CountDownLatch over) {}

  /// Those that the client sets itself.
  private static final Set<String> NOT_PASSED_ON =
      Set.of("host", "connection", "content-length", "expect", "upgrade", "transfer-encoding");

  private final URI server;
  private final String address;
  private final Way way;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private HttpServer front;
  private volatile @Nullable Lasting lasting;

  /// @param server what it stands before
  /// @param address of this machine, where it listens on a free port
  Front(URI server, String address, Way way) {
    this.server = server;
    this.address = address;
    this.way = way;
    this.front = listen(0);
  }

  private HttpServer listen(int port) {
    try {
      HttpServer listening = HttpServer.create(new InetSocketAddress(address, port), 0);
      listening.createContext("/", this::answer);
      listening.setExecutor(threads);
      listening.start();
      return listening;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  URI address() {
    return URI.create("http://" + address + ":" + front.getAddress().getPort());
  }

  synchronized void suffer(Trouble trouble) {
    recover();
    lasting = new Lasting(trouble, new CountDownLatch(1));
    if (trouble instanceof Trouble.Refusing) {
      front.stop(0);
    }
  }

  synchronized void recover() {
    Lasting before = lasting;
    lasting = null;
    if (before != null) {
      before.over.countDown();
      if (before.trouble instanceof Trouble.Refusing) {
        front = listen(front.getAddress().getPort());
      }
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      Lasting now = lasting;
      if (now == null) {
        way.answer(exchange, body);
        return;
      }
      switch (now.trouble) {
        case Trouble.Refusing() -> {}
        case Trouble.Silent() -> now.over.await();
        case Trouble.Slow(Duration delay) -> {
          now.over.await(delay.toMillis(), TimeUnit.MILLISECONDS);
          way.answer(exchange, body);
        }
        case Trouble.Answering(int status, String text) -> {
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          respond(exchange, status, text.getBytes(StandardCharsets.UTF_8));
        }
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  /// Asks the server what this was asked, with this body.
  HttpResponse<byte[]> ask(HttpExchange exchange, byte[] body) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.resolve(exchange.getRequestURI()))
            .method(
                exchange.getRequestMethod(),
                body.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(body));
    for (Map.Entry<String, List<String>> header : exchange.getRequestHeaders().entrySet()) {
      if (!NOT_PASSED_ON.contains(header.getKey().toLowerCase(Locale.ROOT))) {
        header.getValue().forEach(value -> request.header(header.getKey(), value));
      }
    }
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
      throw new IOException("closed", closed);
    }
  }

  /// Passes an answer of the server's back.
  static void passBack(HttpExchange exchange, HttpResponse<byte[]> answer) throws IOException {
    answer
        .headers()
        .map()
        .forEach(
            (name, values) -> {
              String lower = name.toLowerCase(Locale.ROOT);
              boolean length = lower.equals("content-length");
              // A HEAD's length is of what is not sent.
              if (length
                  ? exchange.getRequestMethod().equals("HEAD")
                  : !NOT_PASSED_ON.contains(lower)) {
                values.forEach(value -> exchange.getResponseHeaders().add(name, value));
              }
            });
    respond(exchange, answer.statusCode(), answer.body());
  }

  static void respond(HttpExchange exchange, int status, byte[] body) throws IOException {
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
    if (!head && body.length > 0) {
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    front.stop(0);
    client.close();
  }
}
