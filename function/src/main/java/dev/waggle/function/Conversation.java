package dev.waggle.function;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.Serial;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Some requests over HTTP to one party, ended by a deadline whatever the party does.
///
/// Goes only to hosts that belong to the party, redirects included, and reads no more of an answer
/// than [#MAX_BODY].
///
/// Over `HttpURLConnection`, the client that a cold JVM has ready first. On a thread of its own: a
/// read's timeout begins again with every byte, so a server that trickles would hold the caller
/// beyond any deadline.
///
/// @param <T> what is to be found out
final class Conversation<T> implements AutoCloseable {
  /// What is read of an answer, in bytes: Docker Hub's token has 5 KB, its record of a tag 10.
  static final int MAX_BODY = 64 * 1024;

  static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);

  private static final int MAX_REDIRECTS = 3;

  /// Three conversations at a time is all that warming up needs; starting a thread for each costs a
  /// warm function more than all else that it does.
  private static final ExecutorService THREADS =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("conversation").factory());

  /// What is asked, and what follows from the answers.
  @FunctionalInterface
  interface Script<T> {
    /// Sends requests with [#get], [#head] and [#post].
    T run(Conversation<T> conversation) throws IOException, InterruptedException;
  }

  /// Why a conversation came to nothing.
  enum Failure {
    /// It was not over by the deadline.
    TIMED_OUT,
    /// No connection, or one that broke.
    UNREACHABLE,
    /// Going on would have led to a host that is not the party's.
    FOREIGN_HOST
  }

  private final URI party;
  private final Deadline deadline;
  private final FutureTask<T> task;
  private volatile @Nullable HttpURLConnection connection;
  private volatile boolean closed;

  private Conversation(URI party, Deadline deadline, Script<T> script) {
    this.party = party;
    this.deadline = deadline;
    this.task = new FutureTask<>(() -> script.run(this));
  }

  /// Begins to talk.
  ///
  /// @param party whose hosts are talked to
  /// @param deadline by which all is over
  /// @param script what is said
  static <T> Conversation<T> begin(URI party, Deadline deadline, Script<T> script) {
    Conversation<T> conversation = new Conversation<>(party, deadline, script);
    THREADS.execute(conversation.task);
    return conversation;
  }

  /// Waits for the end, at most until the deadline.
  ///
  /// @param otherwise what a failure means
  T await(Function<Failure, T> otherwise) {
    try {
      return task.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException _) {
      close();
      return otherwise.apply(Failure.TIMED_OUT);
    } catch (InterruptedException _) {
      close();
      Thread.currentThread().interrupt();
      return otherwise.apply(Failure.TIMED_OUT);
    } catch (ExecutionException e) {
      return otherwise.apply(
          switch (e.getCause()) {
            case ForeignHostException _ -> Failure.FOREIGN_HOST;
            case InterruptedIOException _ -> Failure.TIMED_OUT; // what a socket's timeout is
            case IOException _ -> Failure.UNREACHABLE;
            case null, default -> throw new IllegalStateException("talking", e.getCause());
          });
    }
  }

  /// Hangs up, unless it is over.
  @Override
  public void close() {
    if (task.isDone()) {
      return;
    }
    closed = true;
    task.cancel(true);
    HttpURLConnection open = connection;
    if (open != null) {
      open.disconnect();
    }
  }

  /// Asks for a document.
  ///
  /// @throws IOException when there is no answer, or when a foreign host would have to be asked
  Response get(URI address) throws IOException {
    return get(address, Map.of());
  }

  /// Asks for a document.
  ///
  /// @param headers to send along
  /// @throws IOException when there is no answer, or when a foreign host would have to be asked
  Response get(URI address, Map<String, String> headers) throws IOException {
    return follow("GET", address, headers);
  }

  /// Asks for the headers of a document.
  ///
  /// @param headers to send along
  /// @throws IOException when there is no answer, or when a foreign host would have to be asked
  Response head(URI address, Map<String, String> headers) throws IOException {
    return follow("HEAD", address, headers);
  }

  /// Sends a document. May be sent twice, when a connection kept from before turns out to be dead.
  ///
  /// @param headers to send along
  /// @param limit for the answer, where it is nearer than the deadline
  /// @throws IOException when there is no answer in time
  Response post(URI address, Map<String, String> headers, byte[] body, Duration limit)
      throws IOException {
    return exchange("POST", address, headers, body, deadline.atMost(limit));
  }

  private Response follow(String method, URI address, Map<String, String> headers)
      throws IOException {
    URI target = address;
    Map<String, String> sent = headers;
    for (int redirects = 0; ; redirects++) {
      Response response = exchange(method, target, sent, null, deadline);
      Optional<String> next = response.redirection();
      if (next.isEmpty() || redirects == MAX_REDIRECTS) {
        return response;
      }
      URI from = target;
      target = resolved(from, next.get());
      if (!isSameServer(from, target)) {
        sent = withoutCredentials(sent);
      }
    }
  }

  private static boolean isSameServer(URI one, URI other) {
    return one.getScheme().equalsIgnoreCase(other.getScheme())
        && one.getRawAuthority().equalsIgnoreCase(other.getRawAuthority());
  }

  private static Map<String, String> withoutCredentials(Map<String, String> headers) {
    Map<String, String> others = new HashMap<>(headers);
    others.remove("Authorization");
    return others;
  }

  /// The JDK's client lets through whatever parsing a malformed answer happens to throw.
  private Response exchange(
      String method, URI target, Map<String, String> headers, byte @Nullable [] body, Deadline end)
      throws IOException {
    if (!Hosts.belongs(target, party)) {
      throw new ForeignHostException();
    }
    try {
      HttpURLConnection exchange = (HttpURLConnection) target.toURL().openConnection();
      exchange.setRequestMethod(method);
      exchange.setRequestProperty("User-Agent", "waggle");
      headers.forEach(exchange::setRequestProperty);
      exchange.setInstanceFollowRedirects(false);
      exchange.setUseCaches(false);
      exchange.setDoOutput(body != null);
      connect(exchange, end);
      if (body != null) {
        exchange.getOutputStream().write(body);
      }
      return Response.to(exchange);
    } catch (RuntimeException e) {
      throw new IOException("an answer that cannot be read", e);
    }
  }

  /// By itself: before that, closing finds nothing to hang up on.
  private void connect(HttpURLConnection exchange, Deadline end) throws IOException {
    int remaining = Math.toIntExact(end.remaining().toMillis());
    exchange.setConnectTimeout(Math.min(remaining, Math.toIntExact(CONNECT_TIMEOUT.toMillis())));
    exchange.setReadTimeout(remaining);
    connection = exchange;
    exchange.connect();
    if (closed) {
      exchange.disconnect();
      throw new InterruptedIOException("closed");
    }
  }

  private static URI resolved(URI from, String location) throws ForeignHostException {
    try {
      return from.resolve(location);
    } catch (IllegalArgumentException _) { // no address at all
      throw new ForeignHostException();
    }
  }

  private static final class ForeignHostException extends IOException {
    @Serial private static final long serialVersionUID = 1L;
  }

  /// What came back.
  static final class Response {
    private final int status;
    private final List<Map.Entry<String, String>> headers;
    private final byte[] body;

    private Response(int status, List<Map.Entry<String, String>> headers, byte[] body) {
      this.status = status;
      this.headers = headers;
      this.body = body;
    }

    private static Response to(HttpURLConnection exchange) throws IOException {
      int status = exchange.getResponseCode();
      List<Map.Entry<String, String>> headers = new ArrayList<>();
      for (int i = 1; exchange.getHeaderField(i) != null; i++) {
        if (exchange.getHeaderFieldKey(i) != null) { // a line without a name
          headers.add(Map.entry(exchange.getHeaderFieldKey(i), exchange.getHeaderField(i)));
        }
      }
      return new Response(status, headers, body(status, exchange));
    }

    /// What is not read to its end leaves a connection that cannot be used again.
    private static byte[] body(int status, HttpURLConnection exchange) throws IOException {
      InputStream stream = status < 400 ? exchange.getInputStream() : exchange.getErrorStream();
      if (stream == null) {
        return new byte[0];
      }
      byte[] body = stream.readNBytes(MAX_BODY + 1);
      if (body.length > MAX_BODY) {
        exchange.disconnect();
        return new byte[0];
      }
      stream.close();
      return body;
    }

    /// The status of HTTP, or -1 for an answer that is none.
    int status() {
      return status;
    }

    /// The values of a header, in whatever case its name is written.
    Stream<String> headers(String name) {
      return headers.stream()
          .filter(header -> header.getKey().equalsIgnoreCase(name))
          .map(Map.Entry::getValue);
    }

    /// The body; empty when it is longer than [#MAX_BODY].
    byte[] body() {
      return body;
    }

    private Optional<String> redirection() {
      return switch (status) {
        case 301, 302, 303, 307, 308 -> headers("Location").findFirst();
        default -> Optional.empty();
      };
    }
  }
}
