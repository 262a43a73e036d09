package dev.waggle.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.service.ServiceState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RolloutCheckTest {

  private static final JsonMapper JSON = new JsonMapper();

  private static final Finding NO_MOUNTS =
      Finding.ok(Check.MOUNTS, "no service has two tasks that write to one place");

  @Test
  void warnsOfAPlainServiceWhoseImageHasNoHealthCheck() {
    assertThat(RolloutCheck.of(List.of(plain("{}")), Map.of("site", false)))
        .containsExactly(
            Finding.warning(
                Check.HEALTH,
                "site has no health check: Swarm stops the old task before it can know that the"
                    + " new one serves",
                "docker service update --health-cmd 'wget -qO- http://localhost:8080/ || exit 1'"
                    + " --health-interval 2s --health-start-period 30s site"),
            NO_MOUNTS);
  }

  @Test
  void saysThatTheImageMayHaveOneWhereItIsNotOnThisNode() {
    assertThat(RolloutCheck.of(List.of(plain("{}")), Map.of()).getFirst().found())
        .isEqualTo(
            "site sets no health check: unless its image has one, Swarm stops the old task before"
                + " it can know that the new one serves");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"Test\":[\"CMD\",\"true\"]} | false | true",
        "{\"Test\":[\"NONE\"]} | true | false",
        "{\"Interval\":2000000000} | true | true",
        "{\"Interval\":2000000000} | false | false",
        "null | true | true"
      })
  void asksTheServiceFirstAndThenItsImage(String healthcheck, boolean ofImage, boolean healthy) {
    ServiceState service = plain("{\"Healthcheck\":" + healthcheck + "}");
    assertThat(
            RolloutCheck.of(List.of(service), Map.of("site", ofImage))
                .contains(Finding.ok(Check.HEALTH, "every service has a health check")))
        .isEqualTo(healthy);
  }

  @Test
  void namesThePortThatTheServicePublishes() {
    ObjectNode tree = plain("{}").tree().deepCopy();
    tree.withObject("/Spec/EndpointSpec")
        .putArray("Ports")
        .addObject()
        .put("Protocol", "tcp")
        .put("TargetPort", 3000)
        .put("PublishedPort", 80);
    assertThat(
            RolloutCheck.of(List.of(new ServiceState(tree)), Map.of("site", false))
                .getFirst()
                .remedy())
        .contains("http://localhost:3000/");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"Type\":\"volume\",\"Source\":\"db\",\"Target\":\"/data\"} | /data (volume db)",
        "{\"Source\":\"db\",\"Target\":\"/data\"} | /data (volume db)",
        "{\"Type\":\"volume\",\"Target\":\"/data\"} | /data (volume of no name)",
        "{\"Type\":\"bind\",\"Source\":\"/srv\",\"Target\":\"/data\"} | /data (bind /srv)"
      })
  void warnsOfTwoTasksThatWriteToOnePlace(String mount, String named) {
    assertThat(mounts(plain("{\"Mounts\":[" + mount + "]}")))
        .isEqualTo(
            Finding.warning(
                Check.MOUNTS,
                "site has two tasks at once while it is rolled, and both may write to " + named,
                "if they must not: docker service update --label-add waggle.order=stop-first"
                    + " site"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"Type\":\"volume\",\"Source\":\"db\",\"Target\":\"/data\",\"ReadOnly\":true}",
        "{\"Type\":\"tmpfs\",\"Target\":\"/tmp\"}",
        "{\"Type\":\"bind\",\"Source\":\"/var/run/docker.sock\",\"Target\":\"/var/run/docker.sock\"}"
      })
  void findsNothingWrongWithAMountThatNobodyWritesTo(String mount) {
    assertThat(mounts(plain("{\"Mounts\":[" + mount + "]}"))).isEqualTo(NO_MOUNTS);
  }

  @ParameterizedTest
  @CsvSource({
    "stop-first, '', false",
    "keep, '', false",
    "keep, stop-first, false",
    "keep, start-first, true",
    "start-first, stop-first, true"
  })
  void heedsTheOrderThatARolloutHas(String label, String own, boolean warns) {
    ObjectNode tree =
        plain("{\"Mounts\":[{\"Type\":\"volume\",\"Source\":\"db\",\"Target\":\"/data\"}]}")
            .tree()
            .deepCopy();
    tree.withObject("/Spec/Labels").put("waggle.order", label);
    if (!own.isEmpty()) {
      tree.withObject("/Spec/UpdateConfig").put("Order", own);
    }
    assertThat(mounts(new ServiceState(tree)).equals(NO_MOUNTS)).isEqualTo(!warns);
  }

  @Test
  void saysNothingWhereNoServiceIsOptedIn() {
    ObjectNode tree = plain("{}").tree().deepCopy();
    tree.withObject("/Spec").remove("Labels");
    assertThat(RolloutCheck.of(List.of(new ServiceState(tree)), Map.of())).isEmpty();
  }

  private static Finding mounts(ServiceState service) {
    return RolloutCheck.of(List.of(service), Map.of("site", true)).getLast();
  }

  /// As `docker service create` makes it, with nothing but a label.
  private static ServiceState plain(String containerSpec) {
    try {
      ObjectNode tree = JSON.createObjectNode().put("ID", "site-id");
      tree.withObject("/Spec").put("Name", "site");
      tree.withObject("/Spec/Labels").put("waggle.tags", "*");
      JsonNode container = JSON.readTree(containerSpec);
      tree.withObject("/Spec/TaskTemplate").set("ContainerSpec", container);
      tree.withObject("/Spec/TaskTemplate/ContainerSpec").put("Image", "vorce/site:1");
      return new ServiceState(tree);
    } catch (IOException notJson) {
      throw new UncheckedIOException(notJson);
    }
  }
}
