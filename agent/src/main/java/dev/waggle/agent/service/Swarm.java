package dev.waggle.agent.service;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.ImageReference;
import java.util.List;
import java.util.Optional;

/// The swarm whose services are rolled.
///
/// Every method that asks the engine throws [SwarmUnavailableException] if there is no answer to be
/// had.
public interface Swarm {

  /// Whether services can be rolled here and now.
  sealed interface Readiness {

    /// The engine answers and manages a swarm.
    record Ready() implements Readiness {}

    /// It cannot, for now.
    ///
    /// @param reason why not, in words that say what to do
    record NotReady(String reason) implements Readiness {}
  }

  /// What the registry said of an image, asked by the engine.
  sealed interface Resolution {

    /// The image is there.
    ///
    /// @param image what is there
    record Resolved(ResolvedImage image) implements Resolution {}

    /// The registry does not have the image, or has none for this engine.
    ///
    /// @param reason the registry's words
    record Refused(String reason) implements Resolution {}

    /// The registry does not show the image to whoever asks like this.
    ///
    /// @param reason the registry's words, and what to do
    record Unauthorised(String reason) implements Resolution {}
  }

  /// What the engine said of an update.
  sealed interface UpdateAnswer {

    /// Swarm has taken it.
    record Taken() implements UpdateAnswer {}

    /// The service changed since it was read: read it again, decide again.
    record OutOfSequence() implements UpdateAnswer {}

    /// The engine will never take it.
    ///
    /// @param reason the engine's words
    record Rejected(String reason) implements UpdateAnswer {}
  }

  /// Is told what changes in the swarm.
  interface Listener {

    /// A service has changed.
    void serviceChanged(String serviceId);

    /// Somebody has written into the record of a service.
    void recordChanged(String serviceId);

    /// Changes may have been missed, as before the first of them.
    void missed() throws InterruptedException;
  }

  /// Whether the engine can be asked to roll services.
  Readiness readiness() throws InterruptedException;

  /// Every service that carries a label, whatever its value.
  List<ServiceState> servicesWithLabel(String label) throws InterruptedException;

  /// Every service, opted in or not: many, for what nobody waits for.
  List<ServiceState> services() throws InterruptedException;

  /// The service of an id, empty if there is none any more.
  Optional<ServiceState> service(String id) throws InterruptedException;

  /// Every task of a service that Swarm still remembers.
  List<TaskState> tasks(String serviceId) throws InterruptedException;

  /// Every node of the swarm.
  List<NodeState> nodes() throws InterruptedException;

  /// Asks the registry for an image with the engine's own eyes.
  Resolution resolve(ImageReference image) throws InterruptedException;

  /// Asks the engine whether an image has a health check of its own.
  ImageHealth imageHealth(ImageReference image) throws InterruptedException;

  /// Replaces the specification of a service.
  ///
  /// @param seen the service as it was when the new specification was made from it
  UpdateAnswer update(ServiceState seen, ObjectNode spec) throws InterruptedException;

  /// Has Swarm go back to the specification before the last update.
  ///
  /// @param seen the service as it was when this was decided
  UpdateAnswer rollBack(ServiceState seen) throws InterruptedException;

  /// Tells a listener of changes until the thread is interrupted. One may be missed, so that
  /// whoever waits for it also looks for himself.
  void listen(Listener listener) throws InterruptedException;
}
