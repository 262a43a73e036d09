package dev.waggle.comparison;

import dev.waggle.comparison.Results.Loss;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// What becomes of three pushes that are made while the host is off: the engine with the agent, the
/// webhook and the loop. Docker Hub, the registry, the function and the queue are elsewhere, and go
/// on.
final class LossMeasurement {

  private static final int PUSHES = 3;
  private static final Duration LONGEST = Duration.ofMinutes(2);
  private static final String MOVING = "loss-moving";
  private static final String REPOSITORY = PlaylistlogImages.REPOSITORY;

  private final Scene scene;

  LossMeasurement(Scene scene) {
    this.scene = scene;
  }

  List<Loss> measure(Waggle waggle, WebhookScript webhook) throws InterruptedException {
    String before = push("loss-0", 0);
    push(MOVING, 0);
    for (Tool tool : List.of(Tool.WAGGLE, Tool.WEBHOOK_SCRIPT, Tool.POLLING_LOOP)) {
      scene.create(
          scene.specification(
              TruthMeasurement.service(tool),
              REPOSITORY + ":" + (tool == Tool.POLLING_LOOP ? MOVING : "loss-0") + "@" + before,
              1,
              switch (tool) {
                case WAGGLE -> Map.of("waggle.tags", "*");
                case POLLING_LOOP -> Map.of(PollingLoop.LABEL, "");
                case BARE_COMMAND, WEBHOOK_SCRIPT -> Map.of();
              }));
    }
    String newest = before;
    for (int push = 1; push <= PUSHES; push++) {
      newest = push("loss-" + push, push);
      push(MOVING, push);
    }
    webhook.stop();
    scene.engine().stopEngine();
    System.out.println("the host is off");
    List<Contender.Attempt> closings = new ArrayList<>();
    int refused = 0;
    for (int push = 1; push <= PUSHES; push++) {
      closings.add(waggle.push(TruthMeasurement.service(Tool.WAGGLE), "loss-" + push));
      if (!webhook.deliver(TruthMeasurement.service(Tool.WEBHOOK_SCRIPT), "loss-" + push)) {
        refused++;
      }
    }
    scene.engine().startEngine();
    Instant on = Instant.now();
    System.out.println("the host is on");
    webhook.start();
    try (PollingLoop _ = PollingLoop.start(scene)) {
      Map<Tool, Instant> runs = awaitNewest(newest, on);
      List<String> words = new ArrayList<>();
      int unknown = 0;
      for (Contender.Attempt closing : closings) {
        Optional<Statement> statement = closing.await(on.plus(LONGEST));
        unknown += statement.isEmpty() ? 1 : 0;
        words.add(statement.map(Statement::words).orElse("nothing"));
      }
      List<Loss> losses =
          List.of(
              loss(Tool.WAGGLE, unknown, on, runs, String.join("; ", words)),
              loss(
                  Tool.WEBHOOK_SCRIPT,
                  refused,
                  on,
                  runs,
                  "nothing: Docker Hub found nobody, and does not try again"),
              loss(
                  Tool.POLLING_LOOP,
                  PUSHES - 1,
                  on,
                  runs,
                  "what a moving tag names in the end; of tags that do not move, nothing"));
      losses.forEach(System.out::println);
      return losses;
    } finally {
      scene.remove(
          Stream.of(Tool.WAGGLE, Tool.WEBHOOK_SCRIPT, Tool.POLLING_LOOP)
              .map(TruthMeasurement::service)
              .toList());
    }
  }

  /// When each came to run it. The webhook, whom nobody tells, has as long as the others need.
  private Map<Tool, Instant> awaitNewest(String newest, Instant on) throws InterruptedException {
    Map<Tool, Instant> runs = new EnumMap<>(Tool.class);
    while (!runs.keySet().containsAll(List.of(Tool.WAGGLE, Tool.POLLING_LOOP))
        && Instant.now().isBefore(on.plus(LONGEST))) {
      for (Tool tool : List.of(Tool.WAGGLE, Tool.WEBHOOK_SCRIPT, Tool.POLLING_LOOP)) {
        if (!runs.containsKey(tool) && runs(TruthMeasurement.service(tool), newest)) {
          runs.put(tool, Instant.now());
        }
      }
      TruthMeasurement.pause(Duration.ofMillis(200));
    }
    return runs;
  }

  private boolean runs(String service, String digest) {
    return scene
        .api()
        .tasks(service)
        .valueStream()
        .filter(task -> task.path("DesiredState").asText().equals("running"))
        .filter(task -> task.at("/Spec/ContainerSpec/Image").asText().contains(digest))
        .anyMatch(task -> task.at("/Status/State").asText().equals("running"));
  }

  private static Loss loss(Tool tool, int lost, Instant on, Map<Tool, Instant> runs, String words) {
    Instant since = runs.get(tool);
    return new Loss(
        tool,
        lost,
        since != null,
        since == null ? null : Math.round(Duration.between(on, since).toMillis() / 100.0) / 10.0,
        words);
  }

  private String push(String tag, int number) {
    return scene.images().push(REPOSITORY, tag, "loss " + number, Health.HEALTHY);
  }
}
