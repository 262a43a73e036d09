package dev.waggle.agent.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.service.SwarmInMemory.Request.CheckReadiness;
import dev.waggle.agent.service.SwarmInMemory.Request.Inspect;
import dev.waggle.agent.service.SwarmInMemory.Request.ListAllServices;
import dev.waggle.agent.service.SwarmInMemory.Request.ListNodes;
import dev.waggle.agent.service.SwarmInMemory.Request.ListServices;
import dev.waggle.agent.service.SwarmInMemory.Request.ListTasks;
import dev.waggle.agent.service.SwarmInMemory.Request.Listen;
import dev.waggle.agent.service.SwarmInMemory.Request.Resolve;
import dev.waggle.agent.service.SwarmInMemory.Request.RollBack;
import dev.waggle.agent.service.SwarmInMemory.Request.Update;
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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A swarm in memory, of whole service trees: it takes an update only on the version that it has,
/// and then bumps the version, keeps the old specification as the previous one and clears the
/// update's status. By itself it does nothing more; what becomes of an update is told beforehand:
/// each update that it takes has the next step happen. Listeners are told of every change.
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

    record Listen() implements Request {}
  }

  /// Stands before the engine: it lets a request pass, holds it up, or throws instead of an answer.
  @FunctionalInterface
  public interface Gate {

    /// Returns if the request shall reach the engine.
    void pass(Request request) throws InterruptedException;
  }

  /// What becomes of an update.
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
  private @Nullable String rejection;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private int updates;

  /// An empty swarm.
  ///
  /// @param clock says when tasks and updates began
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
  public void losesTheNextAnswer() {
    synchronized (lock) {
      losingAnswers = true;
    }
  }

  /// Has something happen to a service when it has taken its next update, and all that was told
  /// before has happened: one step an update.
  public SwarmInMemory then(String serviceId, Step step) {
    synchronized (lock) {
      steps.computeIfAbsent(serviceId, id -> new ArrayDeque<>()).add(step);
    }
    return this;
  }

  /// Changes a service, as anybody may: its version is bumped.
  public void change(String serviceId, Consumer<ObjectNode> change) {
    synchronized (lock) {
      ObjectNode tree = held(serviceId);
      change.accept(tree);
      bump(tree);
    }
    tell(serviceId);
  }

  /// Engines have no events of tasks: a test that has nothing else happen tells by this.
  public void tell(String serviceId) {
    listeners.forEach(listener -> listener.serviceChanged(serviceId));
  }

  /// Somebody gives a service another image.
  public void give(String serviceId, String image) {
    change(
        serviceId,
        tree -> {
          tree.set("PreviousSpec", tree.path("Spec").deepCopy());
          tree.withObject("/Spec/TaskTemplate/ContainerSpec").put("Image", image);
          tree.remove("UpdateStatus");
          updates++;
        });
  }

  /// Swarm says where an update stands.
  public void says(String serviceId, String state, String message) {
    change(
        serviceId,
        tree -> {
          String started = tree.at("/UpdateStatus/StartedAt").asText("");
          tree.putObject("UpdateStatus")
              .put("State", state)
              .put("Message", message)
              .put("StartedAt", started.isEmpty() ? now().toString() : started);
        });
  }

  /// No two updates begin at one time, and no task before its update.
  private Instant now() {
    synchronized (lock) {
      return clock.instant().plusNanos(updates);
    }
  }

  /// Every task runs the image of the specification.
  public void runsEveryTask(String serviceId) {
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
    change(
        serviceId,
        tree -> {
          tree.set("Spec", tree.remove("PreviousSpec"));
          tasks.put(serviceId, everyTask(serviceId));
        });
    says(serviceId, state, "update rolled back");
  }

  /// A task fails, and Swarm goes back and remembers that task.
  public void failsAndRollsBack(String serviceId, String error) {
    TaskState failed = failed(serviceId, "1", error);
    says(serviceId, "updating", "update in progress");
    synchronized (lock) {
      ObjectNode tree = held(serviceId);
      tree.set("Spec", tree.remove("PreviousSpec"));
      List<TaskState> both = new ArrayList<>(everyTask(serviceId));
      both.add(
          new TaskState(
              failed.slot(), failed.nodeId(), failed.image(), false, false, error, failed.since()));
      tasks.put(serviceId, both);
    }
    says(serviceId, "rollback_completed", "rollback completed");
  }

  /// Has these tasks and no other.
  public void has(String serviceId, TaskState... these) {
    synchronized (lock) {
      tasks.put(serviceId, List.of(these));
    }
  }

  /// Loses a node.
  public void loses(String nodeId) {
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
    tell(serviceId);
  }

  /// A task of the image of the specification that failed just now.
  public TaskState failed(String serviceId, String slot, String error) {
    synchronized (lock) {
      return task(serviceId, slot, false, error);
    }
  }

  /// A task of the image of the specification that came up just now.
  public TaskState up(String serviceId, String slot) {
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
  public int listeners() {
    return listeners.size();
  }

  /// A service as it is now.
  public ServiceState now(String serviceId) {
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

  public static NodeState node(String id, boolean absent) {
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
  public ImageHealth imageHealth(ImageReference image) {
    return ImageHealth.CHECKED;
  }

  /// Takes no update from now on.
  public void rejects(String reason) {
    synchronized (lock) {
      rejection = reason;
    }
  }

  @Override
  public UpdateAnswer update(ServiceState seen, ObjectNode spec) throws InterruptedException {
    arrive(new Update(seen.id(), seen.version(), spec.deepCopy()));
    Step next;
    boolean lost;
    synchronized (lock) {
      ObjectNode tree = services.get(seen.id());
      if (tree == null) {
        return new UpdateAnswer.Rejected("service " + seen.id() + " not found");
      }
      if (rejection != null) {
        return new UpdateAnswer.Rejected(rejection);
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
      updates++;
      Deque<Step> told = steps.get(seen.id());
      next = told == null || told.isEmpty() ? () -> {} : told.remove();
      lost = losingAnswers;
      losingAnswers = false;
    }
    tell(seen.id());
    next.happen();
    if (lost) {
      throw new SwarmUnavailableException("unexpected end of stream");
    }
    return new UpdateAnswer.Taken();
  }

  @Override
  public UpdateAnswer rollBack(ServiceState seen) throws InterruptedException {
    arrive(new RollBack(seen.id()));
    synchronized (lock) {
      ObjectNode tree = held(seen.id());
      if (!tree.has("PreviousSpec")) {
        return new UpdateAnswer.Rejected("service does not have a previous spec");
      }
      if (!new ServiceState(tree).version().equals(seen.version())) {
        return new UpdateAnswer.OutOfSequence();
      }
      tree.remove("UpdateStatus");
      updates++;
      rollsBack(seen.id(), "rollback_started");
      return new UpdateAnswer.Taken();
    }
  }

  @Override
  public void listen(Listener listener) throws InterruptedException {
    arrive(new Listen());
    listeners.add(listener);
    try {
      listener.missed();
      new CountDownLatch(1).await();
    } finally {
      listeners.remove(listener);
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
    return new TaskState(
        slot,
        "node" + slot,
        new ServiceState(held(serviceId)).imageText(),
        true,
        running,
        error,
        now());
  }
}
