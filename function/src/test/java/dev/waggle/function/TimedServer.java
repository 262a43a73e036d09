package dev.waggle.function;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
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

/// A server of HTTP over TLS on the loopback interface that says to the microsecond how long it took
/// over each answer: from when it had all of the request until it was about to send. What the JDK's
/// own server does before and after that would count for the client's, so this is a lesser one: a
/// thread for each connection, and bodies with a length only.
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
            var more = new LinkedHashMap<>(headers);
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
    /// @param begun when all of the request was there, in [System#nanoTime]
    /// @param ended when the answer was about to be sent, in [System#nanoTime]
    record Answered(String call, long begun, long ended) {}

    private final String name;
    private final ServerSocket server;
    private final Handler handler;
    private final Queue<Answered> answered;
    private final Queue<Socket> connections = new ConcurrentLinkedQueue<>();

    /// Starts to listen.
    ///
    /// @param name of the server in [Answered]
    /// @param answered takes what is answered
    TimedServer(String name, SSLContext tls, Queue<Answered> answered, Handler handler) {
        this.name = name;
        this.answered = answered;
        this.handler = handler;
        try {
            server = tls.getServerSocketFactory()
                    .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
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
                var connection = server.accept();
                connections.add(connection);
                Thread.ofPlatform().daemon().start(() -> serve(connection));
            } catch (IOException _) {
                return; // closed
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            connection.setTcpNoDelay(true);
            var input = new BufferedInputStream(connection.getInputStream());
            var output = connection.getOutputStream();
            while (true) {
                var request = read(input);
                var begun = System.nanoTime();
                var response = handler.answer(request);
                var bytes = bytes(response);
                answered.add(
                        new Answered(request.method + " " + name, begun, System.nanoTime()));
                output.write(bytes);
                output.flush();
            }
        } catch (IOException _) {
            // The client has gone, as a process that was ended does.
        } finally {
            connections.remove(connection);
        }
    }

    private static Request read(InputStream input) throws IOException {
        var first = line(input).split(" ", -1);
        var headers = new LinkedHashMap<String, String>();
        for (var line = line(input); !line.isEmpty(); line = line(input)) {
            var colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        if (headers.containsKey("transfer-encoding") || headers.containsKey("expect")) {
            throw new IOException("this server does not speak that much HTTP");
        }
        var length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        return new Request(first[0], first[1], headers,
                new String(input.readNBytes(length), UTF_8));
    }

    private static String line(InputStream input) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int next = input.read(); next != '\n'; next = input.read()) {
            if (next < 0) {
                throw new EOFException();
            }
            line.write(next);
        }
        return line.toString(ISO_8859_1).stripTrailing();
    }

    private static byte[] bytes(Response response) {
        var head = new StringBuilder("HTTP/1.1 " + response.status + " x\r\n");
        response.headers.forEach(
                (header, value) -> head.append(header).append(": ").append(value).append("\r\n"));
        var body = response.body.getBytes(UTF_8);
        head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(head.toString().getBytes(ISO_8859_1));
        bytes.writeBytes(body);
        return bytes.toByteArray();
    }

    @Override
    public void close() {
        try {
            server.close();
            for (var connection : connections) {
                connection.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
