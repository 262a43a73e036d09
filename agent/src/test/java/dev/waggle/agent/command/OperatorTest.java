package dev.waggle.agent.command;

import static dev.waggle.agent.record.Recorded.NOON;
import static dev.waggle.agent.record.Recorded.digest;
import static dev.waggle.agent.record.Recorded.image;
import static dev.waggle.agent.record.Recorded.updated;
import static dev.waggle.agent.record.Recorded.waiting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.command.Operator.RefusedException;
import dev.waggle.agent.push.Evidence;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ServiceState;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OperatorTest {

  private static final String ID = "w1ajj55nf1d22gpsw7z2uca3i";
  private static final Instant NOW = NOON.plusSeconds(3600);
  private static final String COMMAND = "rollback-8f6c";

  @ParameterizedTest
  @ValueSource(strings = {"site", ID})
  void findsAServiceByItsNameOrItsWholeId(String named) {
    List<ServiceState> services = List.of(service("other", "site2"), service(ID, "site"));

    assertThat(Operator.find(services, named).id()).isEqualTo(ID);
  }

  @ParameterizedTest
  @ValueSource(strings = {"w", "w1ajj55nf1d2", "sit", "site ", "SITE", "", "site2"})
  void findsNoServiceByTheBeginningOfItsIdOrByHalfItsName(String named) {
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> Operator.find(List.of(service(ID, "site")), named))
        .withMessage("no service has the name or the id " + named);
  }

  @Test
  void findsNoServiceThatIsNotOptedIn() {
    ServiceState service = service(ID, "site");
    service.tree().withObject("/Spec/Labels").remove("waggle.tags");

    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> Operator.find(List.of(service), "site"))
        .withMessage("site is not opted in: it has no label waggle.tags");
  }

  @Test
  void rollsBackToWhatTheServiceHadBeforeItsImage() {
    ServiceRecord record =
        record(
            updated("first", "1", 1, NOON, "vorce/playlistlog:0@" + digest(0)),
            updated("third", "3", 3, NOON.plusSeconds(2), image("by-hand", 2).toString()));

    Rollout rollback = Operator.rollback(record, has(image("3", 3)), null, COMMAND, NOW);

    assertThat(rollback.push().image()).isEqualTo(image("by-hand", 2));
    assertThat(rollback.id()).isEqualTo(COMMAND);
    assertThat(rollback.cause()).isEqualTo(Rollout.Cause.ROLLBACK);
    assertThat(rollback.isOpen()).isTrue();
    assertThat(rollback.push().time()).isEqualTo(NOW);
    assertThat(rollback.push().evidence()).isEqualTo(Evidence.UNKNOWN);
    assertThat(rollback.queued()).isEqualTo(NOW);
    assertThat(rollback.received()).isEqualTo(NOW);
  }

  @Test
  void rollsBackToWhatTheServiceHadBeforeThoughItsImageWasPushedAgainUnderAnotherTag() {
    ServiceRecord record =
        record(
            updated("first", "latest", 1, NOON, "vorce/playlistlog:0@" + digest(0)),
            ended(waiting("again", "1.4.2", 1, NOON), Outcome.ALREADY_CURRENT));

    assertThat(rollback(record, image("latest", 1), null)).isEqualTo(image("0", 0));
  }

  @Test
  void rollsBackToTheLastOtherImageWhereWhatWasBeforeIsNotPinned() {
    ServiceRecord record =
        record(
            updated("first", "1", 1, NOON, "vorce/playlistlog:0"),
            updated("second", "2", 2, NOON.plusSeconds(1), "vorce/playlistlog:1"));

    assertThat(rollback(record, image("2", 2), null)).isEqualTo(image("1", 1));
  }

  @Test
  void rollsBackToTheLastImageOfAPushWhereSomebodyElseGaveTheServiceAnother() {
    ServiceRecord record =
        record(
            updated("first", "1", 1, NOON, ""),
            updated("second", "2", 2, NOON.plusSeconds(1), image("1", 1).toString()));

    assertThat(rollback(record, image("by-hand", 9), null)).isEqualTo(image("2", 2));
    assertThat(
            Operator.rollback(record, unpinned("vorce/playlistlog:9"), null, COMMAND, NOW)
                .push()
                .image())
        .isEqualTo(image("2", 2));
  }

  @Test
  void neverRollsBackToWhatTheRollbackBeforeLeft() {
    ServiceRecord record =
        record(
            updated("first", "1", 1, NOON, ""),
            updated("second", "2", 2, NOON.plusSeconds(1), image("1", 1).toString()));
    ServiceState service = has(image("2", 2));
    Rollout back = Operator.rollback(record, service, null, COMMAND, NOW);
    ServiceRecord after =
        Operator.with(record, service, back)
            .close(
                back,
                new Ending(
                    Outcome.UPDATED,
                    "",
                    NOW.plusSeconds(10),
                    NOW,
                    NOW,
                    image("2", 2).toString(),
                    false),
                List.of());

    assertThat(back.push().image()).isEqualTo(image("1", 1));
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> rollback(after, image("1", 1), null))
        .withMessageContaining("nothing is known of what");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1", "sha256:0000000000000000000000000000000000000000000000000000000000000001"})
  void rollsBackToAnImageOfTheHistoryByItsTagOrItsDigest(String to) {
    assertThat(rollback(threeImages(), image("3", 3), to)).isEqualTo(image("1", 1));
  }

  @Test
  void ofTwoImagesOfATagTakesTheOneThatTheServiceHadLast() {
    ServiceRecord record =
        record(
            updated("first", "latest", 1, NOON, ""),
            updated("second", "latest", 2, NOON.plusSeconds(1), ""),
            updated("third", "3", 3, NOON.plusSeconds(2), ""));

    assertThat(rollback(record, image("3", 3), "latest")).isEqualTo(image("latest", 2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "4",
        "failed",
        "null",
        "",
        "sha256:0000000000000000000000000000000000000000000000000000000000000009",
        "sha256:00000000000"
      })
  void doesNotRollBackToWhatTheServiceNeverHad(String to) {
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> rollback(threeImages(), image("3", 3), to))
        .withMessage(
            "site had no image " + to + " that Waggle knows of; agent history site lists them");
  }

  @Test
  void doesNotRollBackToWhatTheServiceHasAlready() {
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> rollback(threeImages(), image("3", 3), "3"))
        .withMessage("site has " + image("3", 3) + " already");
  }

  @Test
  void doesNotRollBackWhereNothingIsKnown() {
    String message =
        "nothing is known of what site had before; docker service update --image rolls it to any"
            + " image";
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> rollback(ServiceRecord.of("site"), image("3", 3), null))
        .withMessage(message);
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> rollback(record(updated("first", "3", 3, NOON, "")), image("3", 3), null))
        .withMessage(message);
  }

  @Test
  void whatARollbackLeavesIsNotTriedAgain() {
    ServiceState service = has(image("3", 3));
    Rollout rollback = Operator.rollback(threeImages(), service, "1", COMMAND, NOW);

    ServiceRecord record = Operator.with(threeImages(), service, rollback);

    assertThat(record.failed()).containsExactly(digest(3));
    assertThat(record.open()).containsExactly(rollback);
  }

  @Test
  void nothingIsLeftWhereTheServiceIsNotPinned() {
    ServiceState service = unpinned("vorce/playlistlog:3");
    Rollout rollback = Operator.rollback(threeImages(), service, "1", COMMAND, NOW);

    assertThat(Operator.with(threeImages(), service, rollback).failed()).isEmpty();
  }

  @Test
  void redeploysTheNewestPushThoughItFailed() {
    ServiceRecord record = threeImages().withFailed(digest(4));
    ServiceState service = has(image("3", 3));

    Rollout redeploy = Operator.redeploy(record, service, "redeploy-1", NOW);

    assertThat(redeploy.push().image()).isEqualTo(image("failed", 4));
    assertThat(redeploy.cause()).isEqualTo(Rollout.Cause.REDEPLOY);
    assertThat(redeploy.isCommanded()).isTrue();
    ServiceRecord next = Operator.with(record, service, redeploy);
    assertThat(next.failed()).containsExactly(digest(4));
    assertThat(next.open()).containsExactly(redeploy);
  }

  @Test
  void redeploysThePushAndNotAnEarlierCommand() {
    ServiceState service = has(image("3", 3));
    Rollout back = Operator.rollback(threeImages(), service, "1", COMMAND, NOW);

    Rollout redeploy =
        Operator.redeploy(Operator.with(threeImages(), service, back), service, "redeploy-1", NOW);

    assertThat(redeploy.push().image()).isEqualTo(image("failed", 4));
  }

  @Test
  void redeploysNothingWhereNoPushIsKnown() {
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(
            () ->
                Operator.redeploy(ServiceRecord.of("site"), has(image("3", 3)), "redeploy-1", NOW))
        .withMessage("no push of site is known to Waggle");
  }

  /// Three images that the service had, and one that failed after them.
  private static ServiceRecord threeImages() {
    return record(
        updated("first", "1", 1, NOON, ""),
        updated("second", "2", 2, NOON.plusSeconds(1), image("1", 1).toString()),
        updated("third", "3", 3, NOON.plusSeconds(2), image("2", 2).toString()),
        ended(waiting("fourth", "failed", 4, NOON.plusSeconds(3)), Outcome.ROLLED_BACK));
  }

  private static Rollout ended(Rollout rollout, Outcome outcome) {
    return rollout.ended(Ending.untouched(outcome, "", NOON.plusSeconds(30)));
  }

  private static ServiceRecord record(Rollout... rollouts) {
    return new ServiceRecord(
        "site", List.of(rollouts), List.of(), null, JsonNodeFactory.instance.objectNode());
  }

  private static ImageReference rollback(
      ServiceRecord record, ImageReference current, @Nullable String to) {
    return Operator.rollback(record, has(current), to, COMMAND, NOW).push().image();
  }

  private static ServiceState has(ImageReference image) {
    return unpinned(image.toString());
  }

  private static ServiceState unpinned(String image) {
    ServiceState service = service(ID, "site");
    service.tree().withObject("/Spec/TaskTemplate/ContainerSpec").put("Image", image);
    return service;
  }

  private static ServiceState service(String id, String name) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode().put("ID", id);
    tree.withObject("/Spec").put("Name", name).putObject("Labels").put("waggle.tags", "*");
    return new ServiceState(tree);
  }
}
