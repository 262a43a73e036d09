package dev.waggle.testhost;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.opentest4j.TestAbortedException;

/// A swarm of several engines in namespaces, all of them managers, each of which reaches every
/// other.
///
/// The second one has the registry that answers all of them for Docker Hub; the first one leads,
/// and any but the second may be lost.
public final class SwarmOfNodes implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration SOON = Duration.ofSeconds(60);

  private final List<NamespacedEngine> nodes;

  private SwarmOfNodes(List<NamespacedEngine> nodes) {
    this.nodes = nodes;
  }

  /// Starts so many engines and joins them.
  ///
  /// @param progress is told in a few words what takes time
  /// @throws TestAbortedException where this machine lets no namespaces be made
  public static SwarmOfNodes start(int size, Consumer<String> progress) {
    if (!NamespacedEngine.isPossible()) {
      String line = "NOT TESTED on several nodes: that needs root on Debian or Ubuntu";
      System.out.println("\n!!! " + line + "\n");
      throw new TestAbortedException(line);
    }
    List<NamespacedEngine> nodes = new ArrayList<>();
    try {
      NamespacedEngine withRegistry =
          NamespacedEngine.startWithoutSwarm(progress, PrivateEngine.LOCAL_REGISTRY);
      nodes.add(withRegistry);
      String mirror = withRegistry.registry().getAuthority();
      for (int node = 1; node < size; node++) {
        NamespacedEngine added = NamespacedEngine.startWithoutSwarm(progress, mirror);
        nodes.forEach(added::connectTo);
        nodes.add(added);
      }
      nodes.add(1, nodes.removeFirst());
      SwarmOfNodes swarm = new SwarmOfNodes(nodes);
      swarm.join();
      return swarm;
    } catch (RuntimeException failed) {
      nodes.forEach(NamespacedEngine::close);
      throw failed;
    }
  }

  private void join() {
    NamespacedEngine leader = nodes.getFirst();
    EngineClient.createSwarm(leader.docker(), leader.address());
    String token;
    try (EngineHttp api = EngineHttp.connect(leader.dockerHost())) {
      token = api.get("/swarm").at("/JoinTokens/Manager").asText();
    }
    for (NamespacedEngine node : nodes.subList(1, nodes.size())) {
      ObjectNode join =
          JSON.createObjectNode()
              .put("ListenAddr", "0.0.0.0:2377")
              .put("AdvertiseAddr", node.address())
              .put("JoinToken", token);
      join.putArray("RemoteAddrs").add(leader.address() + ":2377");
      try (EngineHttp api = EngineHttp.connect(node.dockerHost())) {
        api.post("/swarm/join", join);
      }
    }
    try (EngineHttp api = EngineHttp.connect(leader.dockerHost())) {
      Await.until(
          nodes.size() + " managers that reach one another",
          SOON,
          () ->
              api.get("/nodes").valueStream().filter(SwarmOfNodes::isReady).count() == nodes.size(),
          () -> api.get("/nodes"));
    }
  }

  private static boolean isReady(JsonNode node) {
    return node.at("/Status/State").asText().equals("ready")
        && node.at("/ManagerStatus/Reachability").asText().equals("reachable");
  }

  /// The engine that leads, until it is lost.
  public PrivateEngine leader() {
    return nodes.getFirst();
  }

  /// A manager that does not lead, with the registry.
  public PrivateEngine withRegistry() {
    return nodes.get(1);
  }

  /// The last one: a manager that neither leads nor is asked by anybody.
  public PrivateEngine last() {
    return nodes.getLast();
  }

  /// What the swarm calls an engine.
  public static String id(PrivateEngine node) {
    try (EngineHttp api = EngineHttp.connect(node.dockerHost())) {
      return api.get("/info").at("/Swarm/NodeID").asText();
    }
  }

  /// Changes a node by hand, as an operator does.
  ///
  /// @param node what the swarm calls it
  public void update(String node, Consumer<ObjectNode> change) {
    try (EngineHttp api = EngineHttp.connect(withRegistry().dockerHost())) {
      // Swarm itself writes to its nodes, too, and refuses a change of what is no longer so.
      Await.until(
          "a change of a node",
          SOON,
          () -> {
            JsonNode seen = api.get("/nodes/" + node);
            ObjectNode spec = seen.path("Spec").deepCopy();
            change.accept(spec);
            api.post(
                "/nodes/" + node + "/update?version=" + seen.at("/Version/Index").asText(), spec);
            return true;
          });
    }
  }

  /// Ends an engine, its containers and its network at once, as a loss of power would.
  public void lose(PrivateEngine node) {
    node.close();
  }

  @Override
  public void close() {
    nodes.forEach(NamespacedEngine::close);
  }
}
