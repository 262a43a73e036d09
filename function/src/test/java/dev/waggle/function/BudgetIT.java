package dev.waggle.function;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Whatever the others do, a request is answered within the budget for them, and what it takes to
/// compute.
@Timeout(60)
class BudgetIT {
  /// What a slow machine takes to compute.
  private static final Duration COMPUTING = Duration.ofMillis(750);

  /// What a server does to whoever connects.
  enum Torment {
    /// Never a byte.
    HANGS,
    /// A header that goes on and on, byte by byte.
    TRICKLES,
    /// Headers without end, as fast as they are read.
    FLOODS,
    /// The end of the connection at once.
    HANGS_UP
  }

  /// A server that torments.
  private static final class Tormentor implements AutoCloseable {
    private final ServerSocket server;
    private final Torment torment;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    Tormentor(Torment torment) {
      this.torment = torment;
      try {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      threads.execute(this::accept);
    }

    String address() {
      return "http://127.0.0.1:" + server.getLocalPort();
    }

    private void accept() {
      try {
        while (true) {
          Socket socket = server.accept();
          threads.execute(() -> serve(socket));
        }
      } catch (IOException _) {
        // closed
      }
    }

    private void serve(Socket socket) {
      try (socket) {
        OutputStream out = socket.getOutputStream();
        switch (torment) {
          case HANGS -> closed.await();
          case TRICKLES -> {
            out.write("HTTP/1.1 200 OK\r\nX: ".getBytes(US_ASCII));
            while (!closed.await(20, TimeUnit.MILLISECONDS)) {
              out.write('x');
            }
          }
          case FLOODS -> {
            out.write("HTTP/1.1 200 OK\r\n".getBytes(US_ASCII));
            byte[] header = ("X: " + "x".repeat(8_000) + "\r\n").getBytes(US_ASCII);
            while (closed.getCount() > 0) {
              out.write(header);
            }
          }
          case HANGS_UP -> socket.setSoLinger(true, 0);
        }
      } catch (IOException _) {
        // hung up on
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      closed.countDown();
      try {
        server.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      threads.close();
    }
  }

  private final LocalQueue queue = new LocalQueue();
  private final FakeRegistry registry =
      new FakeRegistry().holding("bluebrown/busybox", "latest", Verdicts.DIGEST).withTokens();
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void configure() {
    environment.putAll(queue.environment());
    environment.put("WAGGLE_TOKEN_SHA256", Sha256.hex("token"));
    environment.put("WAGGLE_REPOSITORIES", "bluebrown/busybox");
    environment.put("WAGGLE_QUEUE_URL", queue.url().toString());
    environment.put("WAGGLE_REGISTRY_URL", registry.base().toString());
    environment.put("WAGGLE_HUB_URL", "none");
  }

  @AfterEach
  void close() {
    registry.close();
    queue.close();
  }

  private void queueAt(String address) {
    environment.put("AWS_ENDPOINT_URL_SQS", address);
    environment.put("WAGGLE_QUEUE_URL", address + "/1/waggle.fifo");
  }

  private WebhookHandler started() {
    return WebhookHandler.fromEnvironment(environment, new PrintStream(log, true, UTF_8));
  }

  private static Duration since(long nanoTime) {
    return Duration.ofNanos(System.nanoTime() - nanoTime);
  }

  private void assertAnswered(WebhookHandler handler, int status, String message) {
    APIGatewayV2HTTPEvent event =
        APIGatewayV2HTTPEvent.builder()
            .withPathParameters(Map.of("token", "token"))
            .withBody(Events.delivery("latest").toString())
            .build();
    log.reset();
    long began = System.nanoTime();
    assertThat(handler.handle(event).getStatusCode()).isEqualTo(status);
    assertThat(since(began)).isLessThan(Judge.BUDGET.plus(COMPUTING));
    assertThat(log.toString(UTF_8)).contains("\"message\":\"" + message + "\"");
  }

  @ParameterizedTest
  @EnumSource
  void acceptsAPushUnprovenWhateverRegistryAndDockerHubDo(Torment torment) {
    try (Tormentor tormentor = new Tormentor(torment)) {
      environment.put("WAGGLE_REGISTRY_URL", tormentor.address());
      environment.put("WAGGLE_HUB_URL", tormentor.address());
      assertAnswered(started(), 202, "push accepted unproven");
      Conversations.assertOver();
    }
    assertThat(queue.drain()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource
  void acceptsAProvenPushWhateverDockerHubDoes(Torment torment) {
    try (Tormentor tormentor = new Tormentor(torment)) {
      environment.put("WAGGLE_HUB_URL", tormentor.address());
      assertAnswered(started(), 202, "push accepted");
    }
    assertThat(log.toString(UTF_8))
        .contains("\"evidenceReason\":\"Docker Hub's record could not be had\"");
  }

  @ParameterizedTest
  @EnumSource
  void saysThatTheQueueIsUnavailableWhateverItDoes(Torment torment) {
    try (Tormentor tormentor = new Tormentor(torment)) {
      queueAt(tormentor.address());
      long began = System.nanoTime();
      WebhookHandler handler = started();
      assertThat(since(began)).isLessThan(WebhookHandler.WARM_UP_BUDGET.plus(COMPUTING));
      assertAnswered(handler, 503, "queue unavailable");
    }
  }

  @ParameterizedTest
  @EnumSource
  void keepsTheBudgetWhenAllTormentItAtOnce(Torment torment) {
    try (Tormentor tormentor = new Tormentor(torment)) {
      environment.put("WAGGLE_REGISTRY_URL", tormentor.address());
      environment.put("WAGGLE_HUB_URL", tormentor.address());
      queueAt(tormentor.address());
      assertAnswered(started(), 503, "queue unavailable");
    }
  }
}
