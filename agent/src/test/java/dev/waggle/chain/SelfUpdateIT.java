package dev.waggle.chain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waggle.testhost.AgentImage;
import dev.waggle.testhost.Await;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.TestHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The agent's own service is opted in, and a push of its image rolls it like any other.
@Tag("engines")
class SelfUpdateIT {

  private static final String REPOSITORY = "waggle/agent";

  /// What the range of versions in the stack file wants, which `1` is not.
  private static final String NEWER = "1.0.1";

  @Test
  void rollsItselfClosesThePushOnceAndTellsOfIt(@TempDir Path context) throws IOException {
    try (TestHost host = TestHost.take();
        Chain chain = Chain.start(host.engine(), host.sqs())) {
      PrivateEngine engine = host.engine();
      AgentStack agent = (AgentStack) chain.agent();
      agent.awaitMessage("agent started");
      String digest = pushNewer(engine, context);

      chain.send(
          "{\"version\":1,\"deliveryId\":\"newer-agent\",\"repository\":\""
              + REPOSITORY
              + "\",\"tag\":\""
              + NEWER
              + "\",\"digest\":\""
              + digest
              + "\",\"acceptedAt\":\"2026-11-01T10:00:02.123Z\"}");

      JsonNode outcome = agent.awaitOutcome("newer-agent");
      assertThat(outcome.path("service").asText()).isEqualTo(agent.service());
      assertThat(outcome.path("outcome").asText()).isEqualTo("updated");
      // The agent of before has ended, so nobody is left who could close it again.
      Await.until(
          "one agent, of the new image",
          Duration.ofSeconds(60),
          () ->
              AgentImage.docker(engine, "ps", "--no-trunc", "--format", "{{.Image}}")
                  .strip()
                  .equals(REPOSITORY + ":" + NEWER + "@" + digest));
      assertThat(chain.image(agent.service())).isEqualTo(REPOSITORY + ":" + NEWER + "@" + digest);
      assertThat(chain.messages()).isZero();
      assertThat(agent.log().all().stream().map(line -> line.path("message").asText()))
          .containsOnlyOnce("push closed", "agent stopped");

      assertThat(exec(engine, "status"))
          .containsPattern(agent.service() + " +waggle/agent:1\\.0\\.1 .* updated .* 1 of 1");
      assertThat(exec(engine, "doctor"))
          .contains("ok       registry       waggle/agent:1.0.1")
          .doesNotContain("problem");
    }
  }

  /// A command in the only container that runs; fails where its exit status is not 0.
  private static String exec(PrivateEngine engine, String command) {
    String container = AgentImage.docker(engine, "ps", "--quiet").strip();
    return AgentImage.docker(engine, "exec", container, "agent", command);
  }

  private static String pushNewer(PrivateEngine engine, Path context) throws IOException {
    String local = PrivateEngine.LOCAL_REGISTRY + "/" + REPOSITORY + ":" + NEWER;
    Files.writeString(
        context.resolve("Dockerfile"), "FROM " + AgentImage.NAME + "\nLABEL newer=true\n");
    AgentImage.docker(engine, "build", "--tag", local, context.toString());
    AgentImage.docker(engine, "push", "--quiet", local);
    return new PlaylistlogImages(engine).digest(REPOSITORY, NEWER);
  }
}
