package dev.waggle.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// How CI publishes the agent's image, as far as that can be seen without it.
class WorkflowTest {

  private static final Path WORKFLOWS = Path.of("..", ".github", "workflows");
  private static final Path RELEASE_TAGS = Path.of("..", ".ci", "release-tags");
  private static final String[] TAGGED = {
    "v1.2.3", "v1.9.9", "v1.10.0", "v1.11.0-rc1", "v10.0.0", "v0.9", "version1"
  };

  @Test
  void endsEveryJobInTime() throws IOException {
    for (String workflow : List.of("build.yml", "weekly.yml")) {
      assertThat(read(workflow).path("jobs").properties())
          .isNotEmpty()
          .allSatisfy(
              job ->
                  assertThat(job.getValue().path("timeout-minutes").asInt())
                      .as(job.getKey())
                      .isPositive());
    }
  }

  /// Maven runs as root, and the cache is the user's.
  @Test
  void keepsLibrariesWhereTheCacheLooks() throws IOException {
    for (String workflow : List.of("build.yml", "weekly.yml")) {
      assertThat(Files.readAllLines(WORKFLOWS.resolve(workflow)))
          .filteredOn(line -> line.contains(" mvn "))
          .isNotEmpty()
          .allMatch(line -> line.contains("-Dmaven.repo.local=\"$HOME/.m2/repository\""));
    }
  }

  @Test
  void publishesToWhereTheRepositorySaysAndPartsByDigestAlone() throws IOException {
    JsonNode jobs = read("build.yml").path("jobs");
    JsonNode image = jobs.path("image");
    assertThat(image.path("if").asText())
        .isEqualTo("needs.tags.outputs.version != '' && vars.IMAGE != ''");
    assertThat(image.toString())
        .contains("push-by-digest=true,name-canonical=true,push=true")
        .doesNotContain("--tag", "docker push");
    assertThat(jobs.path("tags").toString()).contains("::warning::No image is published");
    // The rest is skipped with it, but for the function's release.
    assertThat(jobs.path("index").path("needs").toString()).contains("\"image\"");
    assertThat(jobs.path("release").path("if").asText())
        .isEqualTo("!failure() && !cancelled() && needs.tags.outputs.version != ''");
  }

  @Test
  void movesTheMajorTagToTheHighestVersionOnly() throws IOException, InterruptedException {
    assertThat(releaseTags("v1.10.0", TAGGED)).containsExactly("1.10.0", "1");
    assertThat(releaseTags("v1.9.9", TAGGED)).containsExactly("1.9.9");
    assertThat(releaseTags("v10.0.0", TAGGED)).containsExactly("10.0.0", "10");
    assertThat(releaseTags("v1.0.0")).containsExactly("1.0.0", "1");
  }

  @Test
  void publishesNothingForATagThatIsNoVersion() throws IOException, InterruptedException {
    for (String tag : List.of("v1.11.0-rc1", "v1.2", "v1.2.3.4", "1.2.3", "vx1.2.3", "v1.2.x")) {
      assertThat(releaseTags(tag, TAGGED)).as(tag).isEmpty();
    }
  }

  private static List<String> releaseTags(String tag, String... tagged)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("bash", RELEASE_TAGS.toString(), tag).redirectErrorStream(true).start();
    process
        .outputWriter(StandardCharsets.UTF_8)
        .append(String.join("\n", tagged).concat("\n"))
        .close();
    List<String> lines = process.inputReader(StandardCharsets.UTF_8).lines().toList();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    return lines;
  }

  private static JsonNode read(String workflow) throws IOException {
    return new JsonMapper()
        .valueToTree(
            new Yaml(new SafeConstructor(new LoaderOptions()))
                .load(Files.readString(WORKFLOWS.resolve(workflow))));
  }
}
