package dev.waggle.agent.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.report.OutcomeLog.Line;
import dev.waggle.agent.rollout.RolloutOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class OutcomeLogTest {

    private static final List<RolloutOutcome> EVERY_OUTCOME = List.of(
            new RolloutOutcome.Updated(),
            new RolloutOutcome.AlreadyCurrent(),
            new RolloutOutcome.NoServiceWantsIt(),
            new RolloutOutcome.RolledBack("unhealthy"),
            new RolloutOutcome.RolledBackBefore("unhealthy"),
            new RolloutOutcome.Paused("unhealthy"),
            new RolloutOutcome.TimedOut("no suitable node"),
            new RolloutOutcome.Superseded("by vorce/playlistlog:3 that the service has"),
            new RolloutOutcome.Removed(),
            new RolloutOutcome.RefusedByRegistry("manifest unknown"),
            new RolloutOutcome.RejectedByEngine("invalid"),
            new RolloutOutcome.LeftAlone("waggle.tags is empty"));

    @Test
    void everyOutcomeHasItsOwnName() {
        assertThat(EVERY_OUTCOME.stream().map(Object::getClass))
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.asList(RolloutOutcome.class.getPermittedSubclasses()));
        assertThat(names(EVERY_OUTCOME.stream())).doesNotHaveDuplicates()
                .hasSameSizeAs(EVERY_OUTCOME);
    }

    @Test
    void onlyWhatSomebodyMustLookAtIsMoreThanInformation() {
        assertThat(
                names(
                        EVERY_OUTCOME.stream()
                                .filter(outcome -> Line.of(outcome).level() == Level.INFO)))
                .containsExactly("updated", "already current", "no service wants it", "superseded");
    }

    @Test
    void saysWhy() {
        assertThat(Line.of(new RolloutOutcome.RolledBack("unhealthy")).detail())
                .isEqualTo("unhealthy");
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

    private static List<String> names(Stream<RolloutOutcome> outcomes) {
        return outcomes.map(outcome -> Line.of(outcome).outcome()).toList();
    }
}
