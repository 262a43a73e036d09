package dev.waggle.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.rollout.HandClock;
import dev.waggle.agent.rollout.ServiceState;
import dev.waggle.agent.rollout.SwarmInMemory;
import dev.waggle.agent.rollout.TaskState;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StatusReportTest {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String DIGEST = "sha256:" + "1".repeat(64);
  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

  private final ObjectNode playlistlog =
      service(
          """
          {
            "ID": "w1ajj55nf1d22gpsw7z2uca3i",
            "Spec": {
              "Name": "playlistlog",
              "Labels": {"waggle.tags": "*", "waggle.push.delivery": "JKJaXmPLvHcESHA=",
                         "waggle.push.time": "2026-11-01T11:59:55.123Z"},
              "TaskTemplate": {"ContainerSpec": {"Image": "vorce/playlistlog:2@%s"}},
              "Mode": {"Replicated": {"Replicas": 2}}
            },
            "PreviousSpec": {"Name": "playlistlog"},
            "UpdateStatus": {"State": "completed", "StartedAt": "2026-11-01T11:59:58Z",
                             "CompletedAt": "2026-11-01T12:00:04.5Z"}
          }\
          """
              .formatted(DIGEST));

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

    StatusReport report =
        report(
            playlistlog,
            up("1"),
            up("2"),
            new TaskState("1", "node", "image", false, false, "starting container failed", NOON));

    assertThat(report.isGood()).isTrue();
    assertThat(report.text())
        .contains("rolled back  2 of 2")
        .contains("playlistlog: rolled back at 2026-11-01T12:00:04Z: starting container failed");
  }

  @Test
  void saysSoWhenNoPushHasReachedAServiceYet() throws InterruptedException {
    playlistlog
        .withObject("/Spec/Labels")
        .remove(List.of("waggle.push.delivery", "waggle.push.time"));
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
  void isSilentAboutAServiceThatWasOptedOutAndKeepsWhatWaggleWrote() throws InterruptedException {
    playlistlog.withObject("/Spec/Labels").remove("waggle.tags");

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
                    "deliveryId": "JKJaXmPLvHcESHA=",
                    "pushedAt": "2026-11-01T11:59:55.123Z",
                    "lastPush": "updated",
                    "rolloutStartedAt": "2026-11-01T11:59:58Z",
                    "rolloutEndedAt": "2026-11-01T12:00:04.500Z",
                    "error": null,
                    "running": 2,
                    "wanted": 2
                  }],
                  "notOptedIn": []
                }\
                """
                    .formatted(DIGEST)));
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

    StatusReport report = StatusReport.of(swarm);

    assertThat(report.services()).extracting(ServiceStatus::name).containsExactly("playlistlog");
    assertThat(report.strays()).extracting(StatusReport.Stray::name).containsExactly("other");
    assertThat(swarm.requests(SwarmInMemory.Request.ListTasks.class))
        .containsExactly(new SwarmInMemory.Request.ListTasks(playlistlog.path("ID").asText()));
  }

  private static StatusReport report(ObjectNode tree, TaskState... tasks)
      throws InterruptedException {
    ServiceState service = new ServiceState(tree);
    SwarmInMemory swarm = new SwarmInMemory(new HandClock(NOON)).with(service);
    swarm.has(service.id(), tasks);
    return StatusReport.of(swarm);
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
