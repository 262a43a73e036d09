package dev.waggle.agent.doctor;

import dev.waggle.agent.doctor.ExaminedEngine.EngineState;
import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.service.Words;
import java.util.List;

/// Judges the engine and its swarm.
final class EngineCheck {

  /// Of Docker 20.10. Older ones were never tried.
  private static final int MIN_MINOR = 41;

  private EngineCheck() {}

  static List<Finding> of(Answer<EngineState> answer) {
    return switch (answer) {
      case Answer.Given<EngineState>(EngineState engine, _) ->
          List.of(version(engine), swarm(engine));
      case Answer.None<EngineState>(String reason) ->
          List.of(
              Finding.problem(
                  Check.ENGINE,
                  "the engine does not answer: " + reason,
                  "start Docker, or set DOCKER_HOST to its address; in a container, mount"
                      + " /var/run/docker.sock, and run as a user whose group may write to it"),
              Finding.skipped(Check.SWARM, "the engine does not answer"));
    };
  }

  private static Finding version(EngineState engine) {
    String found = "Docker " + engine.version() + ", API " + engine.apiVersion();
    return isTooOld(engine.apiVersion())
        ? Finding.warning(
            Check.ENGINE,
            found + ": older than what Waggle was tried with",
            "upgrade to Docker 20.10 or later")
        : Finding.ok(Check.ENGINE, found);
  }

  private static boolean isTooOld(String apiVersion) {
    String[] parts = apiVersion.split("\\.", -1);
    try {
      return parts.length == 2
          && Integer.parseInt(parts[0]) == 1
          && Integer.parseInt(parts[1]) < MIN_MINOR;
    } catch (NumberFormatException notAVersion) {
      return true;
    }
  }

  private static Finding swarm(EngineState engine) {
    if (engine.manager()) {
      return Finding.ok(
          Check.SWARM,
          "a manager; the swarm has "
              + Words.count(engine.nodes(), "node")
              + ", "
              + Words.count(engine.managers(), "of them manager"));
    }
    return switch (engine.swarm()) {
      case "active" ->
          Finding.problem(
              Check.SWARM,
              "a worker, which cannot change services",
              "run the agent on a manager: --constraint node.role==manager");
      case "locked" -> Finding.problem(Check.SWARM, "the swarm is locked", "docker swarm unlock");
      case "inactive" ->
          Finding.problem(
              Check.SWARM,
              "the engine is in no swarm",
              "docker swarm init, or run the agent on a manager");
      default ->
          Finding.problem(
              Check.SWARM,
              "the swarm is in the state '" + engine.swarm() + "'",
              "see docker info, and the engine's log");
    };
  }

  /// What the engine did not list. It is worth a problem of its own only if the engine should.
  static Finding notListed(Check check, String path, String reason, boolean manager) {
    return manager
        ? Finding.problem(
            check,
            "the engine does not list them: " + reason,
            "see the engine's log; a socket proxy must let GET " + path + " pass")
        : Finding.skipped(check, "there is no manager to ask");
  }
}
