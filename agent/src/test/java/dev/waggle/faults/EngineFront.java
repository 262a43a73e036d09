package dev.waggle.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.testhost.NamespacedEngine;
import dev.waggle.testhost.UnixListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Stands before the engine's socket. It knows which endings were marked in records, and lets
/// nothing through that is struck on its way.
///
/// The agent makes one request per connection.
final class EngineFront implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String END_OF_HEAD = "\r\n\r\n";
  private static final Pattern UPDATE =
      Pattern.compile("POST (?:/v[\\d.]+)?/services/[^/]+/update\\?(?!\\S*rollback=).*");
  private static final Pattern RECORD =
      Pattern.compile("POST (?:/v[\\d.]+)?/configs/(waggle\\.[^/]+)/update\\?.*");
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *(\\d+)");
  private static final Pattern SUCCESS = Pattern.compile("HTTP/1\\.1 2\\d\\d .*");

  /// @param head from the request line to the empty line
  /// @param body as it came, a character for each byte
  private record Request(String head, String body) {

    byte[] content() {
      return body.getBytes(StandardCharsets.ISO_8859_1);
    }

    String line() {
      return head.substring(0, head.indexOf('\r'));
    }
  }

  /// An ending as a record has it.
  record Ending(String service, String deliveryId, boolean told) {}

  private final Path engine;
  private final IntSupplier agent;
  private final UnixListener listener;
  private final Map<String, Set<Ending>> written = new ConcurrentHashMap<>();
  private final Map<Ending, Integer> marked = new ConcurrentHashMap<>();
  private volatile List<Ambush> ambushes = List.of();

  /// Listens in the directory of the engine's own socket.
  ///
  /// @param agent the number of the agent that asks now
  EngineFront(NamespacedEngine behind, IntSupplier agent) {
    this.engine = Path.of(behind.dockerHost().getPath());
    this.agent = agent;
    try {
      this.listener = UnixListener.listen(engine.resolveSibling("front.sock"), this::serve);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  URI dockerHost() {
    return URI.create("unix://" + listener.path());
  }

  /// Begins anew.
  void of(List<Ambush> waiting) {
    written.clear();
    marked.clear();
    ambushes = waiting;
  }

  /// The endings of which a record says that they were told, and the number of the agent, the first
  /// is 0, that had it say so.
  Map<Ending, Integer> marked() {
    return Map.copyOf(marked);
  }

  private void serve(SocketChannel client) {
    try (client) {
      Request request = read(Channels.newInputStream(client));
      Matcher record = RECORD.matcher(request.line());
      if (UPDATE.matcher(request.line()).matches()) {
        update(request, client);
      } else if (record.matches()) {
        write(record.group(1), request, client);
      } else {
        pass(request, client);
      }
    } catch (IOException ended) {
      // Either side may end it at any time.
    }
  }

  private static Request read(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    String text = "";
    while (!text.endsWith(END_OF_HEAD)) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("ended in the head");
      }
      head.write(next);
      text = next == '\n' ? head.toString(StandardCharsets.ISO_8859_1) : "";
    }
    Matcher length = LENGTH.matcher(text);
    return new Request(
        text,
        length.find()
            ? new String(
                in.readNBytes(Integer.parseInt(length.group(1))), StandardCharsets.ISO_8859_1)
            : "");
  }

  private void update(Request request, SocketChannel client) throws IOException {
    if (!Ambush.strikes(ambushes, Place.BEFORE_UPDATE)) {
      byte[] answer = ask(request);
      if (!Ambush.strikes(ambushes, Place.AFTER_UPDATE)) {
        Channels.newOutputStream(client).write(answer);
      }
    }
  }

  private void write(String record, Request request, SocketChannel client) throws IOException {
    Set<Ending> endings = endings(request.content());
    Set<Ending> added = new HashSet<>(endings);
    added.removeAll(written.getOrDefault(record, Set.of()));
    boolean marks = added.stream().anyMatch(Ending::told);
    if ((marks && Ambush.strikes(ambushes, Place.BEFORE_MARK))
        || (!marks && !added.isEmpty() && Ambush.strikes(ambushes, Place.BEFORE_ENDING))) {
      return;
    }
    int writer = agent.getAsInt();
    byte[] answer = ask(request);
    String status = new String(answer, StandardCharsets.ISO_8859_1).lines().findFirst().orElse("");
    if (SUCCESS.matcher(status).matches()) {
      written.put(record, endings);
      added.stream().filter(Ending::told).forEach(ending -> marked.putIfAbsent(ending, writer));
    }
    Channels.newOutputStream(client).write(answer);
  }

  private static Set<Ending> endings(byte[] config) throws IOException {
    JsonNode record =
        JSON.readTree(JSON.readTree(config).path("Labels").path("waggle.record").asText());
    Set<Ending> endings = new HashSet<>();
    for (JsonNode rollout : record.path("rollouts")) {
      if (rollout.path("ending").isObject()) {
        endings.add(
            new Ending(
                record.path("service").asText(),
                rollout.path("id").asText(),
                rollout.at("/ending/told").asBoolean()));
      }
    }
    return endings;
  }

  private byte[] ask(Request request) throws IOException {
    try (SocketChannel behind = SocketChannel.open(UnixDomainSocketAddress.of(engine))) {
      send(request, behind);
      return Channels.newInputStream(behind).readAllBytes();
    }
  }

  private static void send(Request request, SocketChannel behind) throws IOException {
    OutputStream out = Channels.newOutputStream(behind);
    out.write(request.head().getBytes(StandardCharsets.ISO_8859_1));
    out.write(request.content());
  }

  /// An answer may be endless; whoever asked may not wait for its end.
  private void pass(Request request, SocketChannel client) throws IOException {
    try (SocketChannel behind = SocketChannel.open(UnixDomainSocketAddress.of(engine))) {
      send(request, behind);
      Thread.ofVirtual().name("end of " + request.line()).start(() -> awaitEnd(client, behind));
      Channels.newInputStream(behind).transferTo(Channels.newOutputStream(client));
    }
  }

  private static void awaitEnd(SocketChannel client, SocketChannel behind) {
    try (behind) {
      Channels.newInputStream(client).transferTo(OutputStream.nullOutputStream());
    } catch (IOException ended) {
      // As it was to.
    }
  }

  @Override
  public void close() {
    listener.close();
  }
}
