package dev.waggle.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.service.ImageHealth;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Services;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthCheckTest {

  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");
  private static final ServiceState SITE = Services.named("site");
  private static final ImageReference IMAGE = SITE.image().orElseThrow();

  @Test
  void warnsOfAServiceWithoutAHealthCheckAndGivesTheCommandThatSetsOne() {
    assertThat(check(SITE, ImageHealth.UNCHECKED))
        .containsExactly(
            Finding.warning(
                Check.HEALTH,
                "site has no health check: Swarm stops the old task before it can know that the new"
                    + " one serves",
                "docker service update --health-cmd 'wget -qO- http://127.0.0.1:8080/ || exit 1'"
                    + " --health-interval 2s --health-start-period 30s site"));
  }

  @Test
  void saysThatTheImageMayHaveOneWhereNobodyKnows() {
    String found =
        "site sets no health check: unless its image has one, Swarm stops the old task before it"
            + " can know that the new one serves";

    assertThat(check(SITE, ImageHealth.UNKNOWN)).extracting(Finding::found).containsExactly(found);
    assertThat(HealthCheck.of(List.of(SITE), Map.of(IMAGE, new Answer.None<>("403"))))
        .extracting(Finding::found)
        .containsExactly(found);
    ServiceState wrong =
        Services.with(SITE, "/Spec/TaskTemplate/ContainerSpec", "Image", "not an image");
    assertThat(HealthCheck.images(List.of(wrong))).isEmpty();
    assertThat(HealthCheck.of(List.of(wrong), Map.of()))
        .extracting(Finding::found)
        .containsExactly(found);
  }

  @Test
  void isContentWithAHealthCheckOfTheImage() {
    assertThat(HealthCheck.images(List.of(SITE))).containsExactly(IMAGE);
    assertThat(check(SITE, ImageHealth.CHECKED))
        .containsExactly(Finding.ok(Check.HEALTH, "all have a health check"));
  }

  @Test
  void isContentWithAHealthCheckOfTheServiceAndDoesNotAskForItsImage() {
    ServiceState checked = tested(SITE, "CMD-SHELL", "wget -qO- http://127.0.0.1/ || exit 1");

    assertThat(HealthCheck.images(List.of(checked))).isEmpty();
    assertThat(HealthCheck.of(List.of(checked), Map.of()))
        .containsExactly(Finding.ok(Check.HEALTH, "all have a health check"));
  }

  @Test
  void takesSettingsWithoutATestForTheImagesHealthCheck() {
    ServiceState service = new ServiceState(SITE.tree().deepCopy());
    service
        .tree()
        .withObject("/Spec/TaskTemplate/ContainerSpec/Healthcheck")
        .put("Interval", 2_000_000_000L);

    assertThat(HealthCheck.images(List.of(service))).containsExactly(IMAGE);
  }

  @Test
  void warnsOfAHealthCheckThatIsSwitchedOffWhateverTheImageHas() {
    assertThat(check(tested(SITE, "NONE"), ImageHealth.CHECKED))
        .extracting(Finding::found)
        .containsExactly(
            "site has its health check switched off: Swarm stops the old task before it can know"
                + " that the new one serves");
  }

  @Test
  void doesNotSayThatTheNewTaskComesFirstWhereItDoesNot() {
    assertThat(check(Services.labelled(SITE, "waggle.order", "stop-first"), ImageHealth.UNCHECKED))
        .extracting(Finding::found)
        .containsExactly("site has no health check: Swarm cannot know whether the new task serves");
  }

  @ParameterizedTest
  @CsvSource({
    "'', 8080",
    "'{\"Protocol\": \"tcp\", \"TargetPort\": 3000, \"PublishedPort\": 80}', 3000",
    "'{\"TargetPort\": 3000}', 3000",
    "'{\"Protocol\": \"udp\", \"TargetPort\": 53}', 8080",
    "'{\"Protocol\": \"udp\", \"TargetPort\": 53}, {\"Protocol\": \"tcp\", \"TargetPort\": 54}', 54"
  })
  void asksThePortThatTheServicePublishes(String ports, int port) {
    ServiceState service =
        Services.service(
            """
            {"ID": "site", "Spec": {"Name": "site", "Labels": {"waggle.tags": "*"},
             "EndpointSpec": {"Ports": [%s]}}}\
            """
                .formatted(ports));

    assertThat(HealthCheck.of(List.of(service), Map.of()))
        .singleElement()
        .satisfies(
            finding -> assertThat(finding.remedy()).contains("http://127.0.0.1:" + port + "/ "));
  }

  @Test
  void warnsOfEachServiceByName() {
    assertThat(
            HealthCheck.of(
                List.of(Services.named("zoo"), tested(Services.named("good"), "CMD", "true"), SITE),
                Map.of()))
        .extracting(finding -> finding.found().split(" ", -1)[0])
        .containsExactly("site", "zoo");
  }

  @Test
  void looksAtNoServiceThatWaggleDoesNotRoll() {
    ServiceState other = Services.without(SITE, "/Spec/Labels", "waggle.tags");
    ServiceState job = new ServiceState(SITE.tree().deepCopy());
    job.tree().withObject("/Spec").putObject("Mode").putObject("ReplicatedJob");

    assertThat(HealthCheck.images(List.of(other, job))).isEmpty();
    assertThat(HealthCheck.of(List.of(other, job), Map.of())).isEmpty();
  }

  private static List<Finding> check(ServiceState service, ImageHealth image) {
    return HealthCheck.of(List.of(service), Map.of(IMAGE, new Answer.Given<>(image, NOON)));
  }

  private static ServiceState tested(ServiceState service, String... test) {
    ServiceState copy = new ServiceState(service.tree().deepCopy());
    List.of(test)
        .forEach(
            copy.tree().withObject("/Spec/TaskTemplate/ContainerSpec/Healthcheck").putArray("Test")
                ::add);
    return copy;
  }
}
