package dev.waggle.agent.rollout;

import static dev.waggle.agent.service.Services.TARGET;
import static dev.waggle.agent.service.Services.playlistlog;
import static dev.waggle.agent.service.Services.running;
import static dev.waggle.agent.service.Services.updating;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Services;
import dev.waggle.agent.service.SwarmInMemory;
import dev.waggle.agent.service.TaskState;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressTest {

  private static final ImageReference IMAGE = TARGET.reference();
  private static final String OLD_IMAGE = playlistlog().imageText();
  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");
  private static final List<TaskState> BOTH = List.of(up("1"), up("2"));

  @Test
  void isConvergedWhenSwarmSaysSoAndEverySlotRunsTheImage() {
    assertThat(progress(ours("completed"), BOTH)).isEqualTo(new Progress.Converged(true));
  }

  @Test
  void isConvergedUnwatchedWhereSwarmHadNothingToChange() {
    assertThat(progress(ours(""), BOTH)).isEqualTo(new Progress.Converged(false));
    ObjectNode none = ours("").tree().deepCopy();
    none.withObject("/Spec/Mode/Replicated").put("Replicas", 0);
    assertThat(progress(new ServiceState(none), List.of()))
        .isEqualTo(new Progress.Converged(false));
  }

  @Test
  void doesNotTakeSwarmsWordForItWhenASlotDoesNotRun() {
    assertThat(progress(ours("completed"), List.of(up("1"), down("2", "non-zero exit (1)"))))
        .isEqualTo(new Progress.Underway());
    assertThat(progress(ours("completed"), List.of(up("1"), up("1"))))
        .isEqualTo(new Progress.Underway());
  }

  @Test
  void doesNotCountTasksOnNodesThatSwarmDoesNotHearFrom() {
    assertThat(
            Progress.of(
                ours("completed"), BOTH, List.of(SwarmInMemory.node("node2", true)), IMAGE, ""))
        .isEqualTo(new Progress.Underway());
  }

  @Test
  void doesNotCountTasksOfTheOldImage() {
    TaskState old = new TaskState("2", "node2", OLD_IMAGE, true, true, null, NOON);
    assertThat(progress(ours(""), List.of(up("1"), old))).isEqualTo(new Progress.Underway());
  }

  @Test
  void takesASecondTaskOfASlotForDoneOnlyIfItRunsTheImage() {
    assertThat(progress(ours("completed"), List.of(up("1"), up("2"), up("2"))))
        .isEqualTo(new Progress.Converged(true));
    TaskState old = new TaskState("2", "node2", OLD_IMAGE, true, true, null, NOON);
    assertThat(progress(ours("completed"), List.of(up("1"), up("2"), old)))
        .isEqualTo(new Progress.Underway());
    TaskState unwanted = new TaskState("2", "node2", OLD_IMAGE, false, true, null, NOON);
    assertThat(progress(ours("completed"), List.of(up("1"), up("2"), unwanted)))
        .isEqualTo(new Progress.Converged(true));
  }

  @Test
  void isConvergedOnEveryNodeOfAGlobalService() {
    ObjectNode global = ours("completed").tree().deepCopy();
    global.withObject("/Spec").putObject("Mode").putObject("Global");
    assertThat(progress(new ServiceState(global), BOTH)).isEqualTo(new Progress.Converged(true));
    assertThat(progress(new ServiceState(global), List.of())).isEqualTo(new Progress.Underway());
  }

  @Test
  void isUnderwayWhileSwarmUpdatesOrRollsBack() {
    assertThat(progress(ours("updating"), BOTH)).isEqualTo(new Progress.Underway());
    assertThat(progress(updating(playlistlog(), "rollback_started"), List.of()))
        .isEqualTo(new Progress.Underway());
  }

  @Test
  void isRolledBackWithTheFailingTasksOwnWords() {
    List<TaskState> tasks =
        List.of(
            down("1", "unhealthy"), new TaskState("1", "node1", OLD_IMAGE, true, true, null, NOON));
    assertThat(progress(updating(playlistlog(), "rollback_completed"), tasks))
        .isEqualTo(new Progress.RolledBack("unhealthy", 1));
  }

  @Test
  void isRolledBackThoughSwarmSaysAMomentLaterThatTheUpdateCompleted() {
    ServiceState service =
        Services.without(updating(playlistlog(), "completed"), "", "PreviousSpec");
    assertThat(progress(service, List.of(down("1", "unhealthy"))))
        .isEqualTo(new Progress.RolledBack("unhealthy", 2));
  }

  @Test
  void isPausedWithSwarmsWordsAndTheTasks() {
    ServiceState paused =
        Services.with(ours("paused"), "/UpdateStatus", "Message", "update paused");
    assertThat(progress(paused, List.of(down("1", "unhealthy"))))
        .isEqualTo(new Progress.Failed(Conclusion.of(Outcome.PAUSED, "update paused: unhealthy")));
    assertThat(progress(paused, List.of()))
        .isEqualTo(new Progress.Failed(Conclusion.of(Outcome.PAUSED, "update paused")));
    assertThat(progress(updating(playlistlog(), "rollback_paused"), List.of()))
        .isEqualTo(new Progress.Failed(Conclusion.of(Outcome.PAUSED, "")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "updating", "completed"})
  void isSupersededWhenTheServiceHasAnotherImage(String state) {
    assertThat(progress(updating(playlistlog(), state), BOTH))
        .isEqualTo(
            new Progress.Failed(
                Conclusion.of(Outcome.SUPERSEDED, "by " + OLD_IMAGE + " that the service has")));
  }

  @Test
  void knowsWhenTheFirstTaskCameUp() {
    TaskState later =
        new TaskState("2", "node2", IMAGE.toString(), true, true, null, NOON.plusSeconds(5));
    assertThat(Progress.firstRunning(List.of(later, up("1"), down("3", "no")), IMAGE))
        .contains(NOON);
    assertThat(Progress.firstRunning(List.of(down("3", "no")), IMAGE)).isEmpty();
  }

  @Test
  void reportsTheNewestError() {
    TaskState newer =
        new TaskState("1", "node1", IMAGE.toString(), false, false, "newer", NOON.plusSeconds(5));
    assertThat(Progress.lastError(List.of(newer, down("1", "older")), IMAGE)).isEqualTo("newer");
  }

  @Test
  void reportsNoErrorOfAnotherImageAndNoTaskThatDidNotFail() {
    TaskState old =
        new TaskState(
            "2", "node2", OLD_IMAGE, false, false, "of the old image", NOON.plusSeconds(5));
    TaskState runs =
        new TaskState("1", "node1", IMAGE.toString(), true, true, null, NOON.plusSeconds(5));
    assertThat(Progress.lastError(List.of(down("1", "unhealthy"), old, runs), IMAGE))
        .isEqualTo("unhealthy");
  }

  private static Progress progress(ServiceState service, List<TaskState> tasks) {
    return Progress.of(service, tasks, List.of(), IMAGE, Progress.lastError(tasks, IMAGE));
  }

  private static ServiceState ours(String state) {
    return updating(running(playlistlog(), IMAGE), state);
  }

  private static TaskState up(String slot) {
    return new TaskState(slot, "node" + slot, IMAGE.toString(), true, true, null, NOON);
  }

  private static TaskState down(String slot, String error) {
    return new TaskState(slot, "node" + slot, IMAGE.toString(), true, false, error, NOON);
  }
}
