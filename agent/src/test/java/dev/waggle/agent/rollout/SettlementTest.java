package dev.waggle.agent.rollout;

import static dev.waggle.agent.rollout.Services.NOON;
import static dev.waggle.agent.rollout.Services.OLD;
import static dev.waggle.agent.rollout.Services.PLAYLISTLOG;
import static dev.waggle.agent.rollout.Services.labelled;
import static dev.waggle.agent.rollout.Services.named;
import static dev.waggle.agent.rollout.Services.running;
import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.rollout.Settlement.Closing;
import dev.waggle.agent.rollout.Settlement.Roll;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SettlementTest {

    private static final ServiceState WEB = named("web");

    @Test
    void isSettledByTheNewestThatTheServiceWantsInWhateverOrderTheyCame() {
        Push first = push("1.0", 1);
        Push second = push("1.1", 2);
        Push third = push("1.2", 3);
        assertThat(Settlement.of(List.of(first, third, second), List.of(WEB)))
                .isEqualTo(
                        new Settlement(
                                List.of(
                                        superseded(first, WEB, third),
                                        superseded(second, WEB, third)),
                                List.of(new Roll(third, WEB))));
    }

    @Test
    void takesTheLaterInTheQueueOfTwoOfOneSecond() {
        Push first = push("1", 1);
        Push second = push("2", 1);
        assertThat(Settlement.of(List.of(first, second), List.of(WEB)).rolls())
                .containsExactly(new Roll(second, WEB));
    }

    @Test
    void givesEveryServiceTheNewestThatItWants() {
        ServiceState stable = labelled(named("stable"), ServiceLabels.TAGS, "1.*");
        Push first = push("1.0", 1);
        Push second = push("2.0", 2);
        assertThat(Settlement.of(List.of(first, second), List.of(WEB, stable)))
                .isEqualTo(
                        new Settlement(List.of(superseded(first, WEB, second)),
                                List.of(new Roll(second, WEB), new Roll(first, stable))));
    }

    @Test
    void prefersTheHigherVersionWhereTheServiceWantsARange() {
        ServiceState versions = labelled(named("versions"), ServiceLabels.TAGS, "semver:^1");
        Push higher = push("1.3.0", 1);
        Push backport = push("1.2.9", 2);
        assertThat(Settlement.of(List.of(higher, backport), List.of(versions)))
                .isEqualTo(
                        new Settlement(List.of(superseded(backport, versions, higher)),
                                List.of(new Roll(higher, versions))));
    }

    @Test
    void closesWhatNobodyWantsOnceForTheWholeSwarm() {
        Push unwanted = push("nightly", 2);
        Push elsewhere = new Push("elsewhere", Repository.onDockerHub("busybox"), new Tag("1"),
                OLD, NOON, Evidence.CONFIRMED, NOON);
        ServiceState stable = labelled(named("stable"), ServiceLabels.TAGS, "1.*");
        assertThat(Settlement.of(List.of(unwanted, elsewhere), List.of(stable)))
                .isEqualTo(
                        new Settlement(
                                List.of(
                                        new Closing(unwanted, null,
                                                new RolloutOutcome.NoServiceWantsIt()),
                                        new Closing(elsewhere, null,
                                                new RolloutOutcome.NoServiceWantsIt())),
                                List.of()));
    }

    @Test
    void tellsAServiceWithAWrongLabelOfTheNewestPushOnly() {
        ServiceState typo = labelled(named("typo"), "waggle.ordre", "stop-first");
        Push first = push("1", 1);
        Push second = push("2", 2);
        assertThat(Settlement.of(List.of(first, second), List.of(typo)))
                .isEqualTo(
                        new Settlement(
                                List.of(
                                        superseded(first, typo, second),
                                        new Closing(second, typo, new RolloutOutcome.LeftAlone(
                                                "waggle.ordre is unknown; did you mean waggle.order?"))),
                                List.of()));
    }

    @Test
    void asksForNoRolloutOfWhatIsOlderThanWhatTheServiceHas() {
        ServiceState newer = labelled(WEB, RolloutRecord.PUSHED_AT, NOON.plusSeconds(9).toString());
        Push late = push("1", 8);
        assertThat(Settlement.of(List.of(late), List.of(newer))).isEqualTo(
                new Settlement(
                        List.of(
                                new Closing(late, newer, new RolloutOutcome.Superseded(
                                        "by the push of 2026-11-01T12:00:09Z that the service has"))),
                        List.of()));
    }

    @Test
    void takesTheTimeOfAcceptanceWhereNoOtherIsKnownOrItIsInTheFuture() {
        Push unknown = new Push("a", PLAYLISTLOG, new Tag("1"), OLD, null, Evidence.UNKNOWN, NOON);
        Push future = new Push("b", PLAYLISTLOG, new Tag("1"), OLD, NOON.plusSeconds(999),
                Evidence.CONTRADICTED, NOON);
        assertThat(List.of(unknown.time(), future.time())).containsOnly(NOON);
    }

    @Test
    void believesNoPushThatItWasAcceptedAfterItWasQueued() {
        Push forged = new Push("c", PLAYLISTLOG, new Tag("1"), OLD, NOON.plusSeconds(999),
                Evidence.CONFIRMED, NOON.plusSeconds(999));
        assertThat(forged.acceptedBefore(NOON).time()).isEqualTo(NOON);
        assertThat(forged.acceptedBefore(NOON.plusSeconds(1000))).isEqualTo(forged);
    }

    @Test
    void findsAServiceInWhateverFormItsImageIsWritten() {
        ServiceState untagged = running(WEB, new ImageReference(PLAYLISTLOG, null, null));
        Push push = push("1", 1);
        assertThat(Settlement.of(List.of(push), List.of(untagged)).rolls())
                .containsExactly(new Roll(push, untagged));
    }

    private static Push push(String tag, int second) {
        Instant pushed = NOON.plusSeconds(second);
        return new Push("push of " + tag, PLAYLISTLOG, new Tag(tag),
                new Digest("sha256:" + Integer.toHexString(second + 2).repeat(64)), pushed,
                Evidence.CONFIRMED, pushed.plusSeconds(60));
    }

    private static Closing superseded(Push push, @Nullable ServiceState service, Push by) {
        return new Closing(push, service,
                new RolloutOutcome.Superseded("by the push of " + by.tag() + " at " + by.time()));
    }
}
