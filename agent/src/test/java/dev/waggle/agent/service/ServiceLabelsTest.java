package dev.waggle.agent.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceLabelsTest {

  @ParameterizedTest
  @CsvSource({
    "wagle.tags, waggle.tags",
    "waggel.tags, waggle.tags",
    "wagggle.tags, waggle.tags",
    "WAGGLE.tags, waggle.tags",
    "Waggle.Tags, waggle.tags",
    "waggle-tags, waggle.tags",
    "waggle_tags, waggle.tags",
    "waggle/tags, waggle.tags",
    "waggletags, waggle.tags",
    "wagle-order, waggle.order",
    "wagle.failure-action, waggle.failure-action",
    "waggl.timeout, waggle.timeout"
  })
  void takesAPrefixThatIsALetterOrTwoOffForOurs(String label, String meant) {
    assertThat(ServiceLabels.meant(label)).contains(meant);
    assertThat(ServiceLabels.strays(Map.of(label, "*")))
        .contains(label + " is unknown; did you mean " + meant + "?");
    assertThat(ServiceLabels.strays(Map.of("waggle.tags", "*", label, "*")))
        .contains(label + " is unknown; did you mean " + meant + "?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "google.tags",
        "toggle.timeout",
        "wagon.order",
        "wallet.tags",
        "com.example.waggle.tags",
        "com.example.tags",
        "tags",
        "order",
        "wagle.owner",
        "wagle.my-tags",
        ""
      })
  void takesNoOtherLabelForOurs(String label) {
    assertThat(ServiceLabels.meant(label)).isEmpty();
    assertThat(ServiceLabels.strays(Map.of(label, "*"), Map.of(label, "*"))).isEmpty();
  }

  @Test
  void leavesAnOptedInServiceItsOtherUnknownLabelsToTheReading() {
    assertThat(ServiceLabels.strays(Map.of("waggle.tags", "*", "waggle.tag", "*"))).isEmpty();
  }

  @Test
  void namesWhatIsOnTheContainersAfterWhatIsOnTheService() {
    assertThat(
            ServiceLabels.strays(
                Map.of("waggle.order", "keep"),
                Map.of("waggle.timeout", "90s", "waggle.tags", "*", "maintainer", "vorce")))
        .contains(
            "waggle.order has no effect without waggle.tags; it has waggle.tags, waggle.timeout on"
                + " its containers, where Waggle does not look");
  }

  @Test
  void findsNothingInLabelsThatHaveTheirEffect() {
    assertThat(
            ServiceLabels.strays(
                Map.of("waggle.tags", "*", "waggle.order", "keep"), Map.of("waggle.order", "keep")))
        .isEmpty();
    assertThat(ServiceLabels.strays(Map.of(), Map.of())).isEmpty();
  }
}
