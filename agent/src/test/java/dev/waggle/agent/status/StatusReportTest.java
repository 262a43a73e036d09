package dev.waggle.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.Evidence;
import dev.waggle.agent.push.Push;
import dev.waggle.agent.push.Tag;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Hold;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Recorded;
import dev.waggle.agent.record.RecordsInMemory;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.HandClock;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.SwarmInMemory;
import dev.waggle.agent.service.TaskState;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StatusReportTest {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String DIGEST = "sha256:" + "1".repeat(64);
  private static final Instant NOON = Recorded.NOON;
  private static final Clock LATER = new HandClock(NOON.plus(Duration.ofHours(4)));
  private static final Rollout UPDATED =
      pushed("JKJaXmPLvHcESHA=", "2", DIGEST)
          .ended(
              new Ending(
                  Outcome.UPDATED,
                  "",
                  NOON.plusMillis(4500),
                  NOON.minusSeconds(2),
                  NOON.minusSeconds(1),
                  "vorce/playlistlog:1",
                  true));

  private final ObjectNode playlistlog =
      service(
          """
          {
            "ID": "w1ajj55nf1d22gpsw7z2uca3i",
            "Spec": {
              "Name": "playlistlog",
              "Labels": {"waggle.tags": "*"},
              "TaskTemplate": {"ContainerSpec": {"Image": "vorce/playlistlog:2@%s"}},
              "Mode": {"Replicated": {"Replicas": 2}}
            },
            "PreviousSpec": {"Name": "playlistlog"},
            "UpdateStatus": {"State": "completed", "StartedAt": "2026-11-01T11:59:58Z",
                             "CompletedAt": "2026-11-01T12:00:04.5Z"}
          }\
          """
              .formatted(DIGEST));

  private ServiceRecord record = ServiceRecord.of("playlistlog").with("playlistlog", UPDATED, NOON);

  @Test
  void tellsOfAServiceWhatItRunsAndHowItsLastPushEnded() throws InterruptedException {
    StatusReport report = report(playlistlog, up("1"), up("2"));

    assertThat(report.isGood()).isTrue();
    assertThat(report.text())
        .isEqualTo(
            """
            SERVICE      IMAGE                TAGS  PUSHED                LAST PUSH  RUNNING
            playlistlog  vorce/playlistlog:2  *     2026-11-01T11:59:55Z  updated    2 of 2
            """);
  }

  @Test
  void isBadWhenATaskDoesNotRunAndTellsItsError() throws InterruptedException {
    StatusReport report =
        report(
            playlistlog,
            up("1"),
            down("2", "task: non-zero exit (1)", NOON.minusSeconds(5)),
            down("2", "no suitable node", NOON));

    assertThat(report.isGood()).isFalse();
    assertThat(report.text())
        .contains("1 of 2")
        .contains("playlistlog: no suitable node")
        .doesNotContain("non-zero exit");
  }

  @Test
  void countsASlotOnceThatHasTwoTasksWhileItIsUpdated() throws InterruptedException {
    assertThat(report(playlistlog, up("1"), up("1")).services())
        .extracting(ServiceStatus::running)
        .containsExactly(1L);
  }

  @Test
  void doesNotCountATaskThatSwarmHasGivenUp() throws InterruptedException {
    assertThat(
            report(
                    playlistlog,
                    up("1"),
                    new TaskState("2", "node", "image", false, true, null, NOON))
                .services())
        .extracting(ServiceStatus::running)
        .containsExactly(1L);
  }

  @Test
  void tellsTheErrorThatLedToARollback() throws InterruptedException {
    playlistlog.withObject("/UpdateStatus").put("State", "rollback_completed");
    remember(
        pushed("failed", "3", "sha256:" + "3".repeat(64))
            .ended(
                new Ending(
                    Outcome.ROLLED_BACK,
                    "starting container failed\u001b[31m",
                    NOON.plusMillis(9500),
                    NOON.plusSeconds(5),
                    null,
                    "vorce/playlistlog:2@" + DIGEST,
                    false)));

    StatusReport report =
        report(
            playlistlog,
            up("1"),
            up("2"),
            new TaskState("1", "node", "image", false, false, "starting container failed", NOON));

    assertThat(report.isGood()).isTrue();
    assertThat(report.text())
        .contains("2026-11-01T11:59:55Z  rolled back  2 of 2")
        .contains("\nplaylistlog: starting container failed\n")
        .contains(
            "\n"
                + "playlistlog: rolled back 3 at 2026-11-01T12:00:09Z: starting container failed"
                + " [31m\n");
  }

  @Test
  void doesNotSayThatAPushBroughtWhatSomebodyElseGaveTheService() throws InterruptedException {
    playlistlog
        .withObject("/Spec/TaskTemplate/ContainerSpec")
        .put("Image", "vorce/playlistlog:9@sha256:" + "9".repeat(64));

    assertThat(report(playlistlog, up("1"), up("2")).text())
        .contains("*     -       updated    2 of 2");
  }

  @Test
  void saysThatAPushWaitsOrIsRolled() throws InterruptedException {
    Rollout waiting = pushed("waiting", "3", "sha256:" + "3".repeat(64));
    remember(waiting);
    assertThat(report(playlistlog, up("1"), up("2")).text()).contains("  waiting    2 of 2");

    record =
        record.begin(
            waiting,
            Recorded.attempt(NOON, Recorded.image("3", 3), "vorce/playlistlog:2@" + DIGEST));
    assertThat(report(playlistlog, up("1"), up("2")).text()).contains("  rolling    2 of 2");
  }

  @Test
  void tellsOfAHoldSinceWhenWhyAndWhatWaits() throws InterruptedException {
    remember(pushed("waiting", "3", "sha256:" + "3".repeat(64)));
    record = record.held("playlistlog", new Hold(NOON.plusMillis(700), "a fair\u001b[31m"));

    StatusReport report = report(playlistlog, up("1"), up("2"));

    assertThat(report.isGood()).isTrue();
    assertThat(report.text())
        .contains("  held       2 of 2")
        .contains(
            "\n"
                + "playlistlog: held for 3 hours, since 2026-11-01T12:00:00Z (a fair [31m), 1 push"
                + " waits: agent release playlistlog\n");
  }

  @Test
  void tellsOfAHoldForWhichNobodySaidWhy() throws InterruptedException {
    record = record.held("playlistlog", new Hold(NOON, ""));

    assertThat(report(playlistlog, up("1"), up("2")).text())
        .contains("  updated    2 of 2")
        .contains(
            "\nplaylistlog: held for 4 hours, since 2026-11-01T12:00:00Z, 0 pushes wait: agent"
                + " release playlistlog\n");
  }

  @Test
  void saysSoWhenNoPushHasReachedAServiceYet() throws InterruptedException {
    record = ServiceRecord.of("playlistlog");
    playlistlog.remove("UpdateStatus");

    assertThat(report(playlistlog, up("1"), up("2")).text())
        .contains("*     -       no push yet  2 of 2");
  }

  @Test
  void wantsOfAGlobalServiceWhatSwarmWants() throws InterruptedException {
    playlistlog.withObject("/Spec").putObject("Mode").putObject("Global");

    assertThat(report(playlistlog, up("node a"), down("node b", null, NOON)).text())
        .contains("1 of 2");
  }

  @Test
  void isBadWhenALabelHasNoMeaning() throws InterruptedException {
    playlistlog.withObject("/Spec/Labels").put("waggle.order", "start_first");

    StatusReport report = report(playlistlog, up("1"), up("2"));

    assertThat(report.isGood()).isFalse();
    assertThat(report.text())
        .contains("left alone")
        .contains("playlistlog: waggle.order must be one of");
  }

  @Test
  void isBadWhenAJobIsOptedIn() throws InterruptedException {
    playlistlog.withObject("/Spec").putObject("Mode").putObject("ReplicatedJob");

    StatusReport report = report(playlistlog);

    assertThat(report.isGood()).isFalse();
    assertThat(report.text()).contains("is a job");
  }

  @Test
  void tellsOfAServiceWhoseLabelIsMisspelt() throws InterruptedException {
    ObjectNode labels = playlistlog.withObject("/Spec/Labels");
    labels.remove("waggle.tags");
    labels.put("waggle.tag", "*").put("waggle.order", "keep");

    StatusReport report = report(playlistlog, up("1"), up("2"));

    assertThat(report.isGood()).isFalse();
    assertThat(report.text())
        .isEqualTo(
            """
            no service has the label waggle.tags

            playlistlog is not opted in: waggle.order has no effect without waggle.tags;\
             waggle.tag is unknown; did you mean waggle.tags?
            """);
  }

  @Test
  void tellsOfAServiceWhoseLabelIsOnItsContainers() throws InterruptedException {
    playlistlog.withObject("/Spec/Labels").remove("waggle.tags");
    playlistlog
        .withObject("/Spec/TaskTemplate/ContainerSpec/Labels")
        .put("waggle.tags", "*")
        .put("maintainer", "vorce");

    StatusReport report = report(playlistlog, up("1"), up("2"));

    assertThat(report.isGood()).isFalse();
    assertThat(report.text())
        .isEqualTo(
            """
            no service has the label waggle.tags

            playlistlog is not opted in: it has waggle.tags on its containers, where Waggle does\
             not look
            """);
  }

  @Test
  void isBadWhenALabelOfAnOptedInServiceHasNoEffectThoughTheServiceIsNotLeftAlone()
      throws JsonProcessingException, InterruptedException {
    playlistlog.withObject("/Spec/Labels").put("wagle.order", "stop-first");

    StatusReport report = report(playlistlog, up("1"), up("2"));

    assertThat(report.isGood()).isFalse();
    assertThat(report.text())
        .doesNotContain("left alone")
        .contains("\nplaylistlog: wagle.order is unknown; did you mean waggle.order?\n");
    assertThat(JSON.readTree(report.json()).at("/services/0/strays").textValue())
        .isEqualTo("wagle.order is unknown; did you mean waggle.order?");
  }

  @Test
  void isSilentAboutAServiceThatWasOptedOutAndKeepsWhatAnEarlierWaggleWrote()
      throws InterruptedException {
    ObjectNode labels = playlistlog.withObject("/Spec/Labels");
    labels.remove("waggle.tags");
    labels
        .put("waggle.push.delivery", "JKJaXmPLvHcESHA=")
        .put("waggle.push.time", "2026-11-01T11:59:55.123Z")
        .put("waggle.rolled-back-from", DIGEST);

    assertThat(report(playlistlog, up("1"), up("2")).strays()).isEmpty();
  }

  @Test
  void cutsTheWidestCellsWhereALineWouldBeTooLong() throws InterruptedException {
    playlistlog.withObject("/Spec/Labels").put("waggle.tags", "release-*,".repeat(20) + "*");

    assertThat(report(playlistlog, up("1"), up("2")).text().lines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(120))
        .anySatisfy(line -> assertThat(line).contains("…").endsWith("2 of 2"));
  }

  @Test
  void letsNoLabelWriteToTheTerminal() throws InterruptedException {
    playlistlog.withObject("/Spec/Labels").put("waggle.tags", "a\u001b[31m\nb");

    assertThat(report(playlistlog, up("1"), up("2")).text())
        .doesNotContain("\u001b")
        .doesNotContain("\nb");
  }

  @Test
  void givesProgramsTheSameWithDigestAndTimes()
      throws JsonProcessingException, InterruptedException {
    JsonNode json = JSON.readTree(report(playlistlog, up("1"), up("2")).json());

    assertThat(json)
        .isEqualTo(
            JSON.readTree(
                """
                {
                  "good": true,
                  "services": [{
                    "name": "playlistlog",
                    "image": "vorce/playlistlog:2",
                    "digest": "%s",
                    "tags": "*",
                    "problem": null,
                    "strays": null,
                    "deliveryId": "JKJaXmPLvHcESHA=",
                    "pushedAt": "2026-11-01T11:59:55.123Z",
                    "lastPush": "updated",
                    "last": {
                      "id": "JKJaXmPLvHcESHA=",
                      "cause": "push",
                      "endedAt": "2026-11-01T12:00:04.500Z",
                      "tag": "2",
                      "digest": "%s",
                      "outcome": "updated",
                      "tookMs": 6500,
                      "detail": ""
                    },
                    "heldSince": null,
                    "holdReason": null,
                    "waiting": 0,
                    "error": null,
                    "running": 2,
                    "wanted": 2
                  }],
                  "notOptedIn": []
                }\
                """
                    .formatted(DIGEST, DIGEST)));
  }

  @Test
  void givesProgramsNullForWhatIsNotKnown() throws JsonProcessingException, InterruptedException {
    record = ServiceRecord.of("playlistlog").held("playlistlog", new Hold(NOON, "why"));

    JsonNode service =
        JSON.readTree(report(playlistlog, up("1"), up("2")).json()).at("/services/0");

    assertThat(service.path("last").isNull()).isTrue();
    assertThat(service.path("deliveryId").isNull()).isTrue();
    assertThat(service.path("pushedAt").isNull()).isTrue();
    assertThat(service.path("lastPush").textValue()).isEqualTo("no push yet");
    assertThat(service.path("heldSince").textValue()).isEqualTo(NOON.toString());
    assertThat(service.path("holdReason").textValue()).isEqualTo("why");
  }

  @Test
  void asksASwarmForEveryServiceAndOnlyOptedInOnesForTheirTasks() throws InterruptedException {
    ObjectNode other =
        service(
            """
            {"ID": "other", "Spec": {"Name": "other", "Labels": {"waggle.tag": "*"}}}\
            """);
    SwarmInMemory swarm =
        new SwarmInMemory(new HandClock(NOON))
            .with(new ServiceState(playlistlog))
            .with(new ServiceState(other));

    StatusReport report = StatusReport.of(swarm, new RecordsInMemory(), LATER);

    assertThat(report.services()).extracting(ServiceStatus::name).containsExactly("playlistlog");
    assertThat(report.strays()).extracting(StatusReport.Stray::name).containsExactly("other");
    assertThat(swarm.requests(SwarmInMemory.Request.ListTasks.class))
        .containsExactly(new SwarmInMemory.Request.ListTasks(playlistlog.path("ID").asText()));
  }

  private StatusReport report(ObjectNode tree, TaskState... tasks) throws InterruptedException {
    ServiceState service = new ServiceState(tree);
    SwarmInMemory swarm = new SwarmInMemory(new HandClock(NOON)).with(service);
    swarm.has(service.id(), tasks);
    RecordsInMemory records = new RecordsInMemory();
    records.put(service.id(), record);
    return StatusReport.of(swarm, records, LATER);
  }

  private void remember(Rollout rollout) {
    record = record.with("playlistlog", rollout, NOON);
  }

  private static Rollout pushed(String id, String tag, String digest) {
    Instant pushedAt =
        tag.equals("2") ? Instant.parse("2026-11-01T11:59:55.123Z") : NOON.plusSeconds(5);
    return Rollout.of(
        new Push(
            id,
            Recorded.PLAYLISTLOG,
            new Tag(tag),
            new Digest(digest),
            pushedAt,
            Evidence.CONFIRMED,
            pushedAt.plusMillis(100)),
        Rollout.Cause.PUSH,
        pushedAt.plusMillis(150),
        pushedAt.plusMillis(200));
  }

  private static TaskState up(String slot) {
    return new TaskState(slot, "node", "image", true, true, null, NOON);
  }

  private static TaskState down(String slot, @Nullable String error, Instant since) {
    return new TaskState(slot, "node", "image", true, false, error, since);
  }

  private static ObjectNode service(String json) {
    try {
      return JSON.readValue(json, ObjectNode.class);
    } catch (JsonProcessingException wrong) {
      throw new IllegalArgumentException(wrong);
    }
  }
}
