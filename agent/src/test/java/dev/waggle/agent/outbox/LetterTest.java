package dev.waggle.agent.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.agent.record.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class LetterTest {

  private static final String HOSTILE = "task: <!channel> @everyone & \"_x_\"\n\u0007second `line`";

  @Test
  void tellsSlack() {
    Letter letter = letter("slack https://hooks.slack.com/services/x", Reports.rolledBack(HOSTILE));
    assertThat(letter.uri()).hasToString("https://hooks.slack.com/services/x");
    assertThat(letter.contentType()).isEqualTo("application/json; charset=UTF-8");
    assertThat(letter.text())
        .isEqualTo(
            """
            {"text":"playlistlog: rolled back\\nvorce/playlistlog:2, 9.3 s after the push\\ntask: &lt;!channel&gt; \
            @everyone &amp; \\"_x_\\" second `line`","mrkdwn":false,"unfurl_links":false,"unfurl_media":false}\
            """);
  }

  @Test
  void tellsDiscord() {
    Letter letter =
        letter("discord https://discord.com/api/webhooks/1/x", Reports.rolledBack(HOSTILE));
    assertThat(letter.uri()).hasToString("https://discord.com/api/webhooks/1/x");
    assertThat(letter.text())
        .isEqualTo(
            """
            {"content":"playlistlog\\\\: rolled back\\nvorce/playlistlog\\\\:2, 9.3 s after the push\\ntask\\\\: \
            \\\\<!channel\\\\> \\\\@everyone & \\"\\\\_x\\\\_\\" second \\\\`line\\\\`",\
            "allowed_mentions":{"parse":[]},"flags":4}\
            """);
  }

  @Test
  void tellsNtfy() {
    Letter letter = letter("ntfy https://ntfy.example/base/waggle", Reports.rolledBack(HOSTILE));
    assertThat(letter.uri()).hasToString("https://ntfy.example/base/");
    assertThat(letter.text())
        .isEqualTo(
            """
            {"topic":"waggle","title":"playlistlog: rolled back","message":"vorce/playlistlog:2, 9.3 s after the \
            push\\ntask: <!channel> @everyone & \\"_x_\\" second `line`","priority":4,"tags":["rotating_light"]}\
            """);
  }

  @Test
  void tellsReceiversOfCloudEvents() {
    Letter letter = letter("cloudevents https://example.com/events", Reports.updated());
    assertThat(letter.contentType()).isEqualTo("application/cloudevents+json; charset=UTF-8");
    assertThat(letter.text())
        .isEqualTo(
            """
            {"specversion":"1.0","id":"JKJaXmPLvHcESHA=/playlistlog","source":"/waggle/agent",\
            "type":"dev.waggle.rollout.updated","subject":"playlistlog","time":"2026-11-01T12:00:09.250Z",\
            "datacontenttype":"application/json","data":{"outcome":"updated","deliveryId":"JKJaXmPLvHcESHA=",\
            "repository":"vorce/playlistlog","tag":"2",\
            "digest":"sha256:2222222222222222222222222222222222222222222222222222222222222222",\
            "evidence":"confirmed","service":"playlistlog","pushedAt":"2026-11-01T12:00:00Z",\
            "acceptedAt":"2026-11-01T12:00:01Z","acceptedAfterMs":1000,"queuedAt":"2026-11-01T12:00:01.050Z",\
            "queuedAfterMs":50,"receivedAt":"2026-11-01T12:00:01.250Z","receivedAfterMs":200,\
            "startedAt":"2026-11-01T12:00:02Z","startedAfterMs":750,"firstServingAt":"2026-11-01T12:00:04Z",\
            "firstServingAfterMs":2000,"convergedAt":"2026-11-01T12:00:09.250Z","convergedAfterMs":5250,\
            "closedAt":"2026-11-01T12:00:09.250Z","closedAfterMs":0,"tookMs":9250}}\
            """);
  }

  @Test
  void tellsOfTheWholeSwarmByItsImage() throws IOException {
    Letter letter = letter("cloudevents https://example.com/events", Reports.unwanted());
    JsonNode event = new JsonMapper().readTree(letter.text());
    assertThat(event.path("id").textValue()).isEqualTo("JKJaXmPLvHcESHA=");
    assertThat(event.path("type").textValue()).isEqualTo("dev.waggle.rollout.no-service-wants-it");
    assertThat(event.path("subject").textValue()).isEqualTo("vorce/playlistlog:2");
    assertThat(letter("slack https://slack.example/x", Reports.unwanted()).text())
        .contains(
            "vorce/playlistlog:2: no service wants it\\n"
                + "vorce/playlistlog:2, 0.4 s after the delivery");
  }

  @Test
  void shortensADetailWithoutCuttingALetterInTwo() throws IOException {
    for (String address :
        List.of(
            "slack https://a.example/x",
            "discord https://a.example/x",
            "ntfy https://a.example/x",
            "cloudevents https://a.example/x")) {
      for (String padding : List.of("", "a")) {
        Letter letter = letter(address, Reports.rolledBack(padding + "🐝".repeat(3000)));
        assertThat(letter.text().length()).isLessThan(2000);
        assertThat(new String(letter.bytes(), StandardCharsets.UTF_8))
            .isEqualTo(letter.text())
            .contains("🐝…");
      }
    }
  }

  @Test
  void staysWithinWhatDiscordTakes() throws IOException {
    Letter letter =
        letter(
            "discord https://a.example/x",
            Reports.of("_".repeat(1500), Outcome.PAUSED, "*".repeat(600)));
    assertThat(new JsonMapper().readTree(letter.text()).path("content").textValue()).hasSize(2000);
  }

  private static Letter letter(String address, Report report) {
    return Letter.to(Address.parse(List.of(address)).getFirst(), report);
  }
}
