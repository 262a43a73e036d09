package dev.waggle.testhost;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// An engine and an SQS server that one test class after the other uses: starting them anew takes
/// as long as many a test. They end with the JVM.
///
/// Images, queues and networks of earlier classes stay. A class that kills the engine, or changes
/// its settings, starts one of its own.
public final class TestHost implements AutoCloseable {
  private static final Queue<TestHost> IDLE = new ConcurrentLinkedQueue<>();
  private static final String CONTAINERS_OF_SERVICES =
      "/containers/json?filters=%7B%22label%22%3A%5B%22com.docker.swarm.service.id%22%5D%7D";
  private static final Duration SOON = Duration.ofMinutes(1);

  private final PrivateEngine engine = PrivateEngine.start();
  private @Nullable SqsServer sqs;

  private TestHost() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::end));
  }

  /// One that nobody else uses, and on which no service runs. It is given back with [#close].
  public static TestHost take() {
    TestHost idle = IDLE.poll();
    return idle == null ? new TestHost() : idle;
  }

  /// The engine.
  public PrivateEngine engine() {
    return engine;
  }

  /// The server beside the engine, started at the first use.
  public synchronized SqsServer sqs() {
    SqsServer server = sqs;
    if (server == null) {
      server = SqsServer.start(engine);
      sqs = server;
    }
    return server;
  }

  /// Removes the services that are left, and gives the host to whoever takes one next.
  @Override
  public void close() {
    try (EngineHttp api = EngineHttp.connect(engine.dockerHost())) {
      api.get("/services")
          .forEach(service -> api.delete("/services/" + service.path("ID").asText()));
      // Now and then Swarm forgets a container of a service that was removed during an update.
      Await.until(
          "an engine that runs no service",
          SOON,
          () -> {
            api.get(CONTAINERS_OF_SERVICES)
                .forEach(
                    container ->
                        api.delete("/containers/" + container.path("Id").asText() + "?force=1"));
            return api.get(CONTAINERS_OF_SERVICES).isEmpty();
          });
    }
    IDLE.add(this);
  }

  private synchronized void end() {
    if (sqs != null) {
      sqs.close();
    }
    engine.close();
  }
}
