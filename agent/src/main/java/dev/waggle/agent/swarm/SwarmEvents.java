package dev.waggle.agent.swarm;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waggle.agent.service.Swarm;
import dev.waggle.agent.service.SwarmUnavailableException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// The engine's events of services and of their records, in one stream for all of them. A stream
/// that breaks is opened again.
final class SwarmEvents {

  private static final Duration BEFORE_OPENING_AGAIN = Duration.ofSeconds(1);

  private final EngineApi engine;

  SwarmEvents(EngineApi engine) {
    this.engine = engine;
  }

  /// Listens until the thread is interrupted.
  void listen(Swarm.Listener listener) throws InterruptedException {
    String path = "/events" + EngineApi.filters("type", "service", "config");
    while (true) {
      try {
        engine.stream(path, listener::missed, event -> tell(listener, event));
      } catch (IOException | SwarmUnavailableException broken) {
        // Whoever waits for an event looks for himself, too.
      }
      TimeUnit.MILLISECONDS.sleep(BEFORE_OPENING_AGAIN.toMillis());
    }
  }

  private static void tell(Swarm.Listener listener, JsonNode event) {
    JsonNode actor = event.path("Actor");
    if (event.path("Type").asText().equals("service")) {
      listener.serviceChanged(actor.path("ID").asText());
    } else {
      String service = ConfigRecords.serviceOf(actor.at("/Attributes/name").asText());
      if (!service.isEmpty()) {
        listener.recordChanged(service);
      }
    }
  }
}
