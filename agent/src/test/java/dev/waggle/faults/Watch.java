package dev.waggle.faults;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waggle.testhost.EngineHttp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Looks at the engine again and again, and keeps what every service was and every task ran.
///
/// Swarm remembers five tasks of a slot, so that none is missed.
final class Watch implements AutoCloseable {

  private static final long PAUSE_MS = 150;

  /// A task as it was seen last.
  ///
  /// @param image what it was to run
  /// @param ran whether it was ever seen running
  /// @param error why it failed, empty if it did not
  record Task(String image, boolean ran, String error) {}

  /// What was seen of a service.
  ///
  /// @param images every image that its specification ever named
  /// @param tasks every task, by its id
  /// @param converged the contents that the specification named while every wanted task ran them
  record Seen(Set<String> images, Map<String, Task> tasks, Set<String> converged) {

    private static Seen nothing() {
      return new Seen(new TreeSet<>(), new LinkedHashMap<>(), new TreeSet<>());
    }
  }

  private final EngineHttp api;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<String, Seen> seen = new HashMap<>();
  private final Map<String, String> lastSaid = new HashMap<>();
  private final Map<String, Instant> lastRollback = new HashMap<>();
  private final List<String> history = new ArrayList<>();
  private final Thread looking;

  Watch(EngineHttp api) {
    this.api = api;
    this.looking = Thread.ofVirtual().name("watch").start(this::lookAgainAndAgain);
  }

  private void lookAgainAndAgain() {
    try {
      do {
        try {
          look();
        } catch (RuntimeException engineIsAway) {
          // It is looked at again.
        }
      } while (!closed.await(PAUSE_MS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
    }
  }

  /// Looks once more, at once.
  void look() {
    look(api.get("/services"), api.get("/tasks"));
  }

  private synchronized void look(JsonNode services, JsonNode tasks) {
    for (JsonNode service : services) {
      String image = image(service.at("/Spec/TaskTemplate"));
      Seen of = seen.computeIfAbsent(service.at("/Spec/Name").asText(), name -> Seen.nothing());
      of.images.add(image);
      note(
          service.at("/Spec/Name").asText(),
          image
              + " "
              + service.path("UpdateStatus")
              + " before: "
              + image(service.at("/PreviousSpec/TaskTemplate")));
      if (service.at("/UpdateStatus/State").asText().startsWith("rollback")) {
        lastRollback.put(service.at("/Spec/Name").asText(), Instant.now());
      }
      String id = service.path("ID").asText();
      Set<String> slots = new TreeSet<>();
      int other = 0;
      for (JsonNode task : tasks) {
        if (!task.path("ServiceID").asText().equals(id)) {
          continue;
        }
        boolean runs = task.at("/Status/State").asText().equals("running");
        String what = image(task.path("Spec"));
        of.tasks.merge(
            task.path("ID").asText(),
            new Task(what, runs, task.at("/Status/Err").asText("")),
            (before, now) ->
                new Task(
                    what, before.ran || now.ran, now.error.isEmpty() ? before.error : now.error));
        if (task.path("DesiredState").asText().equals("running")) {
          if (runs && digest(what).equals(digest(image))) {
            slots.add(task.path("Slot").asText());
          } else {
            other++;
          }
        }
      }
      if (other == 0 && slots.size() == service.at("/Spec/Mode/Replicated/Replicas").asInt()) {
        of.converged.add(digest(image));
      }
    }
  }

  private void note(String service, String now) {
    if (!now.equals(lastSaid.put(service, now))) {
      history.add(Instant.now() + " " + service + " " + now);
    }
  }

  /// What the services became, one after the other.
  synchronized List<String> history() {
    return List.copyOf(history);
  }

  /// Whether Swarm was seen going back with a service since then.
  synchronized boolean sawRollback(String service, Instant since) {
    return lastRollback.getOrDefault(service, Instant.MIN).isAfter(since);
  }

  /// What was seen of a service until now.
  synchronized Seen of(String service) {
    Seen of = seen.getOrDefault(service, Seen.nothing());
    return new Seen(
        new TreeSet<>(of.images), new LinkedHashMap<>(of.tasks), new TreeSet<>(of.converged));
  }

  private static String image(JsonNode template) {
    return template.at("/ContainerSpec/Image").asText();
  }

  static String digest(String image) {
    return image.substring(image.indexOf('@') + 1);
  }

  @Override
  public void close() {
    closed.countDown();
    looking.interrupt();
  }
}
