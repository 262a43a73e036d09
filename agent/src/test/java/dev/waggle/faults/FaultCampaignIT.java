package dev.waggle.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.testhost.Checkout;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/// The whole chain while its parts fail. Without settings these are a few seeds of the two hundred,
/// others with each commit; `-Dfaults.seeds=200` runs that many, and `-Dfaults.seed=4711` this one.
class FaultCampaignIT {

  private static final int ALL = 200;
  private static final int FEW = 6;
  private static final int LANES = Integer.getInteger("faults.lanes", 2);

  @Test
  @EnabledIf(
      value = "dev.waggle.testhost.NamespacedEngine#isPossible",
      disabledReason = "an engine that can be stopped needs root on Debian or Ubuntu")
  void keepsEveryPromiseWhateverFails() throws InterruptedException {
    List<Long> seeds = seeds();
    List<Campaign.Result> results = Campaign.run(seeds, LANES);
    System.out.println(Campaign.table(results));
    Campaign.write(results, Path.of("target"));
    assertThat(
            results.stream()
                .filter(result -> !result.violations().isEmpty())
                .map(Campaign::failure)
                .toList())
        .isEmpty();
    assertThat(results).hasSize(seeds.size());
  }

  private static List<Long> seeds() {
    String named = System.getProperty("faults.seed", "");
    if (!named.isEmpty()) {
      return Stream.of(named.split(",", -1)).map(Long::valueOf).toList();
    }
    Integer many = Integer.getInteger("faults.seeds");
    return many == null ? ofCommit() : LongStream.rangeClosed(1, many).boxed().toList();
  }

  /// The same for the same commit, whoever builds it.
  private static List<Long> ofCommit() {
    String commit = Checkout.commit();
    List<Long> seeds =
        new Random(commit.hashCode()).longs(1, ALL + 1).distinct().limit(FEW).boxed().toList();
    System.out.println("seeds of the commit " + commit + ": " + seeds);
    return seeds;
  }
}
