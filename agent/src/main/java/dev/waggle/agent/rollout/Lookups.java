package dev.waggle.agent.rollout;

import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.service.NodeState;
import dev.waggle.agent.service.Swarm;
import dev.waggle.agent.service.SwarmUnavailableException;
import dev.waggle.agent.service.Ticker;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// Asks for an image, and for the nodes that it may run on, once for all services that want it,
/// while their records are written.
final class Lookups {

  /// All services that want a push ask within it; a tag may move after it.
  private static final Duration FRESH = Duration.ofSeconds(5);

  /// What is known before an update.
  ///
  /// @param resolution what the registry said of the image
  /// @param nodes the swarm's nodes
  record Found(Swarm.Resolution resolution, List<NodeState> nodes) {}

  private record Lookup(FutureTask<Found> answer, Duration since) {}

  private final Swarm swarm;
  private final Ticker ticker;
  private final Map<ImageReference, Lookup> lookups = new HashMap<>();

  Lookups(Swarm swarm, Ticker ticker) {
    this.swarm = swarm;
    this.ticker = ticker;
  }

  /// Begins to ask, and does not wait.
  void start(ImageReference image) {
    FutureTask<Found> _ = ask(image);
  }

  private synchronized FutureTask<Found> ask(ImageReference image) {
    Duration now = ticker.elapsed();
    lookups.values().removeIf(old -> now.compareTo(old.since().plus(FRESH)) >= 0);
    return lookups
        .computeIfAbsent(
            image,
            _ -> {
              FutureTask<Found> answer =
                  new FutureTask<>(
                      () -> {
                        List<NodeState> nodes = swarm.nodes();
                        return new Found(swarm.resolve(image), nodes);
                      });
              Thread.ofVirtual().name("look up").start(answer);
              return new Lookup(answer, now);
            })
        .answer();
  }

  /// Waits for the answer.
  ///
  /// @throws SwarmUnavailableException if there is none to be had: the next call asks again
  Found answer(ImageReference image) throws InterruptedException {
    FutureTask<Found> answer = ask(image);
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
