package dev.waggle.testhost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A unix socket on this machine, each of whose connections talks to a new process.
///
/// So an engine in a container is reached without a port, and without TLS to protect that port.
final class EngineSocket implements AutoCloseable {
    private static final int BUFFER = 64 * 1024;

    private final Path path;
    private final ServerSocketChannel server;
    private final List<String> command;

    private EngineSocket(Path path, ServerSocketChannel server, List<String> command) {
        this.path = path;
        this.server = server;
        this.command = command;
    }

    static EngineSocket listen(Path path, List<String> command) throws IOException {
        var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        var socket = new EngineSocket(path, server, command);
        Thread.ofVirtual().name("connections to " + path).start(socket::accept);
        return socket;
    }

    URI uri() {
        return URI.create("unix://" + path);
    }

    private void accept() {
        try {
            while (true) {
                var connection = server.accept();
                Thread.ofVirtual().name("connection to " + path).start(() -> serve(connection));
            }
        } catch (IOException closed) {
            // The end of this socket.
        }
    }

    private void serve(SocketChannel connection) {
        try (connection) {
            var process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                var requests = Thread.ofVirtual().start(() -> toProcess(connection, process));
                toConnection(process, connection);
                connection.shutdownOutput();
                requests.interrupt();
            } finally {
                process.destroy();
            }
        } catch (IOException broken) {
            // The client sees its connection closed.
        }
    }

    private static void toProcess(SocketChannel connection, Process process) {
        try (var requests = process.getOutputStream()) {
            var buffer = ByteBuffer.allocate(BUFFER);
            while (connection.read(buffer.clear()) >= 0) {
                requests.write(buffer.array(), 0, buffer.position());
                requests.flush();
            }
        } catch (IOException broken) {
            // The other direction ends, too, and closes both.
        }
    }

    private static void toConnection(Process process, SocketChannel connection) throws IOException {
        var bytes = new byte[BUFFER];
        var responses = process.getInputStream();
        for (var read = responses.read(bytes); read >= 0; read = responses.read(bytes)) {
            var buffer = ByteBuffer.wrap(bytes, 0, read);
            while (buffer.hasRemaining()) {
                connection.write(buffer);
            }
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
