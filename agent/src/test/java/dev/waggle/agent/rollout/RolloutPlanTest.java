package dev.waggle.agent.rollout;

import static dev.waggle.agent.rollout.Services.NEW;
import static dev.waggle.agent.rollout.Services.TARGET;
import static dev.waggle.agent.rollout.Services.labelled;
import static dev.waggle.agent.rollout.Services.playlistlog;
import static dev.waggle.agent.rollout.Services.running;
import static dev.waggle.agent.rollout.Services.updating;
import static dev.waggle.agent.rollout.Services.with;
import static dev.waggle.agent.rollout.Services.without;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RolloutPlanTest {

    @Test
    void changesTheImageTheOrderTheFailureActionThePlatformsAndNothingElse() {
        ObjectNode expected = playlistlog().spec();
        expected.withObject("/TaskTemplate/ContainerSpec")
                .put("Image", "vorce/playlistlog:2@" + NEW);
        expected.withObject("/TaskTemplate/Placement")
                .putArray("Platforms")
                .addObject()
                .put("Architecture", "amd64")
                .put("OS", "linux");
        expected.withObject("/UpdateConfig")
                .put("Order", "start-first")
                .put("FailureAction", "rollback");

        assertThat(RolloutPlan.of(playlistlog(), TARGET))
                .isEqualTo(new RolloutPlan.Update(expected));
    }

    @Test
    void leavesTheServiceThatWasReadAsItWas() {
        ServiceState service = playlistlog();
        RolloutPlan.of(service, TARGET);
        assertThat(service).isEqualTo(playlistlog());
    }

    @Test
    void keepsThePlatformsWhereTheRegistryTellsNone() {
        ResolvedImage withoutPlatforms = new ResolvedImage(TARGET.reference(), List.of());
        assertThat(
                update(RolloutPlan.of(playlistlog(), withoutPlatforms))
                        .at("/TaskTemplate/Placement"))
                .isEqualTo(playlistlog().spec().at("/TaskTemplate/Placement"));
    }

    @Test
    void fillsInTheDefaultsOfAnAbsentUpdateConfigurationSoThatNotAllTasksGoAtOnce() {
        ServiceState bare = without(playlistlog(), "/Spec", "UpdateConfig");
        assertThat(update(RolloutPlan.of(bare, TARGET)).path("UpdateConfig")).hasToString(
                "{\"Parallelism\":1,\"FailureAction\":\"rollback\",\"Monitor\":5000000000,\"MaxFailureRatio\":0,"
                        + "\"Order\":\"start-first\"}");
    }

    @ParameterizedTest
    @CsvSource({"waggle.order,stop-first,Order,stop-first", "waggle.order,keep,Order,stop-first",
            "waggle.failure-action,continue,FailureAction,continue",
            "waggle.failure-action,pause,FailureAction,pause",
            "waggle.failure-action,keep,FailureAction,pause"})
    void followsTheLabelsOfTheService(String label, String value, String field, String expected) {
        ServiceState service = labelled(playlistlog(), label, value);
        assertThat(
                update(RolloutPlan.of(service, TARGET)).path("UpdateConfig").path(field).asText())
                .isEqualTo(expected);
    }

    @Test
    void namesEveryLabelThatDoesNotParseAndLeavesTheServiceAlone() {
        ServiceState service = labelled(
                labelled(
                        labelled(playlistlog(), "waggle.tags", "v1 v2"),
                        "waggle.order",
                        "sideways"),
                "waggle.failure-action",
                "panic");
        assertThat(RolloutPlan.of(service, TARGET)).isEqualTo(
                new RolloutPlan.Close(new RolloutOutcome.LeftAlone(
                        "waggle.tags must be a tag or a glob with * and ?; "
                                + "waggle.order must be one of start-first, stop-first, keep; "
                                + "waggle.failure-action must be one of rollback, pause, continue, keep")));
    }

    @Test
    void leavesAJobAlone() {
        ObjectNode tree = playlistlog().tree().deepCopy();
        tree.withObject("/Spec").putObject("Mode").putObject("ReplicatedJob");
        assertThat(RolloutPlan.of(new ServiceState(tree), TARGET))
                .isEqualTo(
                        new RolloutPlan.Close(
                                new RolloutOutcome.LeftAlone("a job has no rolling update")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "updating", "paused", "completed", "rollback_completed"})
    void followsAServiceThatAlreadyNamesTheContentWhateverItsTag(String state) {
        ImageReference sameUnderAnotherTag = new ImageReference(Services.PLAYLISTLOG,
                new Tag("latest"), NEW);
        assertThat(
                RolloutPlan
                        .of(updating(running(playlistlog(), sameUnderAnotherTag), state), TARGET))
                .isEqualTo(new RolloutPlan.Follow());
    }

    @Test
    void updatesAServiceThatNamesTheTagButNoDigest() {
        ServiceState service = with(
                playlistlog(),
                "/Spec/TaskTemplate/ContainerSpec",
                "Image",
                "vorce/playlistlog:2");
        assertThat(RolloutPlan.of(service, TARGET)).isInstanceOf(RolloutPlan.Update.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"updating", "rollback_started"})
    void waitsForARolloutOfAnotherImage(String state) {
        assertThat(RolloutPlan.of(updating(playlistlog(), state), TARGET))
                .isEqualTo(new RolloutPlan.WaitForOther());
    }

    @Test
    void neverMovesAServiceToAnotherRepository() {
        ServiceState moved = with(
                playlistlog(),
                "/Spec/TaskTemplate/ContainerSpec",
                "Image",
                "ghcr.io/vorce/playlistlog:1");
        assertThat(RolloutPlan.of(moved, TARGET))
                .isEqualTo(
                        new RolloutPlan.Close(
                                new RolloutOutcome.Superseded("ghcr.io/vorce/playlistlog:1")));
    }

    private static ObjectNode update(RolloutPlan plan) {
        assertThat(plan).isInstanceOf(RolloutPlan.Update.class);
        return ((RolloutPlan.Update) plan).spec();
    }
}
