package dev.waggle.comparison;

import dev.waggle.testhost.PlaylistlogImages.Health;

/// Where a tool may be tempted to say what is not so.
enum Situation {

  /// An image as it should be.
  GOOD("good image", Health.HEALTHY),
  /// The content that the service runs.
  SAME_AGAIN("same content again", Health.HEALTHY),
  /// A tag that the registry does not have.
  TAG_MISSING("tag not in the registry", Health.HEALTHY),
  /// Never healthy, and Swarm shall go back.
  NEVER_HEALTHY_ROLLBACK("never healthy, action rollback", Health.NEVER_HEALTHY),
  /// Never healthy, and Swarm shall stop.
  NEVER_HEALTHY_PAUSE("never healthy, action pause", Health.NEVER_HEALTHY),
  /// Never healthy, and Swarm shall go on.
  NEVER_HEALTHY_CONTINUE("never healthy, action continue", Health.NEVER_HEALTHY),
  /// Healthy at first.
  CRASH_AFTER_START("crash three seconds after the start", Health.CRASHES),
  /// Two tasks cannot have the same port of a host, so that the new one cannot start first.
  HOST_PORT("port of the host", Health.HEALTHY),
  /// A newer push a second later.
  SUPERSEDED("superseded a second later", Health.HEALTHY),
  /// The engine is killed in the middle, and started again.
  ENGINE_RESTARTED("engine killed and started again", Health.HEALTHY);

  private final String title;
  private final Health health;

  Situation(String title, Health health) {
    this.title = title;
    this.health = health;
  }

  /// As tables call it.
  String title() {
    return title;
  }

  /// How the pushed image fares.
  Health health() {
    return health;
  }

  /// What the service wants after a failure.
  String failureAction() {
    return switch (this) {
      case NEVER_HEALTHY_ROLLBACK -> "rollback";
      case NEVER_HEALTHY_CONTINUE -> "continue";
      // Swarm's default.
      case GOOD,
          SAME_AGAIN,
          TAG_MISSING,
          NEVER_HEALTHY_PAUSE,
          CRASH_AFTER_START,
          HOST_PORT,
          SUPERSEDED,
          ENGINE_RESTARTED ->
          "pause";
    };
  }

  /// One node has one such port.
  int replicas() {
    return this == HOST_PORT ? 1 : 2;
  }
}
