package dev.waggle.faults;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// Waits at a place for a request to come by, and strikes once.
final class Ambush {

  private final Place place;
  private final AtomicInteger toLetPass;
  private final Runnable strike;
  private final AtomicBoolean over = new AtomicBoolean();
  private final CompletableFuture<Void> struck = new CompletableFuture<>();

  /// @param toLetPass how many requests come by before the one that is struck
  /// @param strike what is done while that request waits
  Ambush(Place place, int toLetPass, Runnable strike) {
    this.place = place;
    this.toLetPass = new AtomicInteger(toLetPass);
    this.strike = strike;
  }

  /// Whether one of them has struck a request that comes by; returns when it has.
  static boolean strikes(List<Ambush> ambushes, Place passed) {
    boolean struck = false;
    for (Ambush ambush : ambushes) {
      struck |=
          ambush.place == passed && ambush.toLetPass.getAndDecrement() == 0 && ambush.strike();
    }
    return struck;
  }

  private boolean strike() {
    if (over.getAndSet(true)) {
      return false;
    }
    try {
      strike.run();
      struck.complete(null);
    } catch (RuntimeException failed) {
      struck.completeExceptionally(failed);
    }
    return true;
  }

  /// Returns when it has struck; where nobody comes by for so long it strikes nevertheless.
  ///
  /// @return whether somebody came by
  boolean await(Duration longest) throws InterruptedException {
    try {
      struck.get(longest.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException nobodyCame) {
      boolean late = strike();
      struck.join();
      return !late;
    } catch (ExecutionException failed) {
      throw new IllegalStateException(failed.getCause());
    }
  }
}
