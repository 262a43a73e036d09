package dev.waggle.function;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A queue in memory: keeps one message of each push, as a FIFO queue does, and can be out of
/// order.
final class QueueInMemory implements PushQueue {
  /// What was sent, repeats included.
  final List<PushMessage> sent = new ArrayList<>();

  private final Map<String, PushMessage> held = new LinkedHashMap<>();
  private Optional<String> failure = Optional.empty();

  QueueInMemory failing(String reason) {
    failure = Optional.of(reason);
    return this;
  }

  List<PushMessage> held() {
    return List.copyOf(held.values());
  }

  @Override
  public Sending send(PushMessage push, Deadline deadline) {
    sent.add(push);
    if (failure.isPresent()) {
      return new Sending.NotSent(failure.get());
    }
    held.putIfAbsent(push.identity(), push);
    return new Sending.Sent();
  }
}
