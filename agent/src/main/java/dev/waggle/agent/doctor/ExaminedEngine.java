package dev.waggle.agent.doctor;

import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ImageHealth;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Swarm;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The engine that the agent was set to use.
///
/// Every method throws [dev.waggle.agent.service.SwarmUnavailableException] if there is no answer
/// to be had.
public interface ExaminedEngine {

  /// What an engine says of itself.
  ///
  /// @param version the engine's version, such as `20.10.24`
  /// @param apiVersion the newest version of the API that it speaks
  /// @param swarm `active`, `inactive`, `pending`, `locked` or `error`
  /// @param manager whether it manages the swarm
  /// @param managers how many managers the swarm has, zero if it did not say
  /// @param nodes how many nodes the swarm has, zero if it did not say
  /// @param time its clock, empty if it did not say
  record EngineState(
      String version,
      String apiVersion,
      String swarm,
      boolean manager,
      int managers,
      int nodes,
      Optional<Instant> time) {}

  /// Asks the engine for itself.
  EngineState engine() throws InterruptedException;

  /// Every service, opted in or not.
  List<ServiceState> services() throws InterruptedException;

  /// All records that can be read, by the ids of their services.
  Map<String, ServiceRecord> recordsByService() throws InterruptedException;

  /// Asks the engine whether an image has a health check of its own.
  ImageHealth imageHealth(ImageReference image) throws InterruptedException;

  /// Asks the registry for an image, as a rollout does.
  Swarm.Resolution resolve(ImageReference image) throws InterruptedException;
}
