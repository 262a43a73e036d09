package dev.waggle.agent.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Rollout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class OutcomeLogTest {

  @Test
  void everyOutcomeHasItsOwnName() {
    assertThat(names(Arrays.stream(Outcome.values())))
        .doesNotHaveDuplicates()
        .hasSize(Outcome.values().length);
  }

  @Test
  void everyNameIsAnOutcomes() {
    assertThat(Outcome.values())
        .allSatisfy(
            outcome -> {
              assertThat(Outcome.of(outcome.toString())).contains(outcome);
              assertThat(Outcome.named(outcome.toString())).contains(Set.of(outcome));
            });
    assertThat(Outcome.of("failed")).isEmpty();
    assertThat(Outcome.named("roled back")).isEmpty();
  }

  @Test
  void theSetsHoldWhatTheReferenceSays() {
    assertThat(Outcome.named("all").orElseThrow()).containsExactlyInAnyOrder(Outcome.values());
    assertThat(Outcome.named("changed").orElseThrow()).containsExactly(Outcome.UPDATED);
    assertThat(names(Outcome.named("failed").orElseThrow().stream()))
        .containsExactlyInAnyOrderElementsOf(
            names(
                Arrays.stream(Outcome.values())
                    .filter(
                        outcome ->
                            switch (outcome) {
                              case UPDATED,
                                  ALREADY_CURRENT,
                                  NO_SERVICE_WANTS_IT,
                                  SUPERSEDED,
                                  NOT_AN_IMAGE ->
                                  false;
                              default -> true;
                            })));
  }

  @Test
  void onlyWhatSomebodyMustLookAtIsMoreThanInformation() {
    assertThat(
            names(Arrays.stream(Outcome.values()).filter(outcome -> outcome.level() == Level.INFO)))
        .containsExactly(
            "updated", "already current", "no service wants it", "superseded", "not an image");
  }

  @Test
  void saysWhy() {
    assertThat(Reports.rolledBack("unhealthy").fields()).containsEntry("detail", "unhealthy");
    assertThat(Reports.of(Outcome.SUPERSEDED, "by another").fields())
        .containsEntry("detail", "by another");
    assertThat(Reports.updated().fields()).doesNotContainKey("detail");
  }

  @Test
  void hasNothingToTellOfWhatHasNotEnded() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Report.of(
                    "playlistlog",
                    Rollout.of(Reports.PUSH, Rollout.Cause.PUSH, Reports.NOON, Reports.NOON)));
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
    new OutcomeLog(log.logger()).write(Reports.rolledBack("unhealthy"));
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
  void theReferenceListsEveryOutcome() throws IOException {
    assertThat(
            Files.readString(Path.of("..", "docs", "reference.md"))
                .lines()
                .map(line -> line.split("\\|", -1))
                .filter(cells -> cells.length == 4)
                .map(cells -> cells[1].strip())
                .toList())
        .containsSubsequence(names(Arrays.stream(Outcome.values())));
  }

  private static List<String> names(Stream<Outcome> outcomes) {
    return outcomes.map(Outcome::toString).toList();
  }
}
