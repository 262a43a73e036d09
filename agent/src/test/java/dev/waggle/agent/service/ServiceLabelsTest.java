package dev.waggle.agent.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceLabelsTest {

  private static final JsonMapper JSON = new JsonMapper();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "wagle.tags",
        "waggel.tags",
        "wagggle.tags",
        "WAGGLE.tags",
        "waggle-tags",
        "waggle_tags",
        "waggle/tags"
      })
  void areMeantForUsThoughTheirPrefixIsMisspelt(String label) {
    assertThat(ServiceLabels.strays(service(label, null)))
        .contains(label + " is unknown; did you mean waggle.tags?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"google.tags", "com.example.tags", "tags", "wagle.colour", "traefik.enable"})
  void areNotMeantForUsWhereTheyAreMoreThanTwoLettersAway(String label) {
    assertThat(ServiceLabels.strays(service(label, null))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"waggle.tags", "waggle.order", "wagle.tags"})
  void areFoundOnTheContainersWhereACompositionPutsThem(String label) {
    assertThat(ServiceLabels.strays(service(null, label)))
        .contains(
            label
                + " is a label of its containers, where Waggle does not look: in a compose file it"
                + " belongs under deploy.labels");
  }

  @Test
  void areNoStraysOfAServiceThatIsOptedIn() {
    assertThat(ServiceLabels.strays(service("waggle.tags", "waggle.tags"))).isEmpty();
  }

  private static ServiceState service(@Nullable String label, @Nullable String ofContainers) {
    ObjectNode tree = JSON.createObjectNode();
    tree.withObject("/Spec").put("Name", "site");
    if (label != null) {
      tree.withObject("/Spec/Labels").put(label, "*");
    }
    if (ofContainers != null) {
      tree.withObject("/Spec/TaskTemplate/ContainerSpec/Labels").put(ofContainers, "*");
    }
    return new ServiceState(tree);
  }
}
