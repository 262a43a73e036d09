package dev.waggle.agent.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.transport.DockerHttpClient;
import dev.waggle.agent.service.Swarm;
import dev.waggle.testhost.Await;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SwarmEventsTest {

  private static final String EVENTS =
      """
      {"Type":"service","Action":"update","Actor":{"ID":"w1aj","Attributes":{"name":"site"}}}
      {"Type":"config","Action":"update","Actor":{"ID":"c1","Attributes":{"name":"waggle.w1aj"}}}
      {"Type":"config","Action":"create","Actor":{"ID":"c2","Attributes":{"name":"nginx.conf"}}}
      {"Type":"config","Action":"remove","Actor":{"ID":"c3","Attributes":{"name":"waggle.other"}}}
      """;

  /// An engine whose first stream of events cannot be had, and whose others end.
  private static final class Engine implements DockerHttpClient {

    private final List<String> asked = new CopyOnWriteArrayList<>();

    @Override
    public Response execute(Request request) {
      if (request.path().equals("/_ping")) {
        return new EngineAnswer(200, "OK");
      }
      asked.add(request.path());
      return asked.size() == 1
          ? new EngineAnswer(503, "{\"message\":\"starting\"}")
          : new EngineAnswer(200, EVENTS);
    }

    @Override
    public void close() {}
  }

  /// What was told, in order.
  private record Heard(List<String> words) implements Swarm.Listener {

    @Override
    public void serviceChanged(String serviceId) {
      words.add("service " + serviceId);
    }

    @Override
    public void recordChanged(String serviceId) {
      words.add("record " + serviceId);
    }

    @Override
    public void missed() {
      words.add("missed");
    }
  }

  @Test
  void tellsOfServicesAndOfTheirRecordsAndOpensAStreamThatBreaksAgain()
      throws IOException, InterruptedException {
    Engine engine = new Engine();
    Heard heard = new Heard(new CopyOnWriteArrayList<>());
    try (EngineApi api = new EngineApi(engine)) {
      Thread listening = Thread.ofVirtual().start(() -> listen(api, heard));
      Await.until(
          "the events of two streams", Duration.ofSeconds(20), () -> heard.words().size() >= 8);
      listening.interrupt();
      assertThat(listening.join(Duration.ofSeconds(20))).isTrue();
    }

    assertThat(heard.words().subList(0, 8))
        .containsExactly(
            "missed",
            "service w1aj",
            "record w1aj",
            "record other",
            "missed",
            "service w1aj",
            "record w1aj",
            "record other");
    assertThat(engine.asked)
        .hasSizeGreaterThanOrEqualTo(3)
        .allSatisfy(
            path ->
                assertThat(URLDecoder.decode(path, StandardCharsets.UTF_8))
                    .isEqualTo("/v1.41/events?filters={\"type\":[\"service\",\"config\"]}"));
  }

  /// An engine where nothing happens: its stream of events has begun, and is silent.
  private static final class SilentEngine implements DockerHttpClient {

    @Override
    public Response execute(Request request) {
      return request.path().equals("/_ping") ? new EngineAnswer(200, "OK") : new Silence();
    }

    @Override
    public void close() {}
  }

  private static final class Silence implements DockerHttpClient.Response {

    @Override
    public int getStatusCode() {
      return 200;
    }

    @Override
    public Map<String, List<String>> getHeaders() {
      return Map.of();
    }

    @Override
    public InputStream getBody() {
      return new InputStream() {

        @Override
        public int read() throws IOException {
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
          }
          throw new InterruptedIOException();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
          return read();
        }
      };
    }

    @Override
    public void close() {}
  }

  @Test
  void tellsThatChangesMayHaveBeenMissedBeforeAnythingHappens()
      throws IOException, InterruptedException {
    Heard heard = new Heard(new CopyOnWriteArrayList<>());
    try (EngineApi api = new EngineApi(new SilentEngine())) {
      Thread listening = Thread.ofVirtual().start(() -> listen(api, heard));
      Await.until(
          "the beginning of a stream", Duration.ofSeconds(20), () -> !heard.words().isEmpty());
      listening.interrupt();
      assertThat(listening.join(Duration.ofSeconds(20))).isTrue();
    }
    assertThat(heard.words()).containsExactly("missed");
  }

  private static void listen(EngineApi api, Swarm.Listener listener) {
    try {
      new SwarmEvents(api).listen(listener);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
