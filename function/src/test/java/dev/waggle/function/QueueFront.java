package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Stands in front of an SQS server: passes on what it is asked, or answers in its place as SQS
/// does when it is unwell. Nobody listens while it is down.
final class QueueFront implements AutoCloseable {
  private static final String ACTION = "X-Amz-Target";
  private static final String SEND = "AmazonSQS.SendMessage";

  /// A way of being unwell, in SQS's JSON protocol: "Common Errors" in the API Reference for the
  /// statuses, the SDK's own table of SQS's errors for that of `RequestThrottled`.
  enum Illness {
    /// It limits our rate.
    THROTTLED(400, "com.amazonaws.sqs#RequestThrottled", "RequestThrottled;Sender"),
    /// It fails.
    FAILING(500, "com.amazon.coral.service#InternalFailure", "InternalFailure;Receiver"),
    /// It is overloaded or down.
    UNAVAILABLE(503, "com.amazon.coral.service#ServiceUnavailable", "ServiceUnavailable;Receiver"),
    /// It takes requests and does not answer.
    SILENT(0, "", "");

    private final int status;
    private final String type;
    private final String queryError;

    Illness(int status, String type, String queryError) {
      this.status = status;
      this.type = type;
      this.queryError = queryError;
    }
  }

  private record Trouble(Illness illness, AtomicInteger left) {}

  private final URI server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private HttpServer front;
  private volatile @Nullable Trouble trouble;

  QueueFront(URI server) {
    this.server = server;
    this.front = listen(0);
  }

  private HttpServer listen(int port) {
    try {
      HttpServer listening =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
      listening.createContext("/", this::answer);
      listening.setExecutor(threads);
      listening.start();
      return listening;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What the SDK needs to know to come by here.
  Map<String, String> environment() {
    return LocalQueue.environment("http://127.0.0.1:" + front.getAddress().getPort());
  }

  /// The actions that were asked for, in order.
  List<String> asked() {
    return List.copyOf(asked);
  }

  /// Refuses connections from now on.
  void goDown() {
    front.stop(0);
  }

  /// Takes connections again, at the same address.
  void comeBack() {
    front = listen(front.getAddress().getPort());
  }

  /// Answers the next messages that are to be sent like this instead, as many as `times`.
  QueueFront suffering(Illness illness, int times) {
    trouble = new Trouble(illness, new AtomicInteger(times));
    return this;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String action = String.valueOf(exchange.getRequestHeaders().getFirst(ACTION));
      asked.add(action);
      Trouble current = trouble;
      if (current != null && action.equals(SEND) && current.left.getAndDecrement() > 0) {
        suffer(exchange, current.illness);
      } else {
        passOn(exchange, body);
      }
    }
  }

  private void suffer(HttpExchange exchange, Illness illness) throws IOException {
    if (illness == Illness.SILENT) {
      try {
        closed.await();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
      return;
    }
    exchange.getResponseHeaders().set("x-amzn-query-error", illness.queryError);
    respond(
        exchange,
        illness.status,
        ("{\"__type\":\"" + illness.type + "\",\"message\":\"unwell\"}").getBytes(UTF_8));
  }

  private void passOn(HttpExchange exchange, byte[] body) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.resolve(exchange.getRequestURI()))
            .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
    for (String header : List.of(ACTION, "Content-Type", "Authorization", "X-Amz-Date")) {
      String value = exchange.getRequestHeaders().getFirst(header);
      if (value != null) {
        request.header(header, value);
      }
    }
    try {
      HttpResponse<byte[]> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      respond(exchange, response.statusCode(), response.body());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static void respond(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    closed.countDown();
    front.stop(0);
    threads.close();
    client.close();
  }
}
