package dev.waggle.function;

import java.time.Duration;
import java.util.function.Supplier;

/// How long one request had to wait for others.
final class Waits {
  private Duration lookups = Duration.ZERO;
  private Duration queue = Duration.ZERO;

  /// Waits for the registry and Docker Hub.
  <T> T forLookups(Supplier<T> lookup) {
    long began = System.nanoTime();
    try {
      return lookup.get();
    } finally {
      lookups = lookups.plusNanos(System.nanoTime() - began);
    }
  }

  /// Waits for the queue.
  <T> T forQueue(Supplier<T> sending) {
    long began = System.nanoTime();
    try {
      return sending.get();
    } finally {
      queue = queue.plusNanos(System.nanoTime() - began);
    }
  }

  /// For the registry and Docker Hub; zero when they were not asked.
  Duration lookups() {
    return lookups;
  }

  /// For the queue; zero when nothing was sent.
  Duration queue() {
    return queue;
  }
}
