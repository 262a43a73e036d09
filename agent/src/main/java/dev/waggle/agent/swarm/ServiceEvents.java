package dev.waggle.agent.swarm;

import dev.waggle.agent.rollout.Swarm;
import dev.waggle.agent.rollout.SwarmUnavailableException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// The engine's events of one service. A stream that breaks is opened again; what was missed
/// meanwhile shows when the waiter looks for itself.
final class ServiceEvents implements Swarm.Changes {

  private static final Duration BEFORE_OPENING_AGAIN = Duration.ofSeconds(1);

  private final Semaphore changed = new Semaphore(0);
  private final Thread listener;

  ServiceEvents(EngineApi engine, String path) {
    listener = Thread.ofVirtual().name("service events").start(() -> listen(engine, path));
  }

  private void listen(EngineApi engine, String path) {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        try {
          engine.stream(path, _ -> changed.release());
        } catch (IOException | SwarmUnavailableException broken) {
          changed.release();
        }
        TimeUnit.MILLISECONDS.sleep(BEFORE_OPENING_AGAIN.toMillis());
      } catch (InterruptedException closed) {
        return;
      }
    }
  }

  @Override
  public void await(Duration longest) throws InterruptedException {
    if (changed.tryAcquire(longest.toMillis(), TimeUnit.MILLISECONDS)) {
      changed.drainPermits();
    }
  }

  @Override
  public void close() {
    listener.interrupt();
  }
}
