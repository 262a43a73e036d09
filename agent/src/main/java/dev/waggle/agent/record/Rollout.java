package dev.waggle.agent.record;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.Push;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What one service does about one push: wanted at first, then begun, in the end ended.
///
/// @param push what was pushed; its delivery id tells one rollout from another
/// @param cause who asked for it
/// @param queue the queue that it came by: only its agents roll it; empty if any agent may
/// @param queued when the queue took it, or when a command was given
/// @param received when the agent received it
/// @param tries how often it failed for a reason that may pass
/// @param notBefore when it may be tried, null if at once
/// @param attempt what is being done, null if nothing is
/// @param ending how it ended, null if it has not
/// @param rest fields of a newer agent
public record Rollout(
    Push push,
    Cause cause,
    String queue,
    Instant queued,
    Instant received,
    int tries,
    @Nullable Instant notBefore,
    @Nullable Attempt attempt,
    @Nullable Ending ending,
    ObjectNode rest) {

  /// Who asked for a rollout.
  public enum Cause {
    /// A push to the registry.
    PUSH,
    /// The command `rollback`.
    ROLLBACK,
    /// The command `redeploy`.
    REDEPLOY;

    static Optional<Cause> of(String word) {
      return Arrays.stream(values()).filter(cause -> cause.toString().equals(word)).findFirst();
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// A push that was received.
  public static Rollout of(Push push, Cause cause, Instant queued, Instant received) {
    return new Rollout(
        push,
        cause,
        "",
        queued,
        received,
        0,
        null,
        null,
        null,
        JsonNodeFactory.instance.objectNode());
  }

  /// The rollout, as one that came by a queue.
  public Rollout by(String itsQueue) {
    return new Rollout(
        push, cause, itsQueue, queued, received, tries, notBefore, attempt, ending, rest);
  }

  /// Whether an agent of a queue may roll it.
  public boolean isFor(String agentsQueue) {
    return queue.isEmpty() || queue.equals(agentsQueue);
  }

  /// What tells it from others; an ending that is told twice has the same.
  public String id() {
    return push.deliveryId();
  }

  /// Whether it has not ended.
  public boolean isOpen() {
    return ending == null;
  }

  /// Whether a person asked for it, whatever the labels and the times say.
  public boolean isCommanded() {
    return cause != Cause.PUSH;
  }

  Rollout attempted(@Nullable Attempt now) {
    return new Rollout(push, cause, queue, queued, received, tries, null, now, null, rest);
  }

  Rollout postponed(Instant until) {
    return new Rollout(push, cause, queue, queued, received, tries + 1, until, null, null, rest);
  }

  /// The rollout, ended.
  public Rollout ended(Ending how) {
    Push known = attempt == null ? push : push.of(attempt.image().digest());
    return new Rollout(known, cause, queue, queued, received, tries, null, null, how, rest);
  }

  /// Whether both are of one push: Docker Hub may tell of it more than once.
  boolean isSameAs(Rollout other) {
    return id().equals(other.id())
        || (push.digest() != null
            && push.pushedAt() != null
            && push.digest().equals(other.push.digest())
            && push.pushedAt().equals(other.push.pushedAt())
            && push.tag().equals(other.push.tag()));
  }
}
