package dev.waggle.agent.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.transport.DockerHttpClient;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ServiceEventsTest {

  private static final String PATH = "/events?filters=x";

  /// An engine whose socket is away when its events are asked for first, of which the transport
  /// tells by a RuntimeException.
  private static final class AwayAtFirst implements DockerHttpClient {

    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch listening = new CountDownLatch(1);

    @Override
    public Response execute(Request request) {
      return switch (request.path()) {
        case "/_ping" -> new EngineAnswer(200, "");
        case "/v1.41" + PATH -> {
          if (asked.getAndIncrement() == 0) {
            throw new IllegalStateException(new SocketException("No such file or directory"));
          }
          listening.countDown();
          yield new EngineAnswer(200, "{}");
        }
        default -> throw new AssertionError(request.path());
      };
    }

    @Override
    public void close() {}
  }

  @Test
  @Timeout(20)
  void listensAgainAfterTheEngineWasOutOfReach() throws Exception {
    AwayAtFirst engine = new AwayAtFirst();
    try (EngineApi api = new EngineApi(engine);
        ServiceEvents events = new ServiceEvents(api, PATH)) {
      events.await(Duration.ofSeconds(10));
      assertThat(engine.listening.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }
}
