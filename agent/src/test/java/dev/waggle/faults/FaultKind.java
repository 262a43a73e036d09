package dev.waggle.faults;

import java.util.Locale;

/// What can go wrong in a run.
enum FaultKind {
  AGENT_KILLED,
  AGENT_TERMINATED,
  ENGINE_STOPPED,
  ENGINE_KILLED,
  ENGINE_PAUSED,
  REGISTRY_DOWN,
  REGISTRY_SLOW,
  REGISTRY_401,
  REGISTRY_429,
  REGISTRY_500,
  QUEUE_REFUSING,
  QUEUE_SILENT,
  QUEUE_FAILING,
  QUEUE_DELIVERS_TWICE,
  QUEUE_DELIVERS_LATE,
  VISIBILITY_EXPIRED,
  CLOCK_FORWARD,
  CLOCK_BACK,
  DISK_FULL,
  SECOND_OPERATOR,
  DELIVERY_DUPLICATED,
  DELIVERY_REORDERED,
  DELIVERY_DROPPED,
  MESSAGE_MALFORMED;

  /// Whether the engine does not answer for a while: its containers' names are not resolved then
  /// either.
  boolean isOfTheEngine() {
    return switch (this) {
      case ENGINE_STOPPED, ENGINE_KILLED, ENGINE_PAUSED -> true;
      case AGENT_KILLED,
          AGENT_TERMINATED,
          REGISTRY_DOWN,
          REGISTRY_SLOW,
          REGISTRY_401,
          REGISTRY_429,
          REGISTRY_500,
          QUEUE_REFUSING,
          QUEUE_SILENT,
          QUEUE_FAILING,
          QUEUE_DELIVERS_TWICE,
          QUEUE_DELIVERS_LATE,
          VISIBILITY_EXPIRED,
          CLOCK_FORWARD,
          CLOCK_BACK,
          DISK_FULL,
          SECOND_OPERATOR,
          DELIVERY_DUPLICATED,
          DELIVERY_REORDERED,
          DELIVERY_DROPPED,
          MESSAGE_MALFORMED ->
          false;
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
