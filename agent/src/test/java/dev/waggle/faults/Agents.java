package dev.waggle.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.chain.AgentProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// One agent after the other: whoever ends is followed by the next, as Swarm would have it.
final class Agents implements AutoCloseable {

  private final List<String> options;
  private final Map<String, String> environment;
  private final QueueFront queue;
  private final List<AgentProcess> all = new ArrayList<>();
  private final Set<Integer> killed = new TreeSet<>();
  private int endedByThemselves;
  private int lines;
  private long lastLine;

  Agents(List<String> options, Map<String, String> environment, QueueFront queue) {
    this.options = options;
    this.environment = environment;
    this.queue = queue;
    start();
  }

  private void start() {
    all.add(AgentProcess.start(options, environment));
  }

  /// Sends SIGKILL, and starts the next.
  synchronized void kill() {
    killed.add(all.size() - 1);
    all.getLast().kill();
    queue.consumerIsGone();
    start();
  }

  /// Sends SIGTERM, waits for the end, and starts the next.
  synchronized void terminate() {
    all.getLast().terminate();
    queue.consumerIsGone();
    start();
  }

  /// Starts the next if the last has ended without being told to.
  synchronized void lookAfter() {
    if (!all.getLast().isLogging()) {
      endedByThemselves++;
      queue.consumerIsGone();
      start();
    }
  }

  /// The numbers of those that were killed, the first is 0.
  synchronized Set<Integer> killed() {
    return Set.copyOf(killed);
  }

  synchronized int endedByThemselves() {
    return endedByThemselves;
  }

  /// How long none has said anything.
  synchronized Duration quiet() {
    int now = lines().size();
    if (now != lines) {
      lines = now;
      lastLine = System.nanoTime();
    }
    return Duration.ofNanos(System.nanoTime() - lastLine);
  }

  /// Everything that was logged.
  synchronized List<JsonNode> lines() {
    return all.stream().flatMap(agent -> agent.log().all().stream()).toList();
  }

  synchronized List<JsonNode> lines(String message) {
    return lines().stream().filter(line -> line.path("message").asText().equals(message)).toList();
  }

  /// Lines with this message, each with the number of the agent that said it.
  synchronized List<JsonNode> numberedLines(String message) {
    List<JsonNode> lines = new ArrayList<>();
    for (int number = 0; number < all.size(); number++) {
      for (JsonNode line : all.get(number).log().all()) {
        if (line.path("message").asText().equals(message)) {
          lines.add(((ObjectNode) line.deepCopy()).put("agent", number));
        }
      }
    }
    return lines;
  }

  synchronized List<String> otherLines() {
    return all.stream().flatMap(agent -> agent.log().notJson().stream()).toList();
  }

  /// Ends the last, and starts none.
  @Override
  public synchronized void close() {
    all.getLast().kill();
  }
}
