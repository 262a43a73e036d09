package dev.waggle.comparison;

import dev.waggle.testhost.NamespacedEngine;
import dev.waggle.testhost.UnixListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A socket before the engine's that writes down every call: the agent makes one per connection.
final class CountingSocket implements AutoCloseable {

  private static final int BUFFER = 64 * 1024;

  /// A call.
  ///
  /// @param request method and path, without version and parameters
  /// @param at when it began
  /// @param answered how many bytes came back so far
  record Call(String request, Instant at, AtomicLong answered) {}

  private final Path engine;
  private final UnixListener listener;
  private final List<Call> calls = new CopyOnWriteArrayList<>();

  private CountingSocket(Path engine) throws IOException {
    this.engine = engine;
    this.listener = UnixListener.listen(engine.resolveSibling("counting.sock"), this::serve);
    Files.setPosixFilePermissions(path(), PosixFilePermissions.fromString("rw-rw----"));
  }

  /// Listens in the directory of the engine's own socket.
  static CountingSocket before(NamespacedEngine engine) {
    try {
      return new CountingSocket(Path.of(engine.dockerHost().getPath()));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  Path path() {
    return listener.path();
  }

  List<Call> calls() {
    return List.copyOf(calls);
  }

  void forget() {
    calls.clear();
  }

  private void serve(SocketChannel client) {
    AtomicLong answered = new AtomicLong();
    try (client;
        SocketChannel behind = SocketChannel.open(UnixDomainSocketAddress.of(engine))) {
      Thread answers =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try (client) {
                      handOn(behind, client, answered, "");
                    } catch (IOException ended) {
                      // Either side may end it at any time.
                    }
                  });
      handOn(client, behind, answered, null);
      behind.shutdownOutput();
      answers.join();
    } catch (IOException ended) {
      // The client sees its connection end.
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  /// @param known what was asked for; null if the first bytes say so
  private void handOn(
      SocketChannel from, SocketChannel to, AtomicLong answered, @Nullable String known)
      throws IOException {
    String request = known;
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    while (from.read(buffer.clear()) >= 0) {
      buffer.flip();
      if (request == null) {
        String head = StandardCharsets.US_ASCII.decode(buffer.duplicate()).toString();
        request = head.replaceFirst("(?s)^(\\w+) (?:/v[\\d.]+)?([^? ]*).*", "$1 $2");
        calls.add(new Call(request, Instant.now(), answered));
      } else if (known != null) {
        answered.addAndGet(buffer.remaining());
      }
      while (buffer.hasRemaining()) {
        to.write(buffer);
      }
    }
  }

  @Override
  public void close() {
    listener.close();
  }
}
