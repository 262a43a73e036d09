package dev.waggle.chain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.testhost.Fields;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.TestHost;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engines")
class FidelityIT {

  /// What tools that go through a typed model are known to lose, and every engine since 20.10
  /// knows.
  private static final String[] EASILY_LOST = {
    "/TaskTemplate/ContainerSpec/CapabilityAdd/0",
    "/TaskTemplate/ContainerSpec/CapabilityDrop/0",
    "/TaskTemplate/ContainerSpec/Sysctls/net.core.somaxconn",
    "/TaskTemplate/ContainerSpec/Ulimits/0/Hard",
    "/TaskTemplate/ContainerSpec/Groups/1",
    "/TaskTemplate/Resources/Limits/Pids",
    "/TaskTemplate/Placement/Preferences/0/Spread/SpreadDescriptor",
    "/TaskTemplate/Resources/Reservations/GenericResources/1/NamedResourceSpec/Value",
    "/TaskTemplate/Networks/0/DriverOpts/com.example.option",
    "/TaskTemplate/Networks/0/Aliases/0",
    "/RollbackConfig/MaxFailureRatio",
    "/EndpointSpec/Ports/1/PublishMode"
  };

  @Test
  void changesTheImageTheOrderAndTheFailureActionOfAServiceAndNothingElse() {
    try (TestHost host = TestHost.take();
        Chain chain = Chain.start(host.engine(), host.sqs())) {
      PlaylistlogImages images = new PlaylistlogImages(host.engine());
      String oldImage = "vorce/playlistlog:1@" + images.push("1", Health.HEALTHY);
      String newImage = "vorce/playlistlog:2@" + images.push("2", Health.HEALTHY);
      chain.createService(TortureService.specification(chain.api(), oldImage));
      JsonNode before = chain.service("torture").path("Spec");
      for (String field : EASILY_LOST) {
        assertThat(before.at(field).isMissingNode()).as(field).isFalse();
      }

      Chain.Answer answer = chain.deliver("2");
      JsonNode outcome = chain.agent().awaitOutcome(answer.deliveryId());
      assertThat(outcome.path("outcome").asText()).isEqualTo("updated");

      ObjectNode expected = before.deepCopy();
      expected.withObject("/TaskTemplate/ContainerSpec").put("Image", newImage);
      expected
          .withObject("/UpdateConfig")
          .put("Order", "start-first")
          .put("FailureAction", "rollback");
      assertThat(Fields.of(chain.service("torture").path("Spec")))
          .containsExactlyInAnyOrderEntriesOf(Fields.of(expected));
    }
  }
}
