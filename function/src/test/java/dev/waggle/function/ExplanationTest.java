package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ExplanationTest {
  @Test
  void takesEveryVerdictThroughTheSameStepsAndStopsWhereItFailed() {
    assertThat(Verdicts.ALL)
        .allSatisfy(
            verdict -> {
              List<String> lines = Explanation.of(Verdicts.ID, verdict, true);
              List<String> steps = lines.subList(0, lines.indexOf(""));
              assertThat(steps)
                  .extracting(line -> line.split(" ", 2)[0])
                  .containsExactly("token", "shape", "repository", "registry", "time", "queue");
              List<String> failed = steps.stream().filter(line -> line.contains("failed")).toList();
              if (verdict.kind() == Verdict.Kind.ACCEPTED) {
                assertThat(failed).isEmpty();
              } else if (!(verdict instanceof Verdict.UnexpectedFailure)) {
                assertThat(failed).hasSize(1);
                assertThat(steps.subList(steps.indexOf(failed.getFirst()) + 1, steps.size()))
                    .allMatch(line -> line.endsWith("not reached"));
              }
            });
  }

  @Test
  void showsAMessageOnlyOfWhatIsAccepted() {
    assertThat(Verdicts.ALL)
        .allSatisfy(
            verdict ->
                assertThat(
                        Explanation.of(Verdicts.ID, verdict, true).stream()
                            .anyMatch(line -> line.startsWith("message")))
                    .isEqualTo(verdict.kind() == Verdict.Kind.ACCEPTED));
  }

  @Test
  void saysWhatIsToBeDoneOfEveryVerdict() {
    assertThat(Verdicts.ALL)
        .extracting(Explanation::remedy)
        .doesNotHaveDuplicates()
        .doesNotContain("");
  }
}
