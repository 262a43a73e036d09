package dev.waggle.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waggle.testhost.AgentImage;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.TestHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// An operator replaces the agent's key of AWS with the documented commands.
class SecretRotationIT {

  private static final String FIRST = "waggle-aws";
  private static final String SECOND = "waggle-aws-2";

  @Test
  void goesOnWithTheSecondKeyAndKeepsItWhenTheStackIsDeployedAgain() throws IOException {
    try (TestHost host = TestHost.take()) {
      PrivateEngine engine = host.engine();
      try (Chain chain = Chain.start(engine, host.sqs())) {
        AgentStack agent = (AgentStack) chain.agent();
        agent.awaitMessage("agent started");

        agent.createCredentials(SECOND, "second-key-4711", "secret of the second key");
        AgentImage.docker(engine, documentedUpdate(agent.service()));
        AgentImage.docker(engine, "secret", "rm", FIRST);

        assertThat(doctor(engine, onlyContainer(engine)))
            .containsPattern("ok +identity +access key ending in 4711")
            .containsPattern("ok +queue ");

        JsonNode before = taskTemplate(chain, agent);
        agent.deploy(Map.of("WAGGLE_AWS_SECRET", SECOND));
        assertThat(taskTemplate(chain, agent)).as("what Swarm starts tasks of").isEqualTo(before);

        assertThatThrownBy(() -> agent.deploy(Map.of()))
            .hasMessageContaining("secret not found: " + FIRST);
        assertThat(taskTemplate(chain, agent)).isEqualTo(before);
      } finally {
        AgentImage.docker(engine, "secret", "rm", SECOND);
      }
    }
  }

  private static String[] documentedUpdate(String service) throws IOException {
    String command =
        Files.readString(Path.of("..", "docs", "set-up.md"))
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("docker service update --secret-rm " + FIRST))
            .findFirst()
            .orElseThrow();
    assertThat(command).startsWith("docker ").endsWith(" waggle_agent");
    return command.replace("waggle_agent", service).substring("docker ".length()).split(" ");
  }

  /// The agent of before ends within twenty seconds.
  private static String onlyContainer(PrivateEngine engine) {
    Await.until(
        "the end of the agent with the first key",
        Duration.ofSeconds(60),
        () -> AgentImage.docker(engine, "ps", "--quiet").lines().count() == 1);
    return AgentImage.docker(engine, "ps", "--quiet").strip();
  }

  /// It finds a problem elsewhere: no registry has the agent's image.
  private static String doctor(PrivateEngine engine, String container) {
    return AgentImage.docker(engine, "exec", container, "sh", "-c", "agent doctor; true");
  }

  private static JsonNode taskTemplate(Chain chain, AgentStack agent) {
    return chain.service(agent.service()).at("/Spec/TaskTemplate");
  }
}
