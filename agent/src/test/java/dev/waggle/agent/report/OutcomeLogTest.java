package dev.waggle.agent.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.rollout.RolloutOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class OutcomeLogTest {

  private static final List<RolloutOutcome> EVERY_OUTCOME =
      List.of(
          new RolloutOutcome.Updated(),
          new RolloutOutcome.AlreadyCurrent(),
          new RolloutOutcome.NoServiceWantsIt(),
          new RolloutOutcome.RolledBack("unhealthy"),
          new RolloutOutcome.RolledBackBefore("unhealthy"),
          new RolloutOutcome.Paused("unhealthy"),
          new RolloutOutcome.TimedOut("no suitable node", false),
          new RolloutOutcome.Superseded("by vorce/playlistlog:3 that the service has"),
          new RolloutOutcome.Removed(),
          new RolloutOutcome.RefusedByRegistry("manifest unknown"),
          new RolloutOutcome.Unauthorised("denied"),
          new RolloutOutcome.RejectedByEngine("invalid"),
          new RolloutOutcome.LeftAlone("waggle.tags is empty"));

  @Test
  void everyOutcomeHasItsOwnName() {
    assertThat(EVERY_OUTCOME.stream().map(Object::getClass))
        .containsExactlyInAnyOrderElementsOf(
            Arrays.asList(RolloutOutcome.class.getPermittedSubclasses()));
    assertThat(names(EVERY_OUTCOME.stream())).doesNotHaveDuplicates().hasSameSizeAs(EVERY_OUTCOME);
  }

  @Test
  void everyNameIsAnOutcomes() {
    assertThat(EVERY_OUTCOME.stream().map(outcome -> report(outcome).outcome()))
        .containsExactlyInAnyOrder(OutcomeName.values());
  }

  @Test
  void onlyWhatSomebodyMustLookAtIsMoreThanInformation() {
    assertThat(
            names(
                EVERY_OUTCOME.stream()
                    .filter(outcome -> report(outcome).outcome().level() == Level.INFO)))
        .containsExactly("updated", "already current", "no service wants it", "superseded");
  }

  @Test
  void saysWhy() {
    assertThat(report(new RolloutOutcome.RolledBack("unhealthy")).detail()).isEqualTo("unhealthy");
    assertThat(report(new RolloutOutcome.Superseded("by another")).detail())
        .isEqualTo("by another");
    assertThat(report(new RolloutOutcome.TimedOut("no suitable node", true)).detail())
        .isEqualTo("no suitable node; Swarm was told to go back to the image before");
    assertThat(report(new RolloutOutcome.TimedOut("", true)).detail())
        .isEqualTo("Swarm was told to go back to the image before");
  }

  @Test
  void tellsTheTimeBetweenTheStationsThatWerePassed() {
    assertThat(Reports.updated().fields())
        .isEqualTo(
            Map.ofEntries(
                Map.entry("outcome", "updated"),
                Map.entry("deliveryId", "JKJaXmPLvHcESHA="),
                Map.entry("repository", "vorce/playlistlog"),
                Map.entry("tag", "2"),
                Map.entry("digest", "sha256:" + "2".repeat(64)),
                Map.entry("evidence", "confirmed"),
                Map.entry("service", "playlistlog"),
                Map.entry("pushedAt", "2026-11-01T12:00:00Z"),
                Map.entry("acceptedAt", "2026-11-01T12:00:01Z"),
                Map.entry("acceptedAfterMs", 1000L),
                Map.entry("queuedAt", "2026-11-01T12:00:01.050Z"),
                Map.entry("queuedAfterMs", 50L),
                Map.entry("receivedAt", "2026-11-01T12:00:01.250Z"),
                Map.entry("receivedAfterMs", 200L),
                Map.entry("startedAt", "2026-11-01T12:00:02Z"),
                Map.entry("startedAfterMs", 750L),
                Map.entry("firstServingAt", "2026-11-01T12:00:04Z"),
                Map.entry("firstServingAfterMs", 2000L),
                Map.entry("convergedAt", "2026-11-01T12:00:09.250Z"),
                Map.entry("convergedAfterMs", 5250L),
                Map.entry("closedAt", "2026-11-01T12:00:09.250Z"),
                Map.entry("closedAfterMs", 0L),
                Map.entry("tookMs", 9250L)));
  }

  @Test
  void skipsTheStationsThatWereNotPassed() {
    assertThat(Reports.unwanted().fields())
        .doesNotContainKeys(
            "digest",
            "service",
            "detail",
            "pushedAt",
            "acceptedAfterMs",
            "startedAt",
            "firstServingAt",
            "convergedAt")
        .containsEntry("closedAfterMs", 100L)
        .containsEntry("tookMs", 350L);
  }

  @Test
  void closesAPushWithOneLineOfTheReportsFields() {
    CapturedLog log = new CapturedLog();
    Reports.tell(new OutcomeLog(log.logger()), new RolloutOutcome.RolledBack("unhealthy"));
    assertThat(log.lines())
        .singleElement()
        .satisfies(
            line -> {
              assertThat(line.path("message").textValue()).isEqualTo("push closed");
              assertThat(line.path("level").textValue()).isEqualTo("ERROR");
              assertThat(line.path("outcome").textValue()).isEqualTo("rolled back");
              assertThat(line.path("detail").textValue()).isEqualTo("unhealthy");
              assertThat(line.path("startedAfterMs").longValue()).isEqualTo(750);
              assertThat(line.has("convergedAt")).isFalse();
            });
  }

  @Test
  void theReadmeListsEveryOutcome() throws IOException {
    assertThat(
            Files.readString(Path.of("..", "README.md"))
                .lines()
                .map(line -> line.split("\\|", -1))
                .filter(cells -> cells.length == 4)
                .map(cells -> cells[1].strip())
                .toList())
        .containsSubsequence(names(EVERY_OUTCOME.stream()));
  }

  private static Report report(RolloutOutcome outcome) {
    return Report.of(Reports.PUSH, "playlistlog", outcome, Reports.TIMELINE);
  }

  private static List<String> names(Stream<RolloutOutcome> outcomes) {
    return outcomes.map(outcome -> report(outcome).outcome().toString()).toList();
  }
}
