package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The Runtime API of Lambda, as one execution environment has it: hands an event to whoever asks
/// for the next one, and takes the answer. Records all that it is sent, and refuses what the real
/// one refuses: other paths and methods, answers to a request that is not under way, the next event
/// before the answer to the last, and an initialisation that fails after it was over.
///
/// After "Using the Lambda runtime API" in the Lambda Developer Guide, and its OpenAPI description.
public final class RuntimeApi implements AutoCloseable {
  private static final String ROOT = "/2018-06-01/runtime/";
  private static final String INVOCATION = ROOT + "invocation/";
  private static final String ARN = "arn:aws:lambda:eu-central-1:123456789012:function:waggle";

  /// How long an invocation may take, as in the template.
  private static final Duration FUNCTION_TIMEOUT = Duration.ofSeconds(4);

  /// What became of an event.
  ///
  /// @param body what was sent
  /// @param error the type of error, where it was sent as one
  /// @param handedOut when the event was about to leave, in [System#nanoTime]
  /// @param answered when all of `body` was there, in [System#nanoTime]
  public record Outcome(String body, @Nullable String error, long handedOut, long answered) {
    /// From the one to the other.
    public Duration duration() {
      return Duration.ofNanos(answered - handedOut);
    }
  }

  /// A failed initialisation.
  ///
  /// @param type of error
  /// @param body what was sent
  record InitError(String type, String body) {}

  private record Invocation(String id, String event, CompletableFuture<Outcome> outcome) {}

  private record Running(Invocation invocation, long handedOut) {}

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final LinkedBlockingQueue<Invocation> waiting = new LinkedBlockingQueue<>();
  private final CompletableFuture<Long> ready = new CompletableFuture<>();
  private final CompletableFuture<InitError> initError = new CompletableFuture<>();
  private final Queue<String> said = new ConcurrentLinkedQueue<>();
  private final List<String> refused = new CopyOnWriteArrayList<>();
  private volatile @Nullable Running running;

  /// Starts to listen on a free port of the loopback interface.
  public RuntimeApi() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  /// Host and port, for `AWS_LAMBDA_RUNTIME_API`.
  String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  /// Waits until the runtime has initialised the function, which is when it first asks for an
  /// event, and returns when that was, in [System#nanoTime].
  public long awaitReady(Duration limit) {
    return await("the first request for an event", ready, limit);
  }

  /// Waits until the runtime says that it could not initialise the function.
  InitError awaitInitError(Duration limit) {
    return await("an error of initialisation", initError, limit);
  }

  /// Hands `event` to the runtime and waits for what becomes of it.
  public Outcome invoke(String event, Duration limit) {
    Invocation invocation =
        new Invocation(UUID.randomUUID().toString(), event, new CompletableFuture<>());
    waiting.add(invocation);
    return await("an answer", invocation.outcome, limit);
  }

  /// All that the runtime has sent, as it came.
  List<String> said() {
    return List.copyOf(said);
  }

  /// What the runtime has done that it must not do.
  List<String> refused() {
    return List.copyOf(refused);
  }

  private static <T> T await(String what, CompletableFuture<T> future, Duration limit) {
    try {
      return future.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError(
          "the runtime did not send " + what + " within " + limit.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String request = exchange.getRequestMethod() + " " + path;
      String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
      long received = System.nanoTime();
      if (request.equals("GET " + INVOCATION + "next")) {
        next(exchange);
        return;
      }
      said.add(body);
      if (request.equals("POST " + ROOT + "init/error")) {
        InitError error = new InitError(errorType(exchange), body);
        if (ready.isDone()) {
          refuse(exchange, 403, "InvalidStateTransition", "an error after initialisation");
        } else {
          initError.complete(error);
          accept(exchange);
        }
      } else if (request.matches("POST " + INVOCATION + "[^/]+/(response|error)")) {
        String[] parts = path.substring(INVOCATION.length()).split("/", -1);
        ended(
            exchange,
            parts[0],
            body,
            parts[1].equals("error") ? errorType(exchange) : null,
            received);
      } else {
        refuse(exchange, 404, "InvalidPath", request);
      }
    }
  }

  private void next(HttpExchange exchange) throws IOException {
    if (running != null) {
      refuse(exchange, 403, "InvalidStateTransition", "a next event before an answer");
      return;
    }
    ready.complete(System.nanoTime());
    Invocation invocation;
    try {
      invocation = waiting.take();
    } catch (InterruptedException _) { // the end of this server
      Thread.currentThread().interrupt();
      return;
    }
    Headers headers = exchange.getResponseHeaders();
    headers.set("Content-Type", "application/json");
    headers.set("Lambda-Runtime-Aws-Request-Id", invocation.id);
    headers.set(
        "Lambda-Runtime-Deadline-Ms",
        Long.toString(System.currentTimeMillis() + FUNCTION_TIMEOUT.toMillis()));
    headers.set("Lambda-Runtime-Invoked-Function-Arn", ARN);
    headers.set(
        "Lambda-Runtime-Trace-Id",
        "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0");
    running = new Running(invocation, System.nanoTime());
    send(exchange, 200, invocation.event);
  }

  private void ended(
      HttpExchange exchange, String id, String body, @Nullable String error, long received)
      throws IOException {
    Running current = running;
    if (current == null || !current.invocation.id.equals(id)) {
      refuse(exchange, 400, "InvalidRequestID", "an answer to a request not under way");
      return;
    }
    running = null;
    accept(exchange);
    current.invocation.outcome.complete(new Outcome(body, error, current.handedOut, received));
  }

  private static String errorType(HttpExchange exchange) {
    String type = exchange.getRequestHeaders().getFirst("Lambda-Runtime-Function-Error-Type");
    return type == null ? "none given" : type;
  }

  private static void accept(HttpExchange exchange) throws IOException {
    send(exchange, 202, "{\"status\":\"OK\"}\n");
  }

  private void refuse(HttpExchange exchange, int status, String type, String what)
      throws IOException {
    refused.add(what);
    send(exchange, status, "{\"errorType\":\"" + type + "\",\"errorMessage\":\"" + type + "\"}");
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    threads.shutdownNow();
    server.stop(0);
    threads.close();
  }
}
