package dev.waggle.testhost;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;

/// A unix socket on this machine, each of whose connections talks to a new process.
///
/// So an engine in a container is reached without a port, and without TLS to protect that port.
final class EngineSocket implements AutoCloseable {
  private static final int BUFFER = 64 * 1024;

  private final List<String> command;
  private final UnixListener listener;

  private EngineSocket(Path path, List<String> command) throws IOException {
    this.command = command;
    this.listener = UnixListener.listen(path, this::serve);
  }

  static EngineSocket listen(Path path, List<String> command) throws IOException {
    return new EngineSocket(path, command);
  }

  URI uri() {
    return URI.create("unix://" + listener.path());
  }

  private void serve(SocketChannel connection) {
    try (connection) {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try {
        Thread requests = Thread.ofVirtual().start(() -> toProcess(connection, process));
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
    try (OutputStream requests = process.getOutputStream()) {
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
      while (connection.read(buffer.clear()) >= 0) {
        requests.write(buffer.array(), 0, buffer.position());
        requests.flush();
      }
    } catch (IOException broken) {
      // The other direction ends, too, and closes both.
    }
  }

  private static void toConnection(Process process, SocketChannel connection) throws IOException {
    byte[] bytes = new byte[BUFFER];
    InputStream responses = process.getInputStream();
    for (int read = responses.read(bytes); read >= 0; read = responses.read(bytes)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, read);
      while (buffer.hasRemaining()) {
        connection.write(buffer);
      }
    }
  }

  @Override
  public void close() {
    listener.close();
  }
}
