package dev.waggle.agent.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.transport.DockerHttpClient;
import dev.waggle.agent.service.ImageHealth;
import dev.waggle.agent.service.Services;
import dev.waggle.agent.service.Swarm.Readiness;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DockerSwarmTest {

  /// An engine that gives one answer to whatever it is asked.
  private record Engine(int status, String body) implements DockerHttpClient {

    @Override
    public Response execute(Request request) {
      return new EngineAnswer(status, body);
    }

    @Override
    public void close() {}
  }

  @Test
  void isReadyWhereTheNodesAreListed() throws Exception {
    assertThat(readiness(200, "[]")).isEqualTo(new Readiness.Ready());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "This node is not a swarm manager. Worker nodes can't be used to view",
        "This node is not part of a swarm"
      })
  void saysWhereToRunTheAgentWhereTheEngineManagesNoSwarm(String message) throws Exception {
    assertThat(readiness(503, json(message)))
        .isEqualTo(
            new Readiness.NotReady(
                "the engine manages no swarm: run the agent on a manager, or 'docker swarm init'"
                    + " first"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "The swarm does not have a leader. It's possible that too few managers are online.",
        "Swarm is encrypted and needs to be unlocked before it can be used."
      })
  void saysWhatTheEngineSaysOfASwarmThatIsNotThereYet(String message) throws Exception {
    assertThat(readiness(503, json(message)))
        .isEqualTo(new Readiness.NotReady("the engine does not list its nodes: " + message));
  }

  @Test
  void saysWhatAProxyBeforeTheEngineSays() throws Exception {
    assertThat(readiness(403, "forbidden by the proxy\n"))
        .isEqualTo(
            new Readiness.NotReady("the engine does not list its nodes: forbidden by the proxy"));
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"Config\": {\"Healthcheck\": {\"Test\": [\"CMD\", \"/health\"]}}}', CHECKED",
    "'{\"Config\": {\"Healthcheck\": {\"Test\": [\"NONE\"]}}}', UNCHECKED",
    "'{\"Config\": {\"Healthcheck\": {\"Interval\": 2000000000}}}', UNCHECKED",
    "'{\"Config\": {\"Healthcheck\": null}}', UNCHECKED",
    "'{\"Config\": {}}', UNCHECKED"
  })
  void tellsWhetherAnImageHasAHealthCheck(String image, ImageHealth health) throws Exception {
    assertThat(imageHealth(200, image)).isEqualTo(health);
  }

  @Test
  void doesNotKnowTheHealthCheckOfAnImageThatIsNotOnTheNode() throws Exception {
    assertThat(imageHealth(404, json("No such image: vorce/playlistlog:1")))
        .isEqualTo(ImageHealth.UNKNOWN);
  }

  @Test
  void doesNotKnowTheHealthCheckOfAnImageThatAnOldProxyDoesNotShow() throws Exception {
    assertThat(imageHealth(403, "forbidden by the proxy\n")).isEqualTo(ImageHealth.UNKNOWN);
  }

  private static String json(String message) {
    return "{\"message\":\"" + message + "\"}";
  }

  private static ImageHealth imageHealth(int status, String body)
      throws IOException, InterruptedException {
    try (DockerSwarm swarm =
        new DockerSwarm(new EngineApi(new Engine(status, body)), RegistryCredentials.NONE)) {
      return swarm.imageHealth(Services.TARGET.reference());
    }
  }

  private static Readiness readiness(int status, String body)
      throws IOException, InterruptedException {
    try (DockerSwarm swarm =
        new DockerSwarm(new EngineApi(new Engine(status, body)), RegistryCredentials.NONE)) {
      return swarm.readiness();
    }
  }
}
