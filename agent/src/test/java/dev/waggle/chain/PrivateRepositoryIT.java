package dev.waggle.chain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.api.command.PullImageResultCallback;
import dev.waggle.testhost.EngineHttp;
import dev.waggle.testhost.NamespacedEngine;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.PrivateDockerHub;
import dev.waggle.testhost.SqsServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/// The engine asks a registry that opens nothing to whoever has no account, under Docker Hub's
/// names. An engine in a container resolves names by itself, so that this needs one in namespaces.
@EnabledIf("dev.waggle.testhost.NamespacedEngine#isPossible")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrivateRepositoryIT {

  private static final String SERVICE = "playlistlog";
  private static final String WRONG = "not-the-password";

  private final NamespacedEngine engine =
      NamespacedEngine.start(step -> System.out.println("private engine: " + step));
  private final EngineHttp api = EngineHttp.connect(engine.dockerHost());
  private final PlaylistlogImages images = new PlaylistlogImages(engine);
  private final String first = "vorce/playlistlog:1@" + images.push("1", Health.HEALTHY);
  private final SqsServer sqs = SqsServer.start(engine);
  private final PrivateDockerHub hub;

  PrivateRepositoryIT() throws InterruptedException {
    // What services run before a push needs no rights any more.
    engine
        .docker()
        .pullImageCmd(PlaylistlogImages.REPOSITORY)
        .withTag("1")
        .exec(new PullImageResultCallback())
        .awaitCompletion(60, TimeUnit.SECONDS);
    hub = PrivateDockerHub.start(engine);
  }

  @AfterEach
  void removeServices() {
    hub.revokesNothing();
    api.get("/services")
        .valueStream()
        .forEach(service -> api.delete("/services/" + service.path("ID").asText()));
  }

  @AfterAll
  void stopServers() {
    sqs.close();
    hub.close();
    api.close();
    engine.close();
  }

  @Test
  void rollsToAPrivateImageWithNameAndPassword(@TempDir Path directory) throws IOException {
    try (Chain chain = startChain(config(directory, auth(hub.password())))) {
      String digest = images.push("password", Health.HEALTHY);
      JsonNode outcome = outcomeOfAPush(chain, "password");
      assertThat(outcome.path("outcome").asText()).isEqualTo("updated");
      assertThat(chain.image(SERVICE)).isEqualTo("vorce/playlistlog:password@" + digest);
      assertThat(chain.functionLog().all())
          .anySatisfy(
              line ->
                  assertThat(line.path("message").asText()).isEqualTo("push accepted unproven"));
      assertThatNoLogHas(chain, hub.password());
    }
  }

  @Test
  void rollsToAPrivateImageWithAnIdentityToken(@TempDir Path directory) throws IOException {
    try (Chain chain =
        startChain(
            config(
                directory,
                "\"auth\":\""
                    + base64(PrivateDockerHub.USER + ":")
                    + "\",\"identitytoken\":\""
                    + hub.identityToken()
                    + "\""))) {
      String digest = images.push("token", Health.HEALTHY);
      assertThat(outcomeOfAPush(chain, "token").path("outcome").asText()).isEqualTo("updated");
      assertThat(chain.image(SERVICE)).isEqualTo("vorce/playlistlog:token@" + digest);
      assertThatNoLogHas(chain, hub.identityToken());
    }
  }

  @Test
  void saysThatTheCredentialsAreWrong(@TempDir Path directory) throws IOException {
    try (Chain chain = startChain(config(directory, auth(WRONG)))) {
      images.push("wrong", Health.HEALTHY);
      JsonNode outcome = outcomeOfAPush(chain, "wrong");
      assertThat(outcome.path("outcome").asText()).isEqualTo("unauthorised");
      assertThat(outcome.path("level").asText()).isEqualTo("ERROR");
      assertThat(outcome.path("detail").asText())
          .contains("incorrect username or password", "log in again");
      assertThat(chain.image(SERVICE)).isEqualTo(first);
      assertThatNoLogHas(chain, WRONG);
    }
  }

  @Test
  void saysThatThereAreNoCredentials() {
    try (Chain chain = startChain(Map.of())) {
      images.push("none", Health.HEALTHY);
      JsonNode outcome = outcomeOfAPush(chain, "none");
      assertThat(outcome.path("outcome").asText()).isEqualTo("unauthorised");
      assertThat(outcome.path("detail").asText())
          .contains("requested access to the resource is denied", "has no credentials");
      assertThat(chain.image(SERVICE)).isEqualTo(first);
    }
  }

  @Test
  void tellsATagThatIsNotThereFromOneThatIsNotShown(@TempDir Path directory) throws IOException {
    try (Chain chain = startChain(config(directory, auth(hub.password())))) {
      JsonNode outcome = outcomeOfAPush(chain, "missing");
      assertThat(outcome.path("outcome").asText()).isEqualTo("refused by the registry");
      assertThat(outcome.path("detail").asText()).contains("manifest unknown");
    }
  }

  @Test
  void asksAgainAndSaysThatItIsUnauthorisedWhereTheRightsEndBetweenLookUpAndPull(
      @TempDir Path directory) throws IOException {
    try (Chain chain = startChain(config(directory, auth(hub.password())))) {
      images.push("revoked", Health.HEALTHY);
      hub.revokesAfterTokens(1);
      JsonNode outcome = outcomeOfAPush(chain, "revoked");
      assertThat(outcome.path("outcome").asText()).isEqualTo("unauthorised");
      assertThat(chain.agent().log().all())
          .anyMatch(
              line ->
                  line.path("reason")
                      .asText()
                      .contains("No such image: vorce/playlistlog:revoked@"));
      assertThat(chain.image(SERVICE)).isEqualTo(first);
    }
  }

  private Chain startChain(Map<String, String> agentSettings) {
    Chain chain = Chain.start(engine, sqs, hub.registryForFunction(), agentSettings);
    chain.createService(SERVICE, first, 1, Map.of("waggle.tags", "*"));
    return chain;
  }

  private static JsonNode outcomeOfAPush(Chain chain, String tag) {
    Chain.Answer answer = chain.deliver(tag);
    assertThat(answer.status()).isEqualTo(202);
    return chain.agent().awaitOutcome(answer.deliveryId());
  }

  private void assertThatNoLogHas(Chain chain, String secret) throws IOException {
    assertThat(
            chain.agent().log().all().toString()
                + chain.agent().log().notJson()
                + chain.functionLog().all()
                + Files.readString(engine.log()))
        .doesNotContain(secret)
        .doesNotContain(base64(PrivateDockerHub.USER + ":" + secret));
  }

  private static String auth(String password) {
    return "\"auth\":\"" + base64(PrivateDockerHub.USER + ":" + password) + "\"";
  }

  /// As `docker login` writes it.
  private static Map<String, String> config(Path directory, String entry) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("config.json"),
            "{\"auths\":{\"https://index.docker.io/v1/\":{" + entry + "}}}");
    return Map.of("WAGGLE_REGISTRY_CONFIG_FILE", file.toString());
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
