package dev.waggle.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.doctor.ExaminedEngine.EngineState;
import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.doctor.Finding.Grade;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineCheckTest {

  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

  @Test
  void isContentWithAManager() {
    assertThat(check("29.7.2", "1.52", "active", true))
        .containsExactly(
            Finding.ok(Check.ENGINE, "Docker 29.7.2, API 1.52"),
            Finding.ok(Check.SWARM, "a manager; the swarm has 3 nodes, 1 of them manager"));
  }

  @ParameterizedTest
  @CsvSource({
    "active, --constraint node.role==manager",
    "inactive, docker swarm init",
    "locked, docker swarm unlock",
    "error, docker info"
  })
  void saysWhatToDoWhereTheEngineManagesNothing(String swarm, String remedy) {
    assertThat(check("29.7.2", "1.52", swarm, false))
        .filteredOn(finding -> finding.check() == Check.SWARM)
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.grade()).isEqualTo(Grade.PROBLEM);
              assertThat(finding.remedy()).contains(remedy);
            });
  }

  @ParameterizedTest
  @CsvSource({"1.41, OK", "2.0, OK", "1.40, WARNING", "1.9, WARNING", "1.x, WARNING"})
  void warnsOfAnEngineThatIsOlderThanTwentyTen(String apiVersion, Grade grade) {
    assertThat(check("?", apiVersion, "active", true))
        .first()
        .extracting(Finding::grade)
        .isEqualTo(grade);
  }

  @Test
  void namesTheSocketWhereNoEngineAnswers() {
    assertThat(EngineCheck.of(new Answer.None<>("no such file")))
        .satisfiesExactly(
            finding -> {
              assertThat(finding.grade()).isEqualTo(Grade.PROBLEM);
              assertThat(finding.found()).contains("no such file");
              assertThat(finding.remedy()).contains("DOCKER_HOST").contains("/var/run/docker.sock");
            },
            swarm -> assertThat(swarm.grade()).isEqualTo(Grade.SKIPPED));
  }

  private static List<Finding> check(
      String version, String apiVersion, String swarm, boolean manager) {
    return EngineCheck.of(
        new Answer.Given<>(
            new EngineState(version, apiVersion, swarm, manager, 1, 3, Optional.empty()), NOON));
  }
}
