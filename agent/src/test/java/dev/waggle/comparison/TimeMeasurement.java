package dev.waggle.comparison;

import dev.waggle.comparison.Results.Timing;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How long it takes from a push, or a typed command, until it is known that the service runs it:
/// the tools in turns, on the same service and between the same two images.
final class TimeMeasurement {

  static final String SERVICE = "playlistlog";

  private static final List<String> CONTENTS = List.of("odd", "even");
  private static final int REPLICAS = 2;
  private static final Duration LONGEST = Duration.ofMinutes(1);

  private final Scene scene;
  private final List<Contender> contenders;
  private int rollouts;

  TimeMeasurement(Scene scene, List<Contender> contenders) {
    this.scene = scene;
    this.contenders = List.copyOf(contenders);
  }

  /// Measures, the first tool being another one in every round.
  List<Timing> measure(int rounds) throws InterruptedException {
    scene.create(
        scene.specification(
            SERVICE,
            PlaylistlogImages.REPOSITORY + ":time-0@" + push("time-0"),
            REPLICAS,
            Map.of("waggle.tags", "*")));
    // The first of each loads programs and pages that the others find loaded.
    for (Contender contender : contenders) {
      rollout(contender, 0);
    }
    List<Timing> timings = new ArrayList<>();
    List<Contender> order = new ArrayList<>(contenders);
    for (int round = 1; round <= rounds; round++) {
      for (Contender contender : order) {
        timings.add(rollout(contender, round));
      }
      Collections.rotate(order, 1);
    }
    scene.remove(List.of(SERVICE));
    return timings;
  }

  private Timing rollout(Contender contender, int round) throws InterruptedException {
    // A tag of its own: without Docker Hub's record, the queue takes one that returns within
    // minutes for a repetition.
    String tag = "time-" + ++rollouts;
    push(tag);
    scene.awaitSettled(SERVICE, REPLICAS);
    Instant begun = Instant.now();
    try (Contender.Attempt attempt = contender.push(SERVICE, tag)) {
      Statement statement =
          attempt
              .await(begun.plus(LONGEST))
              .filter(said -> said.claim() == Claim.WENT_LIVE)
              .orElseThrow(
                  () ->
                      new IllegalStateException(
                          contender.tool() + " did not say that " + tag + " went live"));
      Timing timing =
          new Timing(
              contender.tool(),
              round,
              milliseconds(begun, updateCall(begun)),
              milliseconds(
                  begun,
                  Instant.parse(
                      scene.api().service(SERVICE).at("/UpdateStatus/CompletedAt").asText())),
              milliseconds(begun, statement.at()));
      System.out.printf(
          Locale.ROOT,
          "round %2d  %-20s update call %6.1f ms  completed %8.1f ms  known %8.1f ms%n",
          round,
          contender.tool().title(),
          timing.updateCall(),
          timing.completed(),
          timing.known());
      return timing;
    }
  }

  private String push(String tag) {
    return scene
        .images()
        .push(
            PlaylistlogImages.REPOSITORY,
            tag,
            CONTENTS.get(rollouts % CONTENTS.size()),
            Health.HEALTHY);
  }

  /// The first that the engine tells of the service after a moment is that it took an update.
  private Instant updateCall(Instant after) {
    String filters = "{\"type\":[\"service\"],\"service\":[\"" + SERVICE + "\"]}";
    long nanoseconds =
        scene
            .api()
            .get(
                "/events?since="
                    + seconds(after)
                    + "&until="
                    + seconds(Instant.now())
                    + "&filters="
                    + URLEncoder.encode(filters, StandardCharsets.UTF_8))
            .path("timeNano")
            .asLong();
    return Instant.ofEpochSecond(0, nanoseconds);
  }

  private static String seconds(Instant time) {
    return "%d.%09d".formatted(time.getEpochSecond(), time.getNano());
  }

  static double milliseconds(Instant from, Instant to) {
    return Math.round(Duration.between(from, to).toNanos() / 1e5) / 10.0;
  }
}
