package dev.waggle.comparison;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.comparison.Results.Judgement;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What each tool says in situations that invite a mistake, and what the engine says is true. All
/// tools meet a situation at the same time, each with a service of its own.
final class TruthMeasurement {

  /// Whoever has said nothing by then has said nothing.
  static final Duration LIMIT = Duration.ofSeconds(90);

  /// Within that, where Swarm waits for ever.
  private static final String TIMEOUT = "45s";

  private static final Duration UNTIL_SUPERSEDED = Duration.ofSeconds(1);
  private static final Duration UNTIL_ROLLING = Duration.ofSeconds(15);
  private static final String REPOSITORY = PlaylistlogImages.REPOSITORY;
  private static final JsonMapper JSON = new JsonMapper();

  private final Scene scene;
  private final List<Contender> told;

  /// @param told those that are told of a push; the loop looks for itself
  TruthMeasurement(Scene scene, List<Contender> told) {
    this.scene = scene;
    this.told = List.copyOf(told);
  }

  /// A tool's service in every situation.
  static String service(Tool tool) {
    return "playlistlog-" + tool.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// A push of a situation.
  ///
  /// @param digest null if the registry does not have it
  private record Push(String tag, @Nullable String digest) {}

  private record Made(Push push, Contender.Attempt attempt) {}

  /// A tool in a situation, what it was told and what it said of each.
  private record Side(Contender contender, List<Made> made, List<Optional<Statement>> said) {

    static Side of(Contender contender) {
      return new Side(contender, new ArrayList<>(), new ArrayList<>());
    }

    Tool tool() {
      return contender.tool();
    }

    void push(Push push) {
      made.add(new Made(push, contender.push(service(tool()), push.tag())));
    }

    void close() {
      made.forEach(one -> one.attempt().close());
    }
  }

  private record Fact(Claim claim, String words) {}

  List<Judgement> measure(List<Situation> situations) throws InterruptedException {
    List<Judgement> judgements = new ArrayList<>();
    for (Situation situation : situations) {
      System.out.println(situation.title());
      List<Judgement> made = meet(situation);
      made.forEach(
          judgement ->
              System.out.println(
                  "  "
                      + (judgement.right() ? "right" : "WRONG")
                      + "  "
                      + judgement.tool().title()
                      + " after "
                      + judgement.seconds()
                      + " s: "
                      + judgement.words()
                      + " / "
                      + judgement.facts()));
      judgements.addAll(made);
    }
    return judgements;
  }

  private List<Judgement> meet(Situation situation) throws InterruptedException {
    String name = situation.name().toLowerCase(Locale.ROOT).replace('_', '-');
    String moving = name + "-moving";
    String before = push(name + "-before", "before", Health.HEALTHY);
    push(moving, "before", Health.HEALTHY);
    List<Tool> tools = new ArrayList<>(told.stream().map(Contender::tool).toList());
    tools.add(Tool.POLLING_LOOP);
    for (Tool tool : tools) {
      String tag = tool == Tool.POLLING_LOOP ? moving : name + "-before";
      scene.create(specification(situation, tool, REPOSITORY + ":" + tag + "@" + before));
    }
    try (TimedLines events =
            scene.docker("events", "--filter", "type=service", "--format", "{{json .}}");
        PollingLoop loop = PollingLoop.start(scene)) {
      Push push = push(situation, name);
      if (push.digest() != null) {
        move(moving, situation, name);
      }
      List<Contender> contenders = new ArrayList<>(told);
      contenders.add(loop);
      return judge(situation, contenders, push, before, events, moving);
    } finally {
      scene.remove(tools.stream().map(TruthMeasurement::service).toList());
    }
  }

  private List<Judgement> judge(
      Situation situation,
      List<Contender> contenders,
      Push first,
      String before,
      TimedLines events,
      String moving)
      throws InterruptedException {
    Instant begun = Instant.now();
    List<Side> sides = contenders.stream().map(Side::of).toList();
    try {
      sides.forEach(side -> side.push(first));
      if (situation == Situation.ENGINE_RESTARTED) {
        restartInTheMiddle(first);
      }
      if (situation == Situation.SUPERSEDED) {
        pause(UNTIL_SUPERSEDED);
        String tag = first.tag() + "-newer";
        Push second = new Push(tag, push(tag, "newer", Health.HEALTHY));
        push(moving, "newer", Health.HEALTHY);
        for (Side side : sides) {
          if (side.tool() == Tool.POLLING_LOOP) {
            // A tag that has moved on says nothing of what it named before.
            side.made().clear();
          }
          side.push(second);
        }
      }
      for (Side side : sides) {
        for (Made made : side.made()) {
          side.said().add(made.attempt().await(begun.plus(LIMIT)));
        }
      }
      return sides.stream().map(side -> judgement(situation, side, before, events, begun)).toList();
    } finally {
      sides.forEach(Side::close);
    }
  }

  private Judgement judgement(
      Situation situation, Side side, String before, TimedLines events, Instant begun) {
    Tool tool = side.tool();
    List<String> words = new ArrayList<>();
    List<String> facts = new ArrayList<>();
    boolean right = true;
    Claim claim = Claim.UNKNOWN;
    Claim truth = Claim.UNKNOWN;
    for (int i = 0; i < side.made().size(); i++) {
      Push push = side.made().get(i).push();
      Optional<Statement> statement = side.said().get(i);
      Fact fact = fact(service(tool), push, before, events, situation.replicas());
      truth = fact.claim();
      claim = statement.map(Statement::claim).orElse(Claim.UNKNOWN);
      if (tool == Tool.POLLING_LOOP
          && claim == Claim.UNKNOWN
          && (push.digest() == null || truth == Claim.WAS_THERE)) {
        // Its own tag did not move, and that is what it says.
        claim = truth;
      }
      right &= claim.isRight(truth);
      words.add(
          statement.map(Statement::words).orElse("nothing within " + LIMIT.toSeconds() + " s"));
      facts.add(fact.words());
    }
    // Where the private engine's socket lies is of this run alone.
    String said =
        joined(words).replace(scene.engine().dockerHost().toString(), "unix:///.../docker.sock");
    return new Judgement(
        situation,
        tool,
        claim,
        said,
        side.said().stream()
            .flatMap(Optional::stream)
            .map(Statement::at)
            .max(Instant::compareTo)
            .map(at -> Math.round(Duration.between(begun, at).toMillis() / 100.0) / 10.0)
            .orElse(null),
        truth,
        joined(facts),
        right);
  }

  private static String joined(List<String> texts) {
    return texts.size() == 1
        ? texts.getFirst()
        : "first: " + texts.getFirst() + "; second: " + texts.getLast();
  }

  private Fact fact(String name, Push push, String before, TimedLines events, int replicas) {
    JsonNode service = scene.api().service(name);
    JsonNode tasks = scene.api().tasks(name);
    String image = service.at("/Spec/TaskTemplate/ContainerSpec/Image").asText();
    String state = service.at("/UpdateStatus/State").asText("");
    String digest = push.digest() == null ? "no digest" : push.digest();
    if (digest.equals(before)) {
      String previous = service.at("/PreviousSpec/TaskTemplate/ContainerSpec/Image").asText();
      return new Fact(
          Claim.WAS_THERE,
          previous.contains(digest)
              ? "ran it before; what a rollback would go back to is overwritten"
              : "ran it before");
    }
    long running = slots(tasks, digest, false);
    if (running == replicas
        && image.contains(digest)
        && (state.isEmpty() || state.equals("completed"))) {
      return new Fact(Claim.WENT_LIVE, running + " of " + replicas + " run it");
    }
    if (slots(tasks, digest, true) == replicas && completed(events, name, digest)) {
      return new Fact(Claim.WENT_LIVE, "every task ran it, until it was replaced");
    }
    boolean named =
        image.contains(digest) || image.replaceFirst("@.*", "").endsWith(":" + push.tag());
    return new Fact(
        Claim.DID_NOT_GO_LIVE,
        running
            + " of "
            + replicas
            + " run it; the specification "
            + (named ? "names it" : "does not name it")
            + (state.isEmpty() ? "" : "; update " + state.replace('_', ' ')));
  }

  /// @param past whether tasks count that ran it until they were told to end
  private static long slots(JsonNode tasks, String digest, boolean past) {
    return tasks
        .valueStream()
        .filter(task -> task.at("/Spec/ContainerSpec/Image").asText().contains(digest))
        .filter(
            task ->
                task.at("/Status/State").asText().equals("running")
                    || (past && endedWhenTold(task.path("Status"))))
        .map(task -> task.path("Slot").asInt())
        .distinct()
        .count();
  }

  private static boolean endedWhenTold(JsonNode status) {
    return status.path("State").asText().equals("shutdown")
        && status.path("Err").asText("").isEmpty();
  }

  /// Whether Swarm completed an update while the service had the content.
  private static boolean completed(TimedLines events, String service, String digest) {
    String image = "";
    for (TimedLines.Line line : events.all()) {
      JsonNode attributes;
      try {
        attributes = JSON.readTree(line.text()).at("/Actor/Attributes");
      } catch (JsonProcessingException endOfTheEngine) {
        continue;
      }
      if (!attributes.path("name").asText().equals(service)) {
        continue;
      }
      image = attributes.path("image.new").asText(image);
      if (image.contains(digest)
          && attributes.path("updatestate.new").asText().equals("completed")) {
        return true;
      }
    }
    return false;
  }

  private static Map<String, String> waggleLabels(Situation situation) {
    Map<String, String> labels =
        new HashMap<>(Map.of("waggle.tags", "*", "waggle.timeout", TIMEOUT));
    switch (situation) {
      case NEVER_HEALTHY_ROLLBACK, NEVER_HEALTHY_PAUSE, NEVER_HEALTHY_CONTINUE ->
          labels.put("waggle.failure-action", situation.failureAction());
      case GOOD,
          SAME_AGAIN,
          TAG_MISSING,
          CRASH_AFTER_START,
          HOST_PORT,
          SUPERSEDED,
          ENGINE_RESTARTED -> {
        // Waggle's own default.
      }
    }
    return labels;
  }

  /// One that no other tool's service has.
  private static int port(Tool tool) {
    return switch (tool) {
      case WAGGLE -> 8081;
      case BARE_COMMAND -> 8082;
      case WEBHOOK_SCRIPT -> 8083;
      case POLLING_LOOP -> 8084;
    };
  }

  private ObjectNode specification(Situation situation, Tool tool, String image) {
    Map<String, String> labels =
        switch (tool) {
          case WAGGLE -> waggleLabels(situation);
          case POLLING_LOOP -> Map.of(PollingLoop.LABEL, "");
          case BARE_COMMAND, WEBHOOK_SCRIPT -> Map.of();
        };
    ObjectNode spec = scene.specification(service(tool), image, situation.replicas(), labels);
    spec.withObject("/UpdateConfig")
        .put("Parallelism", 1)
        .put("Monitor", TimeUnit.SECONDS.toNanos(5))
        .put("FailureAction", situation.failureAction());
    if (situation == Situation.HOST_PORT) {
      spec.withObject("/EndpointSpec")
          .putArray("Ports")
          .addObject()
          .put("Protocol", "tcp")
          .put("PublishMode", "host")
          .put("TargetPort", PlaylistlogImages.PORT)
          .put("PublishedPort", port(tool));
    }
    return spec;
  }

  private Push push(Situation situation, String name) {
    return switch (situation) {
      case TAG_MISSING -> new Push(name, null);
      case SAME_AGAIN -> new Push(name, push(name, "before", Health.HEALTHY));
      case GOOD,
          NEVER_HEALTHY_ROLLBACK,
          NEVER_HEALTHY_PAUSE,
          NEVER_HEALTHY_CONTINUE,
          CRASH_AFTER_START,
          HOST_PORT,
          SUPERSEDED,
          ENGINE_RESTARTED ->
          new Push(name, push(name, name, situation.health()));
    };
  }

  private void move(String moving, Situation situation, String name) {
    push(moving, situation == Situation.SAME_AGAIN ? "before" : name, situation.health());
  }

  private String push(String tag, String answer, Health health) {
    return scene.images().push(REPOSITORY, tag, answer, health);
  }

  private void restartInTheMiddle(Push push) {
    List<String> services = told.stream().map(contender -> service(contender.tool())).toList();
    Await.until(
        "the update of " + services.stream().collect(Collectors.joining(", ")),
        UNTIL_ROLLING,
        () ->
            services.stream()
                .allMatch(
                    service -> scene.api().image(service).contains(String.valueOf(push.digest()))));
    scene.engine().killEngine();
    scene.engine().startEngine();
  }

  static void pause(Duration time) throws InterruptedException {
    boolean _ = new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
  }
}
