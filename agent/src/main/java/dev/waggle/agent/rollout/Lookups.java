package dev.waggle.agent.rollout;

import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.service.Swarm;
import dev.waggle.agent.service.SwarmUnavailableException;
import dev.waggle.agent.service.Ticker;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// Asks the registry for an image once for all services that want it, while their records are
/// written.
final class Lookups {

  /// All services that want a push ask within it; a tag may move after it.
  private static final Duration FRESH = Duration.ofSeconds(5);

  private record Lookup(FutureTask<Swarm.Resolution> answer, Duration since) {}

  private final Swarm swarm;
  private final Ticker ticker;
  private final Map<ImageReference, Lookup> lookups = new HashMap<>();

  Lookups(Swarm swarm, Ticker ticker) {
    this.swarm = swarm;
    this.ticker = ticker;
  }

  /// Begins to ask, and does not wait.
  void start(ImageReference image) {
    FutureTask<Swarm.Resolution> _ = ask(image);
  }

  private synchronized FutureTask<Swarm.Resolution> ask(ImageReference image) {
    Duration now = ticker.elapsed();
    lookups.values().removeIf(old -> now.compareTo(old.since().plus(FRESH)) >= 0);
    return lookups
        .computeIfAbsent(
            image,
            _ -> {
              FutureTask<Swarm.Resolution> answer = new FutureTask<>(() -> swarm.resolve(image));
              Thread.ofVirtual().name("look up").start(answer);
              return new Lookup(answer, now);
            })
        .answer();
  }

  /// Waits for the answer.
  ///
  /// @throws SwarmUnavailableException if there is none to be had: the next call asks again
  Swarm.Resolution answer(ImageReference image) throws InterruptedException {
    FutureTask<Swarm.Resolution> answer = ask(image);
    try {
      return answer.get();
    } catch (ExecutionException failed) {
      synchronized (this) {
        lookups.values().removeIf(lookup -> lookup.answer().equals(answer));
      }
      throw failed.getCause() instanceof SwarmUnavailableException unavailable
          ? unavailable
          : new IllegalStateException(failed.getCause());
    }
  }
}
