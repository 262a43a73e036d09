package dev.waggle.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Services;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MountsCheckTest {

  private static final Finding OK =
      Finding.ok(Check.MOUNTS, "no service has two tasks that write to one place");

  private final ServiceState site = Services.named("site");

  @ParameterizedTest
  @CsvSource({"volume, data", "bind, /srv/data"})
  void warnsWhenTwoTasksWriteToAVolumeOrADirectory(String type, String source) {
    mount(type, source, "/var/lib/site");

    assertThat(check())
        .containsExactly(
            Finding.warning(
                Check.MOUNTS,
                "site has two tasks at once while it is rolled, and both write to /var/lib/site ("
                    + source
                    + ")",
                "if they must not, docker service update --label-add waggle.order=stop-first"
                    + " site"));
  }

  @Test
  void warnsOfEveryMount() {
    mount("volume", "data", "/data");
    mount("volume", "pages", "/pages");

    assertThat(check()).hasSize(2);
  }

  @Test
  void isContentWithAServiceThatMountsNothing() {
    assertThat(check()).containsExactly(OK);
  }

  @Test
  void isContentWithAMountThatIsReadOnly() {
    mount("bind", "/etc/site", "/etc/site").put("ReadOnly", true);

    assertThat(check()).containsExactly(OK);
  }

  @Test
  void isContentWithMemoryOfEachTaskItsOwn() {
    mount("tmpfs", "", "/tmp");

    assertThat(check()).containsExactly(OK);
  }

  @Test
  void isContentWithAVolumeWithoutAName() {
    mount("volume", "", "/cache").remove("Source");

    assertThat(check()).containsExactly(OK);
  }

  @ParameterizedTest
  @CsvSource({"/var/run/docker.sock", "/run/docker.sock", "/run/user/1000/docker.sock"})
  void isContentWithDockersSocket(String source) {
    mount("bind", source, "/var/run/docker.sock");

    assertThat(check()).containsExactly(OK);
  }

  @ParameterizedTest
  @CsvSource({
    "start-first, stop-first, true",
    "stop-first, start-first, false",
    "keep, start-first, true",
    "keep, stop-first, false"
  })
  void heedsTheOrderThatTheLabelAsksFor(String label, String own, boolean warns) {
    mount("volume", "data", "/data");
    site.tree().withObject("/Spec/Labels").put("waggle.order", label);
    site.tree().withObject("/Spec/UpdateConfig").put("Order", own);

    assertThat(check().contains(OK)).isEqualTo(!warns);
  }

  @Test
  void takesTheEnginesOrderWhereAKeptOneIsNotSet() {
    mount("volume", "data", "/data");
    site.tree().withObject("/Spec/Labels").put("waggle.order", "keep");
    site.tree().withObject("/Spec").remove("UpdateConfig");

    assertThat(check()).containsExactly(OK);
  }

  @Test
  void looksAtNoServiceThatWaggleDoesNotRoll() {
    mount("volume", "data", "/data");
    site.tree().withObject("/Spec/Labels").remove("waggle.tags");

    assertThat(check()).isEmpty();
  }

  private List<Finding> check() {
    return MountsCheck.of(List.of(site));
  }

  private ObjectNode mount(String type, String source, String target) {
    return site.tree()
        .withObject("/Spec/TaskTemplate/ContainerSpec")
        .withArray("Mounts")
        .addObject()
        .put("Type", type)
        .put("Source", source)
        .put("Target", target);
  }
}
