package dev.waggle.testhost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/// A unix socket on this machine, each of whose connections is served by a thread of its own.
public final class UnixListener implements AutoCloseable {

  private final Path path;
  private final ServerSocketChannel server;

  private UnixListener(Path path, ServerSocketChannel server) {
    this.path = path;
    this.server = server;
  }

  /// Starts to listen.
  ///
  /// @param serve has to close the connection
  public static UnixListener listen(Path path, Consumer<SocketChannel> serve) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    Thread.ofVirtual().name("connections to " + path).start(() -> accept(path, server, serve));
    return new UnixListener(path, server);
  }

  private static void accept(Path path, ServerSocketChannel server, Consumer<SocketChannel> serve) {
    try {
      while (true) {
        SocketChannel connection = server.accept();
        Thread.ofVirtual().name("connection to " + path).start(() -> serve.accept(connection));
      }
    } catch (IOException closed) {
      // Nobody is let in any more.
    }
  }

  /// Where it listens.
  public Path path() {
    return path;
  }

  @Override
  public void close() {
    try {
      server.close();
      Files.deleteIfExists(path);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
