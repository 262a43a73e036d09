package dev.waggle.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.doctor.Finding.Grade;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Services;
import dev.waggle.agent.service.Swarm.Resolution;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServicesCheckTest {

  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

  private static final ServiceState SITE = Services.named("site");

  @Test
  void namesTheOptedInServices() {
    assertThat(ServicesCheck.of(List.of(Services.named("zoo"), SITE, without(SITE))))
        .containsExactly(
            Finding.ok(Check.SERVICES, "2 of 3 opted in: site, zoo"),
            Finding.ok(Check.LABELS, "all have a meaning"));
  }

  @Test
  void warnsWhenNoServiceIsOptedIn() {
    assertThat(ServicesCheck.of(List.of(without(SITE))))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.grade()).isEqualTo(Grade.WARNING);
              assertThat(finding.remedy()).contains("--label-add waggle.tags=latest");
            });
  }

  @Test
  void findsAMisspeltLabelOfAServiceThatIsNotOptedIn() {
    assertThat(ServicesCheck.of(List.of(SITE, Services.labelled(without(SITE), "waggle.tag", "*"))))
        .contains(
            Finding.problem(
                Check.SERVICES,
                "site is not opted in: waggle.tag is unknown; did you mean waggle.tags?",
                "put the label right, or remove it with --label-rm"));
  }

  @Test
  void findsALabelWithoutAMeaning() {
    assertThat(ServicesCheck.of(List.of(Services.labelled(SITE, "waggle.timeout", "soon"))))
        .filteredOn(finding -> finding.check() == Check.LABELS)
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.grade()).isEqualTo(Grade.PROBLEM);
              assertThat(finding.found())
                  .startsWith("site is left alone: waggle.timeout must be a duration");
            });
  }

  @Test
  void findsAnOptedInJob() {
    ServiceState job = copy(SITE);
    job.tree().withObject("/Spec").putObject("Mode").putObject("GlobalJob");

    assertThat(ServicesCheck.of(List.of(job))).extracting(Finding::grade).contains(Grade.PROBLEM);
  }

  @Test
  void asksForAnImageOnceAndAsARolloutDoes() {
    assertThat(
            ServicesCheck.images(
                List.of(SITE, Services.named("zoo"), without(Services.named("other")))))
        .containsExactly(Map.entry("vorce/playlistlog:1", List.of("site", "zoo")));
  }

  @Test
  void tellsWhatTheRegistrySaid() {
    assertThat(
            ServicesCheck.registry(
                "vorce/site:1",
                List.of("site"),
                new Answer.Given<>(new Resolution.Refused("manifest unknown"), NOON)))
        .satisfies(
            finding -> {
              assertThat(finding.grade()).isEqualTo(Grade.PROBLEM);
              assertThat(finding.found())
                  .isEqualTo("vorce/site:1 (site) is refused: manifest unknown");
            });
    assertThat(
            ServicesCheck.registry(
                    "vorce/site:1",
                    List.of("site"),
                    new Answer.Given<>(new Resolution.Unauthorised("denied"), NOON))
                .found())
        .isEqualTo("vorce/site:1 (site) is not shown to the agent: denied");
    assertThat(
            ServicesCheck.registry("vorce/site:1", List.of("site"), new Answer.None<>("slow"))
                .found())
        .isEqualTo("vorce/site:1 (site): slow");
  }

  private static ServiceState without(ServiceState service) {
    ServiceState copy = copy(service);
    copy.tree().withObject("/Spec/Labels").remove("waggle.tags");
    return copy;
  }

  private static ServiceState copy(ServiceState service) {
    return new ServiceState(service.tree().deepCopy());
  }
}
