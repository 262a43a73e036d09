package dev.waggle.agent.rollout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.Attempt;
import dev.waggle.agent.record.Rollout;
import java.time.Instant;

/// The one thing that is to be done next for a service.
sealed interface Step {

  /// Leaves the service as it is: the next step follows from the same look at it.
  sealed interface Preliminary extends Step {}

  /// After it, the service and its record are read again.
  sealed interface Decisive extends Step {}

  /// Nothing: no push waits, or the service is held.
  record Rest() implements Decisive {}

  /// Look again a little later.
  ///
  /// @param reason what is waited for
  record Wait(String reason) implements Decisive {}

  /// Look again at a time.
  record WaitUntil(Instant until) implements Decisive {}

  /// Every slot runs the image; look again, to see whether that lasts.
  record Confirm() implements Decisive {}

  /// Write down what is about to be done.
  record Begin(Rollout rollout, Attempt attempt) implements Preliminary {}

  /// Take back what was begun and not sent: the service is held.
  record Drop(Rollout rollout) implements Decisive {}

  /// Ask the registry for an image.
  record LookUp(ImageReference image) implements Preliminary {}

  /// Ask the engine whether an image has a health check.
  record Inspect(ImageReference image) implements Preliminary {}

  /// Send an update.
  record Send(Rollout rollout, ObjectNode spec) implements Decisive {}

  /// Have Swarm roll back, and see how that goes.
  record RollBack() implements Decisive {}

  /// Have Swarm roll back, and end.
  ///
  /// @param done how it ends if Swarm does so
  /// @param refused how it ends if not
  record GiveUp(Rollout rollout, Conclusion done, Conclusion refused) implements Decisive {}

  /// Try again at a time.
  record Postpone(Rollout rollout, Instant until) implements Decisive {}

  /// End.
  ///
  /// @param touched whether the service was updated for it
  record Close(Rollout rollout, Conclusion conclusion, boolean touched) implements Decisive {}
}
