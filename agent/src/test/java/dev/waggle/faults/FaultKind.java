package dev.waggle.faults;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
  MESSAGE_MALFORMED,
  AGENT_KILLED_BEFORE_DELETE(Place.BEFORE_DELETE),
  AGENT_KILLED_BEFORE_UPDATE(Place.BEFORE_UPDATE),
  AGENT_KILLED_AFTER_UPDATE(Place.AFTER_UPDATE),
  AGENT_KILLED_BEFORE_ENDING(Place.BEFORE_ENDING),
  AGENT_KILLED_BEFORE_MARK(Place.BEFORE_MARK),
  ENGINE_KILLED_BEFORE_DELETE(Place.BEFORE_DELETE),
  ENGINE_KILLED_BEFORE_UPDATE(Place.BEFORE_UPDATE),
  ENGINE_KILLED_AFTER_UPDATE(Place.AFTER_UPDATE),
  ENGINE_KILLED_BEFORE_ENDING(Place.BEFORE_ENDING),
  ENGINE_KILLED_BEFORE_MARK(Place.BEFORE_MARK);

  private final @Nullable Place place;

  FaultKind() {
    this(null);
  }

  FaultKind(@Nullable Place place) {
    this.place = place;
  }

  /// Where it waits for a request, empty for what happens at a time.
  Optional<Place> place() {
    return Optional.ofNullable(place);
  }

  /// Whether the engine ends without having seen that it will.
  boolean killsTheEngine() {
    return name().startsWith(ENGINE_KILLED.name());
  }

  /// Whether the engine does not answer for a while: its containers' names are not resolved then
  /// either.
  boolean isOfTheEngine() {
    return switch (this) {
      case ENGINE_STOPPED,
          ENGINE_KILLED,
          ENGINE_PAUSED,
          ENGINE_KILLED_BEFORE_DELETE,
          ENGINE_KILLED_BEFORE_UPDATE,
          ENGINE_KILLED_AFTER_UPDATE,
          ENGINE_KILLED_BEFORE_ENDING,
          ENGINE_KILLED_BEFORE_MARK ->
          true;
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
          MESSAGE_MALFORMED,
          AGENT_KILLED_BEFORE_DELETE,
          AGENT_KILLED_BEFORE_UPDATE,
          AGENT_KILLED_AFTER_UPDATE,
          AGENT_KILLED_BEFORE_ENDING,
          AGENT_KILLED_BEFORE_MARK ->
          false;
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
