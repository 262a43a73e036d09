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
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SettlementTest {

  private static final ServiceState WEB = named("web");
  private static final Settlement.Endings NOTHING_ENDED = (arrival, service) -> Optional.empty();

  @Test
  void isSettledByTheNewestThatTheServiceWantsInWhateverOrderTheyCame() {
    Arrival first = push("1.0", 1);
    Arrival second = push("1.1", 2);
    Arrival third = push("1.2", 3);
    assertThat(settle(List.of(first, third, second), List.of(WEB)))
        .isEqualTo(
            new Settlement(
                List.of(superseded(second, WEB, third), superseded(first, WEB, third)),
                List.of(new Roll(third, WEB, List.of()))));
  }

  @Test
  void takesTheLaterInTheQueueOfTwoOfOneSecond() {
    Arrival first = push("1", 1);
    Arrival second = push("2", 1);
    assertThat(settle(List.of(first, second), List.of(WEB)).rolls())
        .containsExactly(new Roll(second, WEB, List.of()));
  }

  @Test
  void givesEveryServiceTheNewestThatItWants() {
    ServiceState stable = labelled(named("stable"), ServiceLabels.TAGS, "1.*");
    Arrival first = push("1.0", 1);
    Arrival second = push("2.0", 2);
    assertThat(settle(List.of(first, second), List.of(WEB, stable)))
        .isEqualTo(
            new Settlement(
                List.of(superseded(first, WEB, second)),
                List.of(new Roll(second, WEB, List.of()), new Roll(first, stable, List.of()))));
  }

  @Test
  void prefersTheHigherVersionWhereTheServiceWantsARange() {
    ServiceState versions = labelled(named("versions"), ServiceLabels.TAGS, "semver:^1");
    Arrival higher = push("1.3.0", 1);
    Arrival backport = push("1.2.9", 2);
    assertThat(settle(List.of(higher, backport), List.of(versions)))
        .isEqualTo(
            new Settlement(
                List.of(superseded(backport, versions, higher)),
                List.of(new Roll(higher, versions, List.of()))));
  }

  @Test
  void closesWhatNobodyWantsOnceForTheWholeSwarm() {
    Arrival unwanted = push("nightly", 2);
    Arrival elsewhere =
        arrival(
            new Push(
                "elsewhere",
                Repository.onDockerHub("busybox"),
                new Tag("1"),
                OLD,
                NOON,
                Evidence.CONFIRMED,
                NOON));
    ServiceState stable = labelled(named("stable"), ServiceLabels.TAGS, "1.*");
    assertThat(settle(List.of(unwanted, elsewhere), List.of(stable)))
        .isEqualTo(
            new Settlement(
                List.of(
                    new Closing(unwanted, null, new RolloutOutcome.NoServiceWantsIt()),
                    new Closing(elsewhere, null, new RolloutOutcome.NoServiceWantsIt())),
                List.of()));
  }

  @Test
  void tellsAServiceWithAWrongLabelOfTheNewestPushOnly() {
    ServiceState typo = labelled(named("typo"), "waggle.ordre", "stop-first");
    Arrival first = push("1", 1);
    Arrival second = push("2", 2);
    assertThat(settle(List.of(first, second), List.of(typo)))
        .isEqualTo(
            new Settlement(
                List.of(
                    new Closing(
                        second,
                        typo,
                        new RolloutOutcome.LeftAlone(
                            "waggle.ordre is unknown; did you mean waggle.order?")),
                    superseded(first, typo, second)),
                List.of()));
  }

  @Test
  void asksForNoRolloutOfWhatIsOlderThanWhatTheServiceHas() {
    ServiceState newer = labelled(WEB, RolloutRecord.PUSHED_AT, NOON.plusSeconds(9).toString());
    Arrival late = push("1", 8);
    assertThat(settle(List.of(late), List.of(newer)))
        .isEqualTo(
            new Settlement(
                List.of(
                    new Closing(
                        late,
                        newer,
                        new RolloutOutcome.Superseded(
                            "by the push of 2026-11-01T12:00:09Z that the service has"))),
                List.of()));
  }

  @Test
  void keepsOlderPushesForTheCaseThatTheNewestFails() {
    Arrival first = push("1", 1);
    Arrival second = push("2", 2);
    Arrival third = push("3", 3);
    assertThat(Settlement.of(List.of(first, second, third), List.of(WEB), NOTHING_ENDED, 9))
        .isEqualTo(
            new Settlement(List.of(), List.of(new Roll(third, WEB, List.of(second, first)))));
  }

  @Test
  void keepsNoMoreInReserveThanItIsTold() {
    Arrival first = push("1", 1);
    Arrival second = push("2", 2);
    Arrival third = push("3", 3);
    assertThat(Settlement.of(List.of(first, second, third), List.of(WEB), NOTHING_ENDED, 1))
        .isEqualTo(
            new Settlement(
                List.of(superseded(first, WEB, third)),
                List.of(new Roll(third, WEB, List.of(second)))));
  }

  @Test
  void takesTheNextNewestWhenTheNewestFailedBecauseOfItsImage() {
    Arrival first = push("1", 1);
    Arrival second = push("2", 2);
    Roll roll = new Roll(push("3", 3), WEB, List.of(second, first));
    assertThat(Settlement.after(roll, new RolloutOutcome.RolledBack("unhealthy"), NOTHING_ENDED))
        .isEqualTo(new Settlement(List.of(), List.of(new Roll(second, WEB, List.of(first)))));
  }

  @Test
  void closesTheOlderOnesWhenTheNewestIsThere() {
    Arrival first = push("1", 1);
    Arrival second = push("2", 2);
    Roll roll = new Roll(second, WEB, List.of(first));
    assertThat(Settlement.after(roll, new RolloutOutcome.AlreadyCurrent(), NOTHING_ENDED))
        .isEqualTo(new Settlement(List.of(superseded(first, WEB, second)), List.of()));
  }

  @Test
  void passesOverWhatSwarmWentBackFromBefore() {
    Arrival good = push("1", 1);
    Arrival bad = push("2", 2);
    ServiceState burnt =
        labelled(WEB, RolloutRecord.ROLLED_BACK_FROM, String.valueOf(bad.push().digest()));
    assertThat(settle(List.of(good, bad), List.of(burnt)))
        .isEqualTo(
            new Settlement(
                List.of(new Closing(bad, burnt, new RolloutOutcome.RolledBackBefore(""))),
                List.of(new Roll(good, burnt, List.of()))));
  }

  @Test
  void remembersHowAPushEndedThatComesAgain() {
    Arrival first = push("1", 1);
    Arrival second = push("2", 2);
    assertThat(
            Settlement.of(
                List.of(first, second),
                List.of(WEB),
                ended(second, new RolloutOutcome.RolledBack("unhealthy")),
                0))
        .isEqualTo(new Settlement(List.of(), List.of(new Roll(first, WEB, List.of()))));
    assertThat(
            Settlement.of(
                List.of(first, second),
                List.of(WEB),
                ended(second, new RolloutOutcome.AlreadyCurrent()),
                0))
        .isEqualTo(new Settlement(List.of(superseded(first, WEB, second)), List.of()));
  }

  @Test
  void keepsOfARollWhatIsLeft() {
    Arrival first = push("1", 1);
    Arrival second = push("2", 2);
    Roll roll = new Roll(second, WEB, List.of(first));
    assertThat(roll.among(Set.of(first))).contains(new Roll(first, WEB, List.of()));
    assertThat(roll.among(Set.of())).isEmpty();
  }

  @Test
  void takesTheTimeOfAcceptanceWhereNoOtherIsKnownOrItIsInTheFuture() {
    Push unknown = new Push("a", PLAYLISTLOG, new Tag("1"), OLD, null, Evidence.UNKNOWN, NOON);
    Push future =
        new Push(
            "b",
            PLAYLISTLOG,
            new Tag("1"),
            OLD,
            NOON.plusSeconds(999),
            Evidence.CONTRADICTED,
            NOON);
    assertThat(List.of(unknown.time(), future.time())).containsOnly(NOON);
  }

  @Test
  void believesNoPushThatItWasAcceptedAfterItWasQueued() {
    Push forged =
        new Push(
            "c",
            PLAYLISTLOG,
            new Tag("1"),
            OLD,
            NOON.plusSeconds(999),
            Evidence.CONFIRMED,
            NOON.plusSeconds(999));
    assertThat(forged.acceptedBefore(NOON).time()).isEqualTo(NOON);
    assertThat(forged.acceptedBefore(NOON.plusSeconds(1000))).isEqualTo(forged);
  }

  @Test
  void findsAServiceInWhateverFormItsImageIsWritten() {
    ServiceState untagged = running(WEB, new ImageReference(PLAYLISTLOG, null, null));
    Arrival push = push("1", 1);
    assertThat(settle(List.of(push), List.of(untagged)).rolls())
        .containsExactly(new Roll(push, untagged, List.of()));
  }

  private static Settlement settle(List<Arrival> arrivals, List<ServiceState> services) {
    return Settlement.of(arrivals, services, NOTHING_ENDED, 0);
  }

  private static Settlement.Endings ended(Arrival ended, RolloutOutcome outcome) {
    return (arrival, service) -> arrival.equals(ended) ? Optional.of(outcome) : Optional.empty();
  }

  private static Arrival arrival(Push push) {
    return new Arrival(push, NOON, NOON, 1);
  }

  private static Arrival push(String tag, int second) {
    Instant pushed = NOON.plusSeconds(second);
    return arrival(
        new Push(
            "push of " + tag,
            PLAYLISTLOG,
            new Tag(tag),
            new Digest("sha256:" + Integer.toHexString(second + 2).repeat(64)),
            pushed,
            Evidence.CONFIRMED,
            pushed.plusSeconds(60)));
  }

  private static Closing superseded(Arrival push, @Nullable ServiceState service, Arrival by) {
    return new Closing(
        push,
        service,
        new RolloutOutcome.Superseded(
            "by the push of " + by.push().tag() + " at " + by.push().time()));
  }
}
