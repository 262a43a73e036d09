package dev.waggle.image;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// A rehearsal of the agent in the image's build: as much of a queue and an engine as one push
/// needs, then SIGTERM.
///
/// SQS is spoken over TLS and the engine over a unix socket, as in production, so that their
/// classes are used, too. It runs from source and without any library.
public final class Training implements AutoCloseable {

  private static final String PASSWORD = "rehearsal";
  private static final String OLD = "sha256:" + "1".repeat(64);
  private static final String NEW = "sha256:" + "2".repeat(64);

  private static final String MESSAGE =
      "{\"version\":1,\"deliveryId\":\"rehearsal-NUMBER\",\"repository\":\"waggle/rehearsal\",\"tag\":\"2\","
          + "\"digest\":\""
          + NEW
          + "\",\"acceptedAt\":\"2026-01-01T00:00:00Z\"}";

  private static final Pattern RECORD =
      Pattern.compile("\"waggle\\.record\":(\"(?:[^\"\\\\]|\\\\.)*\")");
  private static final Pattern TOLD = Pattern.compile("told\\\\\":true");

  private static final int PUSHES = 3;
  private static final long LONGEST_MINUTES = 2;

  private final Path directory;
  private final HttpsServer queue;
  private final ServerSocketChannel engine;
  private final AtomicInteger received = new AtomicInteger();
  private final AtomicInteger version = new AtomicInteger(1);
  private final AtomicInteger recorded = new AtomicInteger();
  private final CountDownLatch told = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile String image = OLD;

  /// In its quotation marks, as it was sent.
  private volatile String record = "";

  private Training() throws IOException, GeneralSecurityException, InterruptedException {
    directory = Files.createTempDirectory("rehearsal");
    queue = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    queue.setHttpsConfigurator(new HttpsConfigurator(certificate()));
    queue.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    queue.createContext("/", this::answerAsQueue);
    queue.start();
    engine = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    engine.bind(UnixDomainSocketAddress.of(socket()));
    Thread.ofVirtual().start(this::acceptAsEngine);
  }

  /// Runs the agent until it has rolled, and ends with status 1 if it does not.
  ///
  /// @param command the agent's
  public static void main(String[] command) throws Exception {
    try (Training training = new Training()) {
      System.exit(training.run(command) ? 0 : 1);
    }
  }

  private Path socket() {
    return directory.resolve("docker.sock");
  }

  private boolean run(String[] command) throws IOException, InterruptedException {
    Path credentials =
        Files.writeString(
            directory.resolve("credentials"),
            "[default]\naws_access_key_id=rehearsal\naws_secret_access_key=rehearsal\n");
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    String address = "https://localhost:" + queue.getAddress().getPort();
    builder.environment().put("AWS_REGION", "us-east-1");
    builder.environment().put("AWS_SHARED_CREDENTIALS_FILE", credentials.toString());
    builder.environment().put("AWS_ENDPOINT_URL_SQS", address);
    builder.environment().put("WAGGLE_QUEUE_URL", address + "/000000000000/rehearsal.fifo");
    builder.environment().put("WAGGLE_HEALTH_FILE", directory.resolve("received").toString());
    builder.environment().put("DOCKER_HOST", "unix://" + socket());
    builder
        .environment()
        .put(
            "JAVA_TOOL_OPTIONS",
            "-Djavax.net.ssl.trustStore="
                + keyStore()
                + " -Djavax.net.ssl.trustStorePassword="
                + PASSWORD);
    Process agent = builder.start();
    CompletableFuture<Void> _ = agent.onExit().thenRun(told::countDown);
    boolean rolled = told.await(LONGEST_MINUTES, TimeUnit.MINUTES) && agent.isAlive();
    agent.destroy();
    ended.countDown();
    boolean over = agent.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES);
    if (!rolled || !over) {
      agent.destroyForcibly();
      System.err.println("the agent did not roll what it received, or did not end");
    }
    return rolled && over && image.equals(NEW);
  }

  private Path keyStore() {
    return directory.resolve("key.p12");
  }

  private SSLContext certificate()
      throws IOException, GeneralSecurityException, InterruptedException {
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    Process made =
        new ProcessBuilder(
                keytool,
                "-genkeypair",
                "-alias",
                "rehearsal",
                "-keyalg",
                "RSA",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost",
                "-storepass",
                PASSWORD,
                "-keystore",
                keyStore().toString())
            .inheritIO()
            .start();
    if (made.waitFor() != 0) {
      throw new IOException("keytool ended with " + made.exitValue());
    }
    KeyStore keys = KeyStore.getInstance(keyStore().toFile(), PASSWORD.toCharArray());
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  private void answerAsQueue(HttpExchange exchange) throws IOException {
    try (exchange) {
      String request = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
      String json =
          switch (target) {
            case "AmazonSQS.ReceiveMessage" -> receive();
            case "AmazonSQS.DeleteMessageBatch" -> delete(request);
            case "AmazonSQS.ChangeMessageVisibility" -> "{}";
            case null, default -> {
              System.err.println("the stand-in of SQS does not know " + target);
              throw new IOException("unknown target");
            }
          };
      byte[] answer = json.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  private String receive() {
    int number = received.incrementAndGet();
    String message = MESSAGE.replace("NUMBER", String.valueOf(number));
    if (number > PUSHES) {
      awaitEnd();
      return "{}";
    }
    return """
    {"Messages":[{"MessageId":"%d","ReceiptHandle":"%d","Body":"%s","MD5OfBody":"%s",
    "Attributes":{"SentTimestamp":"1767225600000","ApproximateReceiveCount":"1"}}]}\
    """
        .formatted(number, number, message.replace("\"", "\\\""), md5(message));
  }

  private String delete(String request) {
    List<String> deleted =
        Pattern.compile("\"Id\":\"([^\"]*)\"")
            .matcher(request)
            .results()
            .map(entry -> "{\"Id\":\"" + entry.group(1) + "\"}")
            .toList();
    return "{\"Successful\":[" + String.join(",", deleted) + "],\"Failed\":[]}";
  }

  private void awaitEnd() {
    try {
      ended.await();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private static String md5(String text) {
    try {
      byte[] sum = MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sum);
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private void acceptAsEngine() {
    try {
      while (true) {
        SocketChannel connection = engine.accept();
        Thread.ofVirtual().start(() -> answerAsEngine(connection));
      }
    } catch (IOException closed) {
      // The end of the rehearsal.
    }
  }

  private void answerAsEngine(SocketChannel connection) {
    try (connection;
        InputStream in = Channels.newInputStream(connection)) {
      List<String> head = head(in);
      int length =
          head.stream()
              .map(line -> line.toLowerCase(Locale.ROOT))
              .filter(line -> line.startsWith("content-length:"))
              .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
              .findFirst()
              .orElse(0);
      String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
      String path = head.getFirst().replaceAll("^\\w+ (/v1\\.\\d+)?([^? ]*).*", "$2");
      String answer = isOutOfSequence(path, head.getFirst()) ? "" : engineAnswer(path, body);
      write(
          connection,
          String.join(
              "\r\n",
              answer.isEmpty() ? "HTTP/1.1 404 Not Found" : "HTTP/1.1 200 OK",
              "Api-Version: 1.41",
              "Content-Type: application/json",
              "Connection: close",
              "",
              ""));
      write(connection, answer);
      if (path.equals("/events")) {
        awaitEnd();
      }
    } catch (IOException gone) {
      // The agent has ended.
    }
  }

  private static List<String> head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.UTF_8).endsWith("\r\n\r\n")) {
      int octet = in.read();
      if (octet < 0) {
        throw new IOException("half a request");
      }
      head.write(octet);
    }
    return head.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private static void write(SocketChannel connection, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      connection.write(bytes);
    }
  }

  /// Whether somebody else wrote the record meanwhile; the agent reads it again.
  private boolean isOutOfSequence(String path, String request) {
    return path.equals("/configs/waggle.s/update")
        && !request.contains("version=" + recorded.get() + " ");
  }

  /// @return empty if there is no such thing
  private synchronized String engineAnswer(String path, String body) {
    return switch (path) {
      case "/configs" -> "[" + config() + "]";
      case "/configs/waggle.s" -> config();
      case "/configs/create", "/configs/waggle.s/update" -> {
        record = RECORD.matcher(body).results().map(found -> found.group(1)).findFirst().orElse("");
        recorded.incrementAndGet();
        if (TOLD.matcher(record).results().count() == PUSHES) {
          told.countDown();
        }
        yield "{}";
      }
      case "/_ping" -> "OK";
      case "/info", "/version" -> "{}";
      case "/nodes" ->
          """
          [{"ID":"n","Spec":{"Role":"manager","Availability":"active","Labels":{}},
          "Description":{"Hostname":"n","Platform":{"Architecture":"x86_64","OS":"linux"},
          "Engine":{"Labels":{}}},"Status":{"State":"ready"}}]\
          """;
      case "/services" -> "[" + service() + "]";
      case "/services/s" -> service();
      case "/services/s/update" -> {
        image = NEW;
        version.incrementAndGet();
        yield "{\"Warnings\":null}";
      }
      case "/tasks" ->
          """
          [{"ID":"t","ServiceID":"s","NodeID":"n","Slot":1,"DesiredState":"running",
          "Spec":{"ContainerSpec":{"Image":"%s"}},
          "Status":{"State":"running","Timestamp":"2026-01-01T00:00:00.5Z"}}]\
          """
              .formatted(imageName());
      case "/events" -> "{\"Type\":\"service\",\"Action\":\"update\",\"Actor\":{\"ID\":\"s\"}}\n";
      default ->
          "{\"Descriptor\":{\"digest\":\""
              + NEW
              + "\"},\"Platforms\":[{\"architecture\":\"amd64\",\"os\":\"linux\"}]}";
    };
  }

  private String config() {
    return record.isEmpty()
        ? ""
        : """
        {"ID":"c","Version":{"Index":%d},"Spec":{"Name":"waggle.s","Labels":{"waggle.record":%s}}}\
        """
            .formatted(recorded.get(), record);
  }

  private String imageName() {
    return "waggle/rehearsal:" + (image.equals(OLD) ? "1@" : "2@") + image;
  }

  private String service() {
    return """
    {"ID":"s","Version":{"Index":%d},"Spec":{"Name":"rehearsal","Labels":{"waggle.tags":"*"},
    "TaskTemplate":{"ContainerSpec":{"Image":"%s","Env":["A=b"]},"Resources":{"Limits":{"NanoCPUs":1}}},
    "Mode":{"Replicated":{"Replicas":1}},"UpdateConfig":{"Parallelism":1,"MaxFailureRatio":0.5}},
    "UpdateStatus":{"State":"completed","StartedAt":"2026-01-01T00:00:00Z"}}\
    """
        .formatted(version.get(), imageName());
  }

  @Override
  public void close() {
    queue.stop(0);
    try {
      engine.close();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
