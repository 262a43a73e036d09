package dev.waggle.function;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/// A server of HTTP over TLS on the loopback interface that says to the microsecond how long a
/// client had to wait for each answer: from when the last byte of the request was there until the
/// first of the answer left. So what the server's own TLS and HTTP take is not counted for the
/// client's. Of those it speaks just enough: a thread for each connection, and bodies with a length
/// only.
final class TimedServer implements AutoCloseable {
  /// A request.
  ///
  /// @param headers by their names in lower case
  record Request(String method, String path, Map<String, String> headers, String body) {}

  /// An answer.
  record Response(int status, Map<String, String> headers, String body) {
    /// An answer without a body.
    static Response empty(int status) {
      return new Response(status, Map.of(), "");
    }

    /// An answer of 200.
    static Response json(String body) {
      return new Response(200, Map.of("Content-Type", "application/json"), body);
    }

    /// The same with one header more.
    Response with(String header, String value) {
      Map<String, String> more = new LinkedHashMap<>(headers);
      more.put(header, value);
      return new Response(status, more, body);
    }
  }

  /// What answers requests.
  @FunctionalInterface
  interface Handler {
    /// Answers one.
    Response answer(Request request) throws IOException;
  }

  /// An answer that was given.
  ///
  /// @param call method and kind of address
  /// @param begun when the last byte of the request was there, in [System#nanoTime]
  /// @param ended when the answer was about to leave, in [System#nanoTime]
  record Answered(String call, long begun, long ended) {}

  private final String name;
  private final ServerSocket server;
  private final SSLSocketFactory tls;
  private final Handler handler;
  private final Queue<Answered> answered;
  private final Queue<Socket> connections = new ConcurrentLinkedQueue<>();

  /// Starts to listen.
  ///
  /// @param name of the server in [Answered]
  /// @param answered takes what is answered
  TimedServer(String name, SSLContext tls, Queue<Answered> answered, Handler handler) {
    this.name = name;
    this.tls = tls.getSocketFactory();
    this.answered = answered;
    this.handler = handler;
    try {
      server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofPlatform().daemon().start(this::accept);
  }

  /// Where it listens.
  URI address() {
    return URI.create("https://localhost:" + server.getLocalPort());
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket connection = server.accept();
        connections.add(connection);
        Thread.ofPlatform().daemon().start(() -> serve(connection));
      } catch (IOException _) {
        return; // closed
      }
    }
  }

  private void serve(Socket connection) {
    try (connection;
        TimedSocket timed = new TimedSocket(connection)) {
      connection.setTcpNoDelay(true);
      SSLSocket secure = (SSLSocket) tls.createSocket(timed, null, true);
      BufferedInputStream input = new BufferedInputStream(secure.getInputStream());
      OutputStream output = secure.getOutputStream();
      while (true) {
        Request request = read(input);
        long begun = timed.lastRead;
        byte[] bytes = bytes(handler.answer(request));
        timed.beforeNextWrite =
            () -> answered.add(new Answered(request.method + " " + name, begun, System.nanoTime()));
        output.write(bytes);
        output.flush();
      }
    } catch (IOException _) {
      // The client has gone, as a process that was ended does.
    } finally {
      connections.remove(connection);
    }
  }

  /// A connection below its TLS, of which it is known when bytes come and leave.
  private static final class TimedSocket extends Socket {
    private final Socket connection;
    private long lastRead;
    private @Nullable Runnable beforeNextWrite;

    TimedSocket(Socket connection) {
      this.connection = connection;
    }

    @Override
    public boolean isConnected() {
      return connection.isConnected();
    }

    @Override
    public InetAddress getInetAddress() {
      return connection.getInetAddress();
    }

    @Override
    public int getPort() {
      return connection.getPort();
    }

    @Override
    public InputStream getInputStream() throws IOException {
      return new FilterInputStream(connection.getInputStream()) {
        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
          int read = super.read(bytes, offset, length);
          lastRead = System.nanoTime();
          return read;
        }
      };
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
      return new FilterOutputStream(connection.getOutputStream()) {
        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
          if (beforeNextWrite != null) {
            beforeNextWrite.run();
            beforeNextWrite = null;
          }
          out.write(bytes, offset, length);
        }
      };
    }

    @Override
    public void close() throws IOException {
      connection.close();
    }
  }

  private static Request read(InputStream input) throws IOException {
    String[] first = line(input).split(" ", -1);
    Map<String, String> headers = new LinkedHashMap<>();
    for (String line = line(input); !line.isEmpty(); line = line(input)) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    if (headers.containsKey("transfer-encoding") || headers.containsKey("expect")) {
      throw new IOException("this server does not speak that much HTTP");
    }
    int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    return new Request(first[0], first[1], headers, new String(input.readNBytes(length), UTF_8));
  }

  private static String line(InputStream input) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = input.read(); next != '\n'; next = input.read()) {
      if (next < 0) {
        throw new EOFException();
      }
      line.write(next);
    }
    return line.toString(ISO_8859_1).stripTrailing();
  }

  private static byte[] bytes(Response response) {
    StringBuilder head = new StringBuilder("HTTP/1.1 " + response.status + " x\r\n");
    response.headers.forEach(
        (header, value) -> head.append(header).append(": ").append(value).append("\r\n"));
    byte[] body = response.body.getBytes(UTF_8);
    head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(head.toString().getBytes(ISO_8859_1));
    bytes.writeBytes(body);
    return bytes.toByteArray();
  }

  @Override
  public void close() {
    try {
      server.close();
      for (Socket connection : connections) {
        connection.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
