package dev.waggle.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.faults.Plan.Content;
import dev.waggle.faults.Plan.Moment;
import dev.waggle.faults.Plan.PlannedFault;
import dev.waggle.faults.Plan.PlannedPush;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PlannerTest {

  private static final List<Plan> PLANS =
      LongStream.rangeClosed(1, 200).mapToObj(Planner::plan).toList();

  @Test
  void makesTheSamePlanOfTheSameSeed() {
    assertThat(PLANS).allSatisfy(plan -> assertThat(Planner.plan(plan.seed())).isEqualTo(plan));
    assertThat(PLANS.stream().map(plan -> plan.toString().replaceAll("-?\\d+", "")).distinct())
        .hasSizeGreaterThan(150);
  }

  @Test
  void meetsEveryFaultOftenInTwoHundredSeeds() {
    for (FaultKind kind : FaultKind.values()) {
      assertThat(PLANS.stream().filter(plan -> plan.kinds().contains(kind)).count())
          .as(kind.toString())
          .isGreaterThanOrEqualTo(5);
    }
  }

  @Test
  void pushesEveryContentAndMovesTags() {
    Set<Content> contents = EnumSet.noneOf(Content.class);
    PLANS.forEach(plan -> plan.pushes().forEach(push -> contents.add(push.content())));
    contents.add(Content.GOOD_1);
    assertThat(contents).isEqualTo(EnumSet.allOf(Content.class));
    assertThat(PLANS)
        .anySatisfy(
            plan -> assertThat(plan.pushes()).extracting(PlannedPush::tag).doesNotHaveDuplicates())
        .anySatisfy(
            plan ->
                assertThat(plan.pushes().stream().map(PlannedPush::tag).distinct())
                    .hasSizeLessThan(plan.pushes().size()));
  }

  @Test
  void hasOneFaultOfTheEngineAtATimeAndNobodyWhoRequestsMeanwhile() {
    assertThat(PLANS)
        .allSatisfy(
            plan -> {
              long ofTheEngine = plan.kinds().stream().filter(FaultKind::isOfTheEngine).count();
              assertThat(ofTheEngine).isLessThanOrEqualTo(1);
              assertThat(plan.requested().isPresent()).isEqualTo(ofTheEngine == 0);
            });
  }

  @Test
  void liesInWaitAtEveryPlaceForTheAgentAndTheEngineAndForTheFirstAndForTheNext() {
    List<PlannedFault> faults =
        PLANS.stream()
            .flatMap(plan -> plan.faults().stream())
            .filter(fault -> fault.kind().place().isPresent())
            .toList();
    for (Place place : Place.values()) {
      for (boolean engine : new boolean[] {false, true}) {
        assertThat(faults)
            .anyMatch(
                fault ->
                    fault.kind().place().orElseThrow() == place
                        && fault.kind().killsTheEngine() == engine);
      }
      assertThat(faults)
          .filteredOn(fault -> fault.kind().place().orElseThrow() == place)
          .extracting(PlannedFault::moment)
          .contains(new Moment.AtPlace(0), new Moment.AtPlace(1));
    }
  }

  @Test
  void makesServicesOfEveryShape() {
    Set<Plan.Shape> shapes = EnumSet.noneOf(Plan.Shape.class);
    PLANS.forEach(plan -> plan.services().forEach(service -> shapes.add(service.shape())));
    assertThat(shapes).isEqualTo(EnumSet.allOf(Plan.Shape.class));
  }

  @Test
  void hasABystanderInEveryPlan() {
    assertThat(PLANS)
        .allSatisfy(
            plan ->
                assertThat(plan.services())
                    .anyMatch(service -> service.shape() == Plan.Shape.BYSTANDER));
  }
}
