package dev.waggle.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.testhost.AgentImage;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.TestHost;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentImageIT {

  private final TestHost host = TestHost.take();
  private final PrivateEngine engine = host.engine();

  @BeforeAll
  void build() {
    AgentImage.build(engine, step -> System.out.println("agent image: " + step));
  }

  @AfterAll
  void giveBack() {
    host.close();
  }

  @Test
  void startsTheAgentOnAReadOnlyFileSystemAndSaysWhatIsNotSet() throws IOException {
    String output = run("--read-only", AgentImage.NAME);
    assertThat(new JsonMapper().readTree(output).path("reason").asText())
        .contains("WAGGLE_QUEUE_URL");
  }

  @Test
  void takesACommand() {
    assertThat(run("--read-only", AgentImage.NAME, "doctor"))
        .contains("problem  settings       WAGGLE_QUEUE_URL is not set")
        .contains("problem  engine ")
        .doesNotContain("Exception in thread");
    assertThat(run("--read-only", AgentImage.NAME, "status")).contains("agent doctor tells");
  }

  @Test
  void runsAsNobodyWithItsCacheOfClasses() {
    assertThat(run("--entrypoint", "id", AgentImage.NAME, "-u")).isEqualToIgnoringNewLines("65532");
    assertThat(
            run(
                "--entrypoint",
                "/opt/agent/runtime/bin/java",
                "--workdir",
                "/opt/agent",
                AgentImage.NAME,
                "@options",
                "-XX:AOTCache=agent.aot",
                "-XX:AOTMode=on",
                "-cp",
                "agent.jar",
                "-version"))
        .contains("sharing");
  }

  @Test
  void isWellOnlyWhileTheLastReceiveIsFresh() throws IOException {
    JsonNode check =
        new JsonMapper()
            .readTree(
                AgentImage.docker(
                    engine,
                    "image",
                    "inspect",
                    "--format",
                    "{{json .Config.Healthcheck.Test}}",
                    AgentImage.NAME));
    assertThat(check.get(0).asText()).isEqualTo("CMD-SHELL");
    String command = check.get(1).asText();
    assertThat(status(command)).isNotZero();
    assertThat(status("touch /tmp/waggle-received; " + command)).isZero();
    assertThat(status("touch -d @0 /tmp/waggle-received; " + command)).isNotZero();
  }

  private int status(String script) {
    String output =
        run("--entrypoint", "sh", AgentImage.NAME, "-c", "(" + script + ") 2>/dev/null; echo $?");
    return Integer.parseInt(output.strip());
  }

  /// The output of a container that may fail.
  private String run(String... optionsAndImage) {
    String[] command = new String[optionsAndImage.length + 3];
    command[0] = "container";
    command[1] = "create";
    command[2] = "--network=none";
    System.arraycopy(optionsAndImage, 0, command, 3, optionsAndImage.length);
    String container = AgentImage.docker(engine, command).strip();
    AgentImage.docker(engine, "start", container);
    AgentImage.docker(engine, "wait", container);
    return AgentImage.docker(engine, "logs", container);
  }
}
