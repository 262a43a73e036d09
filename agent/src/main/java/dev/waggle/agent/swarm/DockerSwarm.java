package dev.waggle.agent.swarm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import dev.waggle.agent.doctor.ExaminedEngine;
import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.Records;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ImageHealth;
import dev.waggle.agent.service.NodeState;
import dev.waggle.agent.service.RegistryUnavailableException;
import dev.waggle.agent.service.ResolvedImage;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Swarm;
import dev.waggle.agent.service.SwarmUnavailableException;
import dev.waggle.agent.service.TaskState;
import dev.waggle.agent.swarm.EngineApi.Answer;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The swarm that a Docker engine manages.
public final class DockerSwarm implements Swarm, ExaminedEngine, AutoCloseable {

  private static final int BAD_REQUEST = 400;
  private static final int UNAUTHORISED = 401;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int UNAVAILABLE = 503;

  private final EngineApi engine;
  private final RegistryCredentials credentials;
  private final Records records;

  DockerSwarm(EngineApi engine, RegistryCredentials credentials) {
    this.engine = engine;
    this.credentials = credentials;
    this.records = new ConfigRecords(engine);
  }

  /// The swarm of the engine at an address.
  ///
  /// @param dockerHost the engine's address, as in Docker's `DOCKER_HOST`: `unix://` and a path, or
  ///   `tcp://`
  /// @param credentials for the registries that the engine is sent to
  public static DockerSwarm at(URI dockerHost, RegistryCredentials credentials) {
    return new DockerSwarm(
        new EngineApi(new ZerodepDockerHttpClient.Builder().dockerHost(dockerHost).build()),
        credentials);
  }

  @Override
  public Readiness readiness() throws InterruptedException {
    try {
      // Only a manager lists nodes.
      Answer answer = engine.get("/nodes");
      if (answer.succeeded()) {
        return new Readiness.Ready();
      }
      return new Readiness.NotReady(
          isNoManager(answer)
              ? "the engine manages no swarm: run the agent on a manager, or 'docker swarm init'"
                  + " first"
              : "the engine does not list its nodes: " + answer.message());
    } catch (SwarmUnavailableException unavailable) {
      return new Readiness.NotReady("the engine does not answer: " + unavailable.getMessage());
    }
  }

  /// A manager of a swarm that is locked or has no leader gives the same status, and would be told
  /// the wrong remedy.
  private static boolean isNoManager(Answer answer) {
    return answer.status() == UNAVAILABLE
        && says(answer, "not a swarm manager", "not part of a swarm");
  }

  private static boolean says(Answer answer, String... words) {
    String message = answer.message().toLowerCase(Locale.ROOT);
    return Arrays.stream(words).anyMatch(message::contains);
  }

  @Override
  public List<ServiceState> servicesWithLabel(String label) throws InterruptedException {
    return EngineJson.services(
        engine.get("/services" + EngineApi.filters("label", label)).required("list services"));
  }

  @Override
  public List<ServiceState> services() throws InterruptedException {
    return EngineJson.services(engine.get("/services").required("list services"));
  }

  @Override
  public Optional<ServiceState> service(String id) throws InterruptedException {
    Answer answer = engine.get("/services/" + id);
    if (answer.status() == NOT_FOUND) {
      return Optional.empty();
    }
    // The engine takes a prefix of an id for the id.
    return answer.required("inspect service") instanceof ObjectNode tree
            && tree.path("ID").asText().equals(id)
        ? Optional.of(new ServiceState(tree))
        : Optional.empty();
  }

  @Override
  public List<TaskState> tasks(String serviceId) throws InterruptedException {
    return EngineJson.tasks(
        engine.get("/tasks" + EngineApi.filters("service", serviceId)).required("list tasks"));
  }

  @Override
  public List<NodeState> nodes() throws InterruptedException {
    return EngineJson.nodes(engine.get("/nodes").required("list nodes"));
  }

  @Override
  public EngineState engine() throws InterruptedException {
    Answer answer = engine.get("/info");
    return EngineJson.engine(answer.required("inspect the engine"), answer.apiVersion());
  }

  @Override
  public ImageHealth imageHealth(ImageReference image) throws InterruptedException {
    Answer answer = engine.get("/images/" + image + "/json");
    // A socket proxy of an earlier version refuses it, and nothing depends on the answer.
    return answer.succeeded() ? EngineJson.imageHealth(answer.body()) : ImageHealth.UNKNOWN;
  }

  @Override
  public Resolution resolve(ImageReference image) throws InterruptedException {
    RegistryAuth auth = credentials.of(image.repository()).orElse(null);
    Answer answer = engine.get("/distribution/" + image + "/json", auth);
    if (answer.succeeded()) {
      Digest digest = new Digest(answer.body().at("/Descriptor/digest").asText());
      return new Resolution.Resolved(
          new ResolvedImage(
              new ImageReference(image.repository(), image.tag(), digest),
              EngineJson.platforms(answer.body())));
    }
    if (isForLackOfRights(answer)) {
      return new Resolution.Unauthorised(
          answer.message()
              + (auth == null
                  ? "; the agent has no credentials for it: WAGGLE_REGISTRY_CONFIG_FILE gives them"
                  : "; the credentials of WAGGLE_REGISTRY_CONFIG_FILE do not open it: log in again,"
                      + " with an account that may pull"));
    }
    if (answer.status() == BAD_REQUEST || answer.status() == NOT_FOUND) {
      return new Resolution.Refused(answer.message());
    }
    throw new RegistryUnavailableException(
        "the registry does not answer the engine: " + answer.message());
  }

  /// Engine 20.10 says 403 "denied" where a token opens nothing, be the repository private or not
  /// there at all; 401 "unauthorized" where a registry without tokens does not know the password;
  /// and 500 with these words where the token service does not know it, or where a registry without
  /// tokens was asked without a password.
  private static boolean isForLackOfRights(Answer answer) {
    return answer.status() == UNAUTHORISED
        || answer.status() == FORBIDDEN
        || says(answer, "no basic auth credentials", "unauthorized:", "denied:");
  }

  @Override
  public UpdateAnswer update(ServiceState seen, ObjectNode spec) throws InterruptedException {
    return update(seen, spec, "");
  }

  @Override
  public UpdateAnswer rollBack(ServiceState seen) throws InterruptedException {
    return update(seen, seen.spec(), "&rollback=previous");
  }

  private UpdateAnswer update(ServiceState seen, ObjectNode spec, String parameter)
      throws InterruptedException {
    // With credentials in the header the engine does not look at registryAuthFrom.
    Answer answer =
        engine.post(
            "/services/"
                + seen.id()
                + "/update?version="
                + seen.version()
                + "&registryAuthFrom=spec"
                + parameter,
            spec,
            ImageReference.parse(spec.at("/TaskTemplate/ContainerSpec/Image").asText())
                .flatMap(image -> credentials.of(image.repository()))
                .orElse(null));
    if (answer.succeeded()) {
      return new UpdateAnswer.Taken();
    }
    if (answer.message().contains("update out of sequence")) {
      return new UpdateAnswer.OutOfSequence();
    }
    if (answer.status() / 100 == 4) {
      return new UpdateAnswer.Rejected(answer.message());
    }
    throw new SwarmUnavailableException("update service: " + answer.message());
  }

  @Override
  public void listen(Listener listener) throws InterruptedException {
    new SwarmEvents(engine).listen(listener);
  }

  /// The records that are kept in this swarm.
  public Records records() {
    return records;
  }

  @Override
  public Map<String, ServiceRecord> recordsByService() throws InterruptedException {
    return records.all();
  }

  @Override
  public void close() throws IOException {
    engine.close();
  }
}
