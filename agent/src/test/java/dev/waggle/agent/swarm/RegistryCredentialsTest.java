package dev.waggle.agent.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.agent.push.Repository;
import dev.waggle.agent.swarm.RegistryCredentials.Reading;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryCredentialsTest {

  private static final String CANARY = "canary-7c1f";
  private static final Repository PLAYLISTLOG = Repository.onDockerHub("vorce/playlistlog");

  @Test
  void readsWhatDockerLoginWrites() throws IOException {
    String file =
        """
        {
        	"auths": {
        		"https://index.docker.io/v1/": {
        			"auth": "%s"
        		},
        		"registry.example.com:5000": {
        			"auth": "%s"
        		}
        	},
        	"HttpHeaders": {
        		"User-Agent": "Docker-Client/20.10.24 (linux)"
        	}
        }
        """
            .formatted(base64("vorce:secret:with:colons"), base64("other:word"));
    RegistryCredentials credentials = valid(file);
    assertThat(sent(credentials, PLAYLISTLOG))
        .isEqualTo(
            json(
                """
                {"username":"vorce","password":"secret:with:colons",
                 "serveraddress":"https://index.docker.io/v1/"}\
                """));
    assertThat(sent(credentials, new Repository("registry.example.com:5000", "app")))
        .isEqualTo(
            json(
                """
                {"username":"other","password":"word",
                 "serveraddress":"registry.example.com:5000"}\
                """));
    assertThat(credentials.of(new Repository("registry.example.com", "app"))).isEmpty();
    assertThat(credentials.of(new Repository("ghcr.io", "vorce/app"))).isEmpty();
  }

  @Test
  void readsWhatPodmanLoginWritesAndPrefersTheNarrowerScope() throws IOException {
    RegistryCredentials credentials =
        valid(
            """
            {"auths": {"docker.io": {"auth": "%s"}, "docker.io/vorce": {"auth": "%s"}}}
            """
                .formatted(base64("everybody:a"), base64("vorce:b")));
    assertThat(sent(credentials, PLAYLISTLOG).path("username").asText()).isEqualTo("vorce");
    assertThat(sent(credentials, Repository.onDockerHub("vorcery/app")).path("username"))
        .isEqualTo(json("\"everybody\""));
  }

  @Test
  void handsOverAnIdentityTokenInsteadOfAPassword() throws IOException {
    RegistryCredentials credentials =
        valid(
            """
            {"auths": {"waggle.azurecr.io": {"auth": "%s", "identitytoken": "a.b.c"}}}
            """
                .formatted(base64("00000000-0000-0000-0000-000000000000:")));
    assertThat(sent(credentials, new Repository("waggle.azurecr.io", "app")))
        .isEqualTo(
            json(
                """
                {"username":"00000000-0000-0000-0000-000000000000","password":"",
                 "identitytoken":"a.b.c","serveraddress":"waggle.azurecr.io"}\
                """));
  }

  @Test
  void readsNameAndPasswordInFieldsOfTheirOwn() throws IOException {
    assertThat(
            sent(
                    valid(
                        """
                        {"auths": {"docker.io": {"username": "vorce", "password": "secret"}}}
                        """),
                    PLAYLISTLOG)
                .path("password")
                .asText())
        .isEqualTo("secret");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://index.docker.io/v1/",
        "index.docker.io",
        "docker.io",
        "https://docker.io",
        "registry-1.docker.io",
        "https://registry-1.docker.io/v2/",
        "http://Index.Docker.io/v1"
      })
  void knowsDockerHubByEveryName(String key) {
    assertThat(
            valid("{\"auths\":{\"" + key + "\":{\"auth\":\"" + base64("a:b") + "\"}}}")
                .of(PLAYLISTLOG))
        .isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "docker.io.example.com",
        "example.com/docker.io",
        "notdocker.io",
        "docker.io:5000",
        "https://index.docker.io/v1/access-token"
      })
  void givesDockerHubNothingOfAnother(String key) {
    assertThat(
            valid("{\"auths\":{\"" + key + "\":{\"auth\":\"" + base64("a:b") + "\"}}}")
                .of(PLAYLISTLOG))
        .isEmpty();
  }

  @Test
  void dropsTheZerosThatOldDockersPutBehindAPassword() throws IOException {
    RegistryCredentials credentials =
        valid("{\"auths\":{\"docker.io\":{\"auth\":\"" + base64("vorce:secret\0\0") + "\"}}}");
    assertThat(sent(credentials, PLAYLISTLOG).path("password").asText()).isEqualTo("secret");
  }

  @Test
  void padsWhatTheEngineIsHanded() {
    assertThat(
            List.of("a:b", "a:bc", "a:bcd").stream()
                .map(
                    login ->
                        valid("{\"auths\":{\"docker.io\":{\"auth\":\"" + base64(login) + "\"}}}")
                            .of(PLAYLISTLOG)
                            .orElseThrow()
                            .header()))
        .allMatch(header -> header.length() % 4 == 0)
        .anyMatch(header -> header.endsWith("="))
        .noneMatch(header -> header.matches(".*[+/].*"));
  }

  @Test
  void refusesAStoreWhichKeepsTheCredentialsElsewhere() {
    assertThat(
            problems(
                """
                {"auths": {"https://index.docker.io/v1/": {}}, "credsStore": "desktop"}
                """))
        .singleElement()
        .asString()
        .startsWith("credsStore keeps the credentials outside of the file: log in");
    assertThat(problems("{\"credsStore\": \"ecr-login\"}"))
        .singleElement()
        .asString()
        .startsWith("credsStore");
  }

  @Test
  void refusesAHelperForDockerHubAndLetsThatOfAnotherRegistryBe() {
    String auths = "\"auths\":{\"docker.io\":{\"auth\":\"" + base64("a:b") + "\"}}";
    assertThat(problems("{" + auths + ",\"credHelpers\":{\"docker.io\":\"pass\"}}"))
        .singleElement()
        .asString()
        .contains("credHelpers", "docker.io");
    String elastic = "123456789012.dkr.ecr.eu-north-1.amazonaws.com";
    RegistryCredentials credentials =
        valid("{" + auths + ",\"credHelpers\":{\"" + elastic + "\":\"ecr-login\"}}");
    assertThat(credentials.of(PLAYLISTLOG)).isPresent();
    assertThat(credentials.of(new Repository(elastic, "app"))).isEmpty();
  }

  @Test
  void namesEveryRegistryWhoseEntryCannotBeUsedAndNothingOfItsContent() {
    List<String> problems =
        problems(
            """
            {"auths": {"ghcr.io": {}, "quay.io": {"auth": "%s"}, "docker.io": {"auth": "%1$s!"},
             "a.example.com": {"username": "%2$s"}, "b.example.com": "%2$s"}}
            """
                .formatted(base64(CANARY), CANARY));
    assertThat(problems).hasSize(5).noneMatch(problem -> problem.contains(CANARY));
    assertThat(problems)
        .anyMatch(problem -> problem.startsWith("ghcr.io: neither auth nor"))
        .anyMatch(problem -> problem.startsWith("quay.io: auth is not the base64 of"))
        .anyMatch(problem -> problem.startsWith("docker.io: auth is not the base64 of"))
        .anyMatch(problem -> problem.startsWith("a.example.com: neither auth nor"))
        .anyMatch(problem -> problem.startsWith("b.example.com: neither auth nor"));
  }

  @Test
  void refusesTwoEntriesOfOneRegistry() {
    String entry = "{\"auth\":\"" + base64("a:b") + "\"}";
    assertThat(
            problems(
                "{\"auths\":{\"docker.io\":"
                    + entry
                    + ",\"https://index.docker.io/v1/\":"
                    + entry
                    + "}}"))
        .containsExactly(
            "docker.io and https://index.docker.io/v1/ are the same registry: keep one");
  }

  @Test
  void namesTheLineWhereItIsNotJsonAndNothingOfIt() {
    assertThat(problems("{\n\"auths\": {\n" + CANARY + "}}")).containsExactly("not JSON, line 3");
    assertThat(problems("{\"auths\": {}, \"auths\": {}}")).containsExactly("not JSON, line 1");
    assertThat(problems(CANARY + ":" + CANARY)).containsExactly("not JSON, line 1");
    assertThat(problems("")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "\"canary-7c1f\"", "{\"auths\":[]}", "{}", "{\"auths\":{}}"})
  void refusesAFileWithoutCredentials(String file) {
    assertThat(problems(file)).singleElement().asString().doesNotContain(CANARY);
  }

  @Test
  void saysThatAFileCannotBeRead(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("config.json");
    assertThat(RegistryCredentials.read(file))
        .isInstanceOfSatisfying(
            Reading.Invalid.class,
            invalid ->
                assertThat(invalid.problems())
                    .singleElement()
                    .asString()
                    .contains("cannot be read (NoSuchFileException)"));
    Files.writeString(file, "{\"auths\":{\"docker.io\":{\"auth\":\"" + base64("a:b") + "\"}}}");
    assertThat(RegistryCredentials.read(file)).isInstanceOf(Reading.Valid.class);
  }

  @Test
  void isNeverPrinted() {
    RegistryCredentials credentials =
        valid(
            """
            {"auths": {"docker.io": {"auth": "%s"}}}\
            """
                .formatted(base64("vorce:" + CANARY)));
    RegistryAuth auth = credentials.of(PLAYLISTLOG).orElseThrow();
    assertThat(List.of(credentials, new Reading.Valid(credentials), auth))
        .allSatisfy(
            it ->
                assertThat(it.toString())
                    .contains("redacted")
                    .doesNotContain(CANARY, auth.header()));
  }

  private static RegistryCredentials valid(String file) {
    return switch (RegistryCredentials.parse(file)) {
      case Reading.Valid(RegistryCredentials credentials) -> credentials;
      case Reading.Invalid(List<String> problems) -> throw new AssertionError(problems.toString());
    };
  }

  private static List<String> problems(String file) {
    return switch (RegistryCredentials.parse(file)) {
      case Reading.Valid(RegistryCredentials credentials) ->
          throw new AssertionError("taken: " + credentials);
      case Reading.Invalid(List<String> problems) -> problems;
    };
  }

  private static JsonNode sent(RegistryCredentials credentials, Repository repository)
      throws IOException {
    String header = credentials.of(repository).orElseThrow().header();
    return new JsonMapper().readTree(Base64.getUrlDecoder().decode(header));
  }

  private static JsonNode json(String text) throws IOException {
    return new JsonMapper().readTree(text);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
