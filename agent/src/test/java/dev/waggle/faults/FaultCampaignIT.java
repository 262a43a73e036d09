package dev.waggle.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/// The whole chain while its parts fail. Without settings these are a few seeds that have most
/// faults between them; `-Dfaults.seeds=200` runs that many, and `-Dfaults.seed=4711` this one.
class FaultCampaignIT {

  /// Agent killed and terminated, engine paused, stopped and killed, queue late, deliveries dropped
  /// and reordered: short runs, of a minute together.
  private static final String FEW = "24,69,78,99,110,141,142";

  private static final int LANES = Integer.getInteger("faults.lanes", 2);

  @Test
  @EnabledIf(
      value = "dev.waggle.testhost.NamespacedEngine#isPossible",
      disabledReason = "an engine that can be stopped needs root on Debian or Ubuntu")
  void keepsEveryPromiseWhateverFails() throws InterruptedException {
    List<Campaign.Result> results = Campaign.run(seeds(), LANES);
    System.out.println(Campaign.table(results));
    Campaign.write(results, Path.of("target"));
    assertThat(
            results.stream()
                .filter(result -> !result.violations().isEmpty())
                .map(Campaign::failure)
                .toList())
        .isEmpty();
    assertThat(results).hasSize(seeds().size());
  }

  private static List<Long> seeds() {
    String one = System.getProperty("faults.seed", "");
    Integer many = Integer.getInteger("faults.seeds");
    if (one.isEmpty() && many != null) {
      return LongStream.rangeClosed(1, many).boxed().toList();
    }
    return List.of((one.isEmpty() ? FEW : one).split(",", -1)).stream().map(Long::valueOf).toList();
  }
}
