package dev.waggle.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.record.Hold;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Services;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordsCheckTest {

  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

  private final ServiceState site = Services.named("site");

  @Test
  void countsTheRecords() {
    assertThat(check(Map.of())).containsExactly(Finding.ok(Check.RECORDS, "0 records"));
    assertThat(check(Map.of("site", ServiceRecord.of("site"))))
        .containsExactly(Finding.ok(Check.RECORDS, "1 record"));
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S, 0 seconds",
    "PT-5S, 0 seconds",
    "PT1M, 1 minute",
    "PT45M, 45 minutes",
    "PT59M59S, 59 minutes",
    "PT1H, 1 hour",
    "PT23H59M, 23 hours",
    "PT24H, 1 day",
    "PT300H, 12 days"
  })
  void warnsOfAHeldServiceWithItsAgeInTheCoarsestUnit(Duration age, String words) {
    assertThat(check(Map.of("site", held(NOON.minus(age), "a trial"))))
        .contains(
            Finding.warning(
                Check.RECORDS,
                "site is held since " + NOON.minus(age) + " (for " + words + "): a trial",
                "agent release site"));
  }

  @Test
  void namesNoReasonWhereNobodyGaveOne() {
    assertThat(check(Map.of("site", held(NOON.minusMillis(60_001), ""))))
        .extracting(Finding::found)
        .contains("site is held since 2026-11-01T11:58:59Z (for 1 minute)");
  }

  @Test
  void saysNothingOfARecordWhoseServiceIsGoneOrNotOptedIn() {
    site.tree().withObject("/Spec/Labels").remove("waggle.tags");

    assertThat(check(Map.of("site", held(NOON, ""), "gone", held(NOON, ""))))
        .containsExactly(Finding.ok(Check.RECORDS, "2 records"));
  }

  @Test
  void saysWhatAManagerNeedsToListTheRecords() {
    Answer<Map<String, ServiceRecord>> refused = new Answer.None<>("403 forbidden");

    assertThat(RecordsCheck.of(refused, List.of(), true))
        .containsExactly(
            Finding.problem(
                Check.RECORDS,
                "the engine does not list them: 403 forbidden",
                "see the engine's log; a socket proxy must let GET /configs pass"));
    assertThat(RecordsCheck.of(refused, List.of(), false))
        .containsExactly(Finding.skipped(Check.RECORDS, "there is no manager to ask"));
  }

  private List<Finding> check(Map<String, ServiceRecord> records) {
    return RecordsCheck.of(new Answer.Given<>(records, NOON), List.of(site), true);
  }

  private static ServiceRecord held(Instant since, String reason) {
    return ServiceRecord.of("site").held("site", new Hold(since, reason));
  }
}
