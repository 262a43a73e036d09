package dev.waggle.agent.rollout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.rollout.SwarmInMemory.Request.CheckReadiness;
import dev.waggle.agent.rollout.SwarmInMemory.Request.Inspect;
import dev.waggle.agent.rollout.SwarmInMemory.Request.ListAllServices;
import dev.waggle.agent.rollout.SwarmInMemory.Request.ListNodes;
import dev.waggle.agent.rollout.SwarmInMemory.Request.ListServices;
import dev.waggle.agent.rollout.SwarmInMemory.Request.ListTasks;
import dev.waggle.agent.rollout.SwarmInMemory.Request.Listen;
import dev.waggle.agent.rollout.SwarmInMemory.Request.Resolve;
import dev.waggle.agent.rollout.SwarmInMemory.Request.RollBack;
import dev.waggle.agent.rollout.SwarmInMemory.Request.Update;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A swarm in memory, of whole service trees: it takes an update only on the version that it has,
/// and then bumps the version, keeps the old specification as the previous one and clears the
/// update's status. By itself it does nothing more; what becomes of an update is told beforehand,
/// step by step: each wait for a change moves the clock on and has the next step happen.
public final class SwarmInMemory implements Swarm {

  /// What it was asked.
  public sealed interface Request {

    record CheckReadiness() implements Request {}

    record ListServices(String label) implements Request {}

    record ListAllServices() implements Request {}

    record Inspect(String serviceId) implements Request {}

    record ListTasks(String serviceId) implements Request {}

    record ListNodes() implements Request {}

    record Resolve(ImageReference image) implements Request {}

    record Update(String serviceId, String version, ObjectNode spec) implements Request {}

    record RollBack(String serviceId) implements Request {}

    record Listen(String serviceId) implements Request {}
  }

  /// Stands before the engine: it lets a request pass, holds it up, or throws instead of an answer.
  @FunctionalInterface
  public interface Gate {

    /// Returns if the request shall reach the engine.
    void pass(Request request) throws InterruptedException;
  }

  /// Something that happens while somebody waits for a change.
  @FunctionalInterface
  public interface Step {

    /// Has it happen.
    void happen() throws InterruptedException;
  }

  /// The id of the service `playlistlog`.
  public static final String PLAYLISTLOG = Services.playlistlog().id();

  private final HandClock clock;
  private final Object lock = new Object();
  private final List<Request> requests = new ArrayList<>();
  private final Map<String, ObjectNode> services = new LinkedHashMap<>();
  private final Map<String, List<TaskState>> tasks = new HashMap<>();
  private final Map<String, Deque<Step>> steps = new HashMap<>();
  private final List<ResolvedImage> images = new ArrayList<>();
  private final Set<String> absentNodes = new HashSet<>();
  private Readiness readiness = new Readiness.Ready();
  private Gate gate = request -> {};
  private boolean losingAnswers;
  private int listeners;

  /// An empty swarm.
  ///
  /// @param clock moved on by every wait for a change
  public SwarmInMemory(HandClock clock) {
    this.clock = clock;
  }

  /// Holds a service, all tasks of which run.
  public SwarmInMemory with(ServiceState service) {
    synchronized (lock) {
      services.put(service.id(), service.tree().deepCopy());
      tasks.put(service.id(), everyTask(service.id()));
    }
    return this;
  }

  /// Holds the service `playlistlog`, which runs version 1 in two replicas and wants every tag.
  public SwarmInMemory withPlaylistlog() {
    return with(Services.playlistlog());
  }

  /// Sees an image at the registry. Of two with one tag the tag names the later.
  public SwarmInMemory withImage(ResolvedImage image) {
    synchronized (lock) {
      images.add(image);
    }
    return this;
  }

  /// Answers the question for its readiness from now on.
  public void readiness(Readiness answer) {
    synchronized (lock) {
      readiness = answer;
    }
  }

  /// Puts another gate before the engine.
  public void gate(Gate next) {
    synchronized (lock) {
      gate = next;
    }
  }

  /// Does not answer questions of this kind any more, nor does what they ask for.
  public void unreachableFor(Class<? extends Request> kind) {
    gate(
        request -> {
          if (kind.isInstance(request)) {
            throw unreachable();
          }
        });
  }

  /// Answers everything again.
  public void reachable() {
    gate(request -> {});
  }

  /// What comes instead of an answer.
  public static SwarmUnavailableException unreachable() {
    return new SwarmUnavailableException("connection refused");
  }

  /// Does what the next update asks for, but its answer does not arrive.
  void losesTheNextAnswer() {
    synchronized (lock) {
      losingAnswers = true;
    }
  }

  /// Has something happen when all that was told before has happened, one step a wait.
  public SwarmInMemory then(String serviceId, Step step) {
    synchronized (lock) {
      steps.computeIfAbsent(serviceId, id -> new ArrayDeque<>()).add(step);
    }
    return this;
  }

  /// Changes a service, as anybody may: its version is bumped.
  void change(String serviceId, Consumer<ObjectNode> change) {
    synchronized (lock) {
      ObjectNode tree = held(serviceId);
      change.accept(tree);
      bump(tree);
    }
  }

  /// Somebody gives a service another image.
  void give(String serviceId, String image) {
    change(
        serviceId,
        tree -> {
          tree.set("PreviousSpec", tree.path("Spec").deepCopy());
          tree.withObject("/Spec/TaskTemplate/ContainerSpec").put("Image", image);
          tree.remove("UpdateStatus");
        });
  }

  /// Swarm says where an update stands.
  void says(String serviceId, String state, String message) {
    change(
        serviceId,
        tree -> tree.putObject("UpdateStatus").put("State", state).put("Message", message));
  }

  /// Every task runs the image of the specification.
  void runsEveryTask(String serviceId) {
    synchronized (lock) {
      tasks.put(serviceId, everyTask(serviceId));
    }
  }

  /// Every task runs, and Swarm has watched them for the monitor period.
  public void completes(String serviceId) {
    runsEveryTask(serviceId);
    synchronized (lock) {
      ObjectNode tree = held(serviceId);
      if (!tree.has("PreviousSpec")) {
        tree.set("PreviousSpec", tree.path("Spec").deepCopy());
      }
    }
    says(serviceId, "completed", "update completed");
  }

  /// Swarm gives the service its previous specification again, of which there is then none, and
  /// forgets the tasks of the other.
  public void rollsBack(String serviceId, String state) {
    change(serviceId, tree -> tree.set("Spec", tree.remove("PreviousSpec")));
    runsEveryTask(serviceId);
    says(serviceId, state, "update rolled back");
  }

  /// Has these tasks and no other.
  public void has(String serviceId, TaskState... these) {
    synchronized (lock) {
      tasks.put(serviceId, List.of(these));
    }
  }

  /// Loses a node.
  void loses(String nodeId) {
    synchronized (lock) {
      absentNodes.add(nodeId);
    }
  }

  /// Somebody removes a service.
  public void remove(String serviceId) {
    synchronized (lock) {
      services.remove(serviceId);
      tasks.remove(serviceId);
    }
  }

  /// A task of the image of the specification that failed just now.
  TaskState failed(String serviceId, String slot, String error) {
    synchronized (lock) {
      return task(serviceId, slot, false, error);
    }
  }

  /// A task of the image of the specification that came up just now.
  TaskState up(String serviceId, String slot) {
    synchronized (lock) {
      return task(serviceId, slot, true, null);
    }
  }

  /// Everything that was asked of it, answered or not, in order.
  public List<Request> requests() {
    synchronized (lock) {
      return List.copyOf(requests);
    }
  }

  /// What was asked of one kind.
  public <T extends Request> List<T> requests(Class<T> kind) {
    return requests().stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /// How many listen for changes now.
  int listeners() {
    synchronized (lock) {
      return listeners;
    }
  }

  ServiceState now(String serviceId) {
    synchronized (lock) {
      return new ServiceState(held(serviceId).deepCopy());
    }
  }

  @Override
  public Readiness readiness() throws InterruptedException {
    arrive(new CheckReadiness());
    synchronized (lock) {
      return readiness;
    }
  }

  @Override
  public List<ServiceState> servicesWithLabel(String label) throws InterruptedException {
    arrive(new ListServices(label));
    synchronized (lock) {
      return services.values().stream()
          .filter(tree -> tree.at("/Spec/Labels").has(label))
          .map(tree -> new ServiceState(tree.deepCopy()))
          .toList();
    }
  }

  @Override
  public List<ServiceState> services() throws InterruptedException {
    arrive(new ListAllServices());
    synchronized (lock) {
      return services.values().stream().map(tree -> new ServiceState(tree.deepCopy())).toList();
    }
  }

  @Override
  public Optional<ServiceState> service(String id) throws InterruptedException {
    arrive(new Inspect(id));
    synchronized (lock) {
      return Optional.ofNullable(services.get(id)).map(tree -> new ServiceState(tree.deepCopy()));
    }
  }

  @Override
  public List<TaskState> tasks(String serviceId) throws InterruptedException {
    arrive(new ListTasks(serviceId));
    synchronized (lock) {
      return tasks.getOrDefault(serviceId, List.of());
    }
  }

  @Override
  public List<NodeState> nodes() throws InterruptedException {
    arrive(new ListNodes());
    synchronized (lock) {
      return Stream.of("node1", "node2").map(id -> node(id, absentNodes.contains(id))).toList();
    }
  }

  static NodeState node(String id, boolean absent) {
    return new NodeState(id, id, "worker", "linux", "x86_64", Map.of(), Map.of(), absent, !absent);
  }

  @Override
  public Resolution resolve(ImageReference image) throws InterruptedException {
    arrive(new Resolve(image));
    synchronized (lock) {
      return images.reversed().stream()
          .filter(held -> isAskedFor(held.reference(), image))
          .findFirst()
          .<Resolution>map(
              held ->
                  new Resolution.Resolved(
                      new ResolvedImage(
                          new ImageReference(
                              image.repository(), image.tag(), held.reference().digest()),
                          held.platforms())))
          .orElseGet(() -> new Resolution.Refused("manifest unknown"));
    }
  }

  /// A registry that is asked for a digest does not look at the tag.
  private static boolean isAskedFor(ImageReference held, ImageReference asked) {
    return held.repository().equals(asked.repository())
        && (asked.digest() == null
            ? asked.tag() != null && asked.tag().equals(held.tag())
            : asked.digest().equals(held.digest()));
  }

  @Override
  public UpdateAnswer update(ServiceState seen, ObjectNode spec) throws InterruptedException {
    arrive(new Update(seen.id(), seen.version(), spec.deepCopy()));
    synchronized (lock) {
      ObjectNode tree = services.get(seen.id());
      if (tree == null) {
        return new UpdateAnswer.Rejected("service " + seen.id() + " not found");
      }
      if (spec.at("/TaskTemplate/ContainerSpec/Image").asText("").isEmpty()) {
        return new UpdateAnswer.Rejected("ContainerSpec: image reference must be provided");
      }
      if (!spec.path("Name").equals(tree.at("/Spec/Name"))) {
        throw new SwarmUnavailableException("renaming services is not supported");
      }
      if (!new ServiceState(tree).version().equals(seen.version())) {
        return new UpdateAnswer.OutOfSequence();
      }
      tree.set("PreviousSpec", tree.path("Spec").deepCopy());
      tree.set("Spec", spec.deepCopy());
      tree.remove("UpdateStatus");
      bump(tree);
      if (losingAnswers) {
        losingAnswers = false;
        throw new SwarmUnavailableException("unexpected end of stream");
      }
      return new UpdateAnswer.Taken();
    }
  }

  @Override
  public UpdateAnswer rollBack(ServiceState seen) throws InterruptedException {
    arrive(new RollBack(seen.id()));
    synchronized (lock) {
      if (!held(seen.id()).has("PreviousSpec")) {
        return new UpdateAnswer.Rejected("service does not have a previous spec");
      }
      if (!now(seen.id()).version().equals(seen.version())) {
        return new UpdateAnswer.OutOfSequence();
      }
      rollsBack(seen.id(), "rollback_started");
      return new UpdateAnswer.Taken();
    }
  }

  @Override
  public Changes changes(String serviceId) throws InterruptedException {
    arrive(new Listen(serviceId));
    synchronized (lock) {
      listeners++;
    }
    return new Listening(serviceId);
  }

  private final class Listening implements Changes {

    private final String serviceId;
    private boolean closed;

    Listening(String serviceId) {
      this.serviceId = serviceId;
    }

    @Override
    public void await(Duration longest) throws InterruptedException {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      Step next;
      synchronized (lock) {
        if (closed) {
          throw new IllegalStateException("nobody listens any more");
        }
        Deque<Step> told = steps.get(serviceId);
        next = told == null || told.isEmpty() ? () -> {} : told.remove();
      }
      clock.advance(longest);
      next.happen();
    }

    @Override
    public void close() {
      synchronized (lock) {
        if (!closed) {
          listeners--;
        }
        closed = true;
      }
    }
  }

  private void arrive(Request request) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    Gate before;
    synchronized (lock) {
      requests.add(request);
      before = gate;
    }
    before.pass(request);
  }

  private ObjectNode held(String serviceId) {
    ObjectNode tree = services.get(serviceId);
    if (tree == null) {
      throw new IllegalArgumentException("no service " + serviceId);
    }
    return tree;
  }

  private static void bump(ObjectNode tree) {
    JsonNode version = tree.at("/Version/Index");
    tree.withObject("/Version").put("Index", version.asLong() + 1);
  }

  private List<TaskState> everyTask(String serviceId) {
    long replicas = new ServiceState(held(serviceId)).replicas().orElse(1L);
    List<TaskState> every = new ArrayList<>();
    for (long slot = 1; slot <= replicas; slot++) {
      every.add(task(serviceId, Long.toString(slot), true, null));
    }
    return every;
  }

  private TaskState task(String serviceId, String slot, boolean running, @Nullable String error) {
    Instant since = clock.instant();
    return new TaskState(
        slot,
        "node" + slot,
        new ServiceState(held(serviceId)).imageText(),
        true,
        running,
        error,
        since);
  }
}
