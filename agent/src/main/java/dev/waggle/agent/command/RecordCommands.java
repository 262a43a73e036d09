package dev.waggle.agent.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.AgentConfiguration;
import dev.waggle.agent.command.Operator.RefusedException;
import dev.waggle.agent.record.Hold;
import dev.waggle.agent.record.Records;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.record.UnreadableRecordException;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.SwarmUnavailableException;
import dev.waggle.agent.status.History;
import dev.waggle.agent.swarm.DockerSwarm;
import dev.waggle.agent.swarm.RegistryCredentials;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// Commands that read or write the record of one service. The running agent hears of what they
/// wrote at once.
final class RecordCommands {

  private static final Duration LOOK = Duration.ofMillis(500);

  /// An agent that runs has begun by then.
  private static final Duration SLOW_START = Duration.ofSeconds(10);

  private final Map<String, String> environment;
  private final PrintStream out;
  private final PrintStream err;
  private final Clock clock = Clock.systemUTC();

  RecordCommands(Map<String, String> environment, PrintStream out, PrintStream err) {
    this.environment = environment;
    this.out = out;
    this.err = err;
  }

  /// Does something with a service and the records.
  @FunctionalInterface
  private interface Command {
    boolean run(ServiceState service, Records records) throws InterruptedException;
  }

  private boolean run(String named, Command command) throws InterruptedException, IOException {
    try (DockerSwarm swarm =
        DockerSwarm.at(AgentConfiguration.dockerHost(environment), RegistryCredentials.NONE)) {
      return command.run(Operator.find(swarm.services(), named), swarm.records());
    } catch (RefusedException
        | SwarmUnavailableException
        | UnreadableRecordException
        | AgentConfiguration.InvalidConfigurationException refused) {
      err.println(refused.getMessage());
      return false;
    }
  }

  /// Prints how the last rollouts ended.
  boolean history(String named, boolean json) throws InterruptedException, IOException {
    return run(
        named,
        (service, records) -> {
          History history = new History(records.read(service.id(), service.name()).record());
          print(json ? history.json() : history.text());
          return true;
        });
  }

  boolean hold(String named, String reason, boolean json) throws InterruptedException, IOException {
    return setHold(named, new Hold(clock.instant(), reason), "held", json);
  }

  boolean release(String named, boolean json) throws InterruptedException, IOException {
    return setHold(named, null, "released", json);
  }

  private boolean setHold(String named, @Nullable Hold hold, String done, boolean json)
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
                  : service.name() + " is " + done + "; " + waiting + " pushes wait\n");
          return true;
        });
  }

  boolean rollback(String named, @Nullable String to, boolean json)
      throws InterruptedException, IOException {
    String id = "rollback-" + UUID.randomUUID();
    return command(
        named,
        (record, service) -> Operator.rollback(record, service, to, id, clock.instant()),
        json);
  }

  boolean redeploy(String named, boolean json) throws InterruptedException, IOException {
    String id = "redeploy-" + UUID.randomUUID();
    return command(
        named, (record, service) -> Operator.redeploy(record, service, id, clock.instant()), json);
  }

  private boolean command(
      String named, BiFunction<ServiceRecord, ServiceState, Rollout> command, boolean json)
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
    Instant begun = clock.instant();
    boolean hinted = false;
    while (true) {
      Optional<Rollout> rollout =
          records.read(service.id(), service.name()).record().rollouts().stream()
              .filter(one -> one.id().equals(id))
              .findFirst();
      if (rollout.isEmpty()) {
        throw new RefusedException("somebody removed the record meanwhile");
      }
      if (!rollout.get().isOpen()) {
        return rollout.get();
      }
      if (!hinted
          && rollout.get().attempt() == null
          && clock.instant().isAfter(begun.plus(SLOW_START))) {
        err.println("no agent has begun it yet: see whether one runs, with agent doctor");
        hinted = true;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
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
