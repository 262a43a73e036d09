package dev.waggle.agent.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.command.Operator.RefusedException;
import dev.waggle.agent.configuration.AgentConfiguration;
import dev.waggle.agent.configuration.InvalidConfigurationException;
import dev.waggle.agent.record.Hold;
import dev.waggle.agent.record.Records;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.record.UnreadableRecordException;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.SwarmUnavailableException;
import dev.waggle.agent.service.Words;
import dev.waggle.agent.status.History;
import dev.waggle.agent.swarm.DockerSwarm;
import dev.waggle.agent.swarm.RegistryCredentials;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// Commands that read or write the record of one service. The running agent hears of what they
/// wrote at once.
final class RecordCommands {

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);

  /// An agent that runs has begun by then.
  private static final Duration MAX_START = Duration.ofSeconds(10);

  private final Map<String, String> environment;
  private final PrintStream out;
  private final PrintStream err;
  private final boolean json;
  private final Clock clock = Clock.systemUTC();

  RecordCommands(Map<String, String> environment, PrintStream out, PrintStream err, boolean json) {
    this.environment = environment;
    this.out = out;
    this.err = err;
    this.json = json;
  }

  /// Prints how the last rollouts ended.
  boolean history(String named) throws InterruptedException, IOException {
    return run(
        named,
        (service, records) -> {
          History history = new History(records.read(service.id(), service.name()).record());
          print(json ? history.json() : history.text());
          return true;
        });
  }

  boolean hold(String named, String reason) throws InterruptedException, IOException {
    return setHold(named, new Hold(clock.instant(), reason), "held");
  }

  boolean release(String named) throws InterruptedException, IOException {
    return setHold(named, null, "released");
  }

  boolean rollback(String named, @Nullable String to) throws InterruptedException, IOException {
    String id = "rollback-" + UUID.randomUUID();
    return roll(
        named, (record, service) -> Operator.rollback(record, service, to, id, clock.instant()));
  }

  boolean redeploy(String named) throws InterruptedException, IOException {
    String id = "redeploy-" + UUID.randomUUID();
    return roll(
        named, (record, service) -> Operator.redeploy(record, service, id, clock.instant()));
  }

  private boolean setHold(String named, @Nullable Hold hold, String done)
      throws InterruptedException, IOException {
    return run(
        named,
        (service, records) -> {
          ServiceRecord record =
              records
                  .change(service.id(), service.name(), before -> before.held(service.name(), hold))
                  .after();
          int waiting = record.open().size();
          print(
              json
                  ? object(service).put(done, true).put("waiting", waiting).toPrettyString() + "\n"
                  : service.name() + " is " + done + "; " + Words.waiting(waiting) + "\n");
          return true;
        });
  }

  private boolean roll(String named, BiFunction<ServiceRecord, ServiceState, Rollout> command)
      throws InterruptedException, IOException {
    return run(
        named,
        (service, records) -> {
          Rollout[] given = new Rollout[1];
          records.change(
              service.id(),
              service.name(),
              record -> {
                given[0] = command.apply(record, service);
                return Operator.with(record, service, given[0]);
              });
          if (!json) {
            print("rolling " + service.name() + " to " + given[0].push().image() + "\n");
          }
          Rollout ended = await(service, records, given[0].id());
          print(
              json
                  ? object(service).setAll(History.fields(ended)).toPrettyString() + "\n"
                  : service.name() + ": " + History.line(ended) + "\n");
          return ended.ending() != null && ended.ending().outcome().isOnTheService();
        });
  }

  private Rollout await(ServiceState service, Records records, String id)
      throws InterruptedException {
    Instant hint = clock.instant().plus(MAX_START);
    while (true) {
      Rollout rollout =
          records.read(service.id(), service.name()).record().rollouts().stream()
              .filter(one -> one.id().equals(id))
              .findFirst()
              .orElseThrow(() -> new RefusedException("somebody removed the record meanwhile"));
      if (!rollout.isOpen()) {
        return rollout;
      }
      if (rollout.attempt() == null && clock.instant().isAfter(hint)) {
        err.println("no agent has begun it yet: see whether one runs, with agent doctor");
        hint = Instant.MAX;
      }
      Thread.sleep(BETWEEN_LOOKS);
    }
  }

  /// Does something with a service and the records.
  @FunctionalInterface
  private interface Command {
    boolean run(ServiceState service, Records records) throws InterruptedException;
  }

  private boolean run(String named, Command command) throws InterruptedException, IOException {
    try (DockerSwarm swarm =
        DockerSwarm.at(AgentConfiguration.parseDockerHost(environment), RegistryCredentials.NONE)) {
      return command.run(Operator.find(swarm.services(), named), swarm.records());
    } catch (RefusedException
        | SwarmUnavailableException
        | UnreadableRecordException
        | InvalidConfigurationException refused) {
      err.println(refused.getMessage());
      return false;
    }
  }

  private static ObjectNode object(ServiceState service) {
    return JsonNodeFactory.instance.objectNode().put("service", service.name());
  }

  private void print(String text) {
    out.print(text);
    out.flush();
  }
}
