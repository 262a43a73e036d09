package dev.waggle.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Services;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelsCheckTest {

  private static final ServiceState OPTED = Services.named("site");
  private static final ServiceState OTHER = Services.without(OPTED, "/Spec/Labels", "waggle.tags");

  @Test
  void findsNothingWhereNothingIsMeantForWaggle() {
    assertThat(LabelsCheck.of(OPTED)).isEmpty();
    assertThat(LabelsCheck.of(onContainers(OTHER, "com.docker.stack.namespace", "shop"))).isEmpty();
    assertThat(
            LabelsCheck.of(Services.service("{\"ID\": \"bare\", \"Spec\": {\"Name\": \"bare\"}}")))
        .isEmpty();
  }

  @Test
  void findsALabelThatAComposeFileGaveToTheContainers() {
    assertThat(LabelsCheck.of(onContainers(OTHER, "waggle.tags", "latest")))
        .containsExactly(
            Finding.problem(
                Check.SERVICES,
                "site has waggle.tags on its containers, where Waggle does not look",
                "in a compose file put waggle.tags under deploy.labels, not labels; or docker"
                    + " service update --label-add waggle.tags=latest site"));
  }

  @Test
  void findsItOnAnOptedInServiceToo() {
    assertThat(LabelsCheck.of(onContainers(OPTED, "waggle.order", "stop-first")))
        .extracting(Finding::check, Finding::found)
        .containsExactly(
            tuple(
                Check.LABELS,
                "site has waggle.order on its containers, where Waggle does not look"));
  }

  @Test
  void acceptsOnContainersWhatTheServiceSaysAsWell() {
    assertThat(LabelsCheck.of(onContainers(OPTED, "waggle.tags", "*"))).isEmpty();
    assertThat(LabelsCheck.of(onContainers(OPTED, "waggle.tags", "latest"))).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "semver:^1, 'waggle.tags=semver:^1'",
        "*, 'waggle.tags=*'",
        "it's, 'waggle.tags=it'\\''s'",
        "v1.2, waggle.tags=v1.2"
      })
  void quotesWhatAShellWouldTakeForItself(String value, String word) {
    assertThat(LabelsCheck.of(onContainers(OTHER, "waggle.tags", value)))
        .singleElement()
        .satisfies(
            finding ->
                assertThat(finding.remedy()).endsWith("update --label-add " + word + " site"));
  }

  @Test
  void suggestsTheLabelThatAMisspeltOneOnContainersIsMeantFor() {
    assertThat(LabelsCheck.of(onContainers(OTHER, "wagle.tags", "latest")))
        .containsExactly(
            Finding.problem(
                Check.SERVICES,
                "site has wagle.tags on its containers, where Waggle does not look",
                "in a compose file put waggle.tags under deploy.labels, not labels; or docker"
                    + " service update --label-add waggle.tags=latest site"));
  }

  @Test
  void suggestsNoCommandForALabelOfWhichNobodyKnowsWhatItMeans() {
    assertThat(LabelsCheck.of(onContainers(OTHER, "waggle.schedule", "daily")))
        .extracting(Finding::remedy)
        .containsExactly(
            "in a compose file put it under deploy.labels, not labels, and spell it as one of"
                + " waggle.tags, waggle.order, waggle.failure-action, waggle.timeout");
  }

  @Test
  void findsAMisspeltPrefixOfAServiceThatIsNotOptedIn() {
    assertThat(LabelsCheck.of(Services.labelled(OTHER, "wagle.tags", "*")))
        .containsExactly(
            Finding.problem(
                Check.SERVICES,
                "site is not opted in: wagle.tags is unknown; did you mean waggle.tags?",
                "put the label right, or remove it with --label-rm"));
  }

  @Test
  void findsAMisspeltPrefixOfAnOptedInServiceAndDoesNotCallItsLabelsGood() {
    List<Finding> findings =
        ServicesCheck.of(List.of(Services.labelled(OPTED, "wagle.order", "stop-first")));

    assertThat(findings)
        .containsExactly(
            Finding.ok(Check.SERVICES, "1 of 1 opted in: site"),
            Finding.problem(
                Check.LABELS,
                "site: wagle.order is unknown; did you mean waggle.order?",
                "put the label right, or remove it with --label-rm"));
  }

  private static ServiceState onContainers(ServiceState service, String label, String value) {
    return Services.with(service, "/Spec/TaskTemplate/ContainerSpec/Labels", label, value);
  }
}
