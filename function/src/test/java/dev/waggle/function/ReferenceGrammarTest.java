package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The cases of the reference grammar's own tests.
class ReferenceGrammarTest {
  private static final JsonNode CASES = Resources.json(Resources.text("reference-cases.json"));

  static Stream<JsonNode> cases(String section) {
    JsonNode cases = CASES.get(section);
    assertThat(cases).as(section).isNotEmpty();
    return StreamSupport.stream(cases.spliterator(), false);
  }

  static Stream<JsonNode> tags() {
    return cases("tag_derived");
  }

  @ParameterizedTest
  @MethodSource("tags")
  void readsTagsAsTheGrammarDoes(JsonNode c) {
    assertThat(Tag.parse(c.get("input").asText()).isPresent())
        .isEqualTo(c.get("valid").asBoolean());
  }

  static Stream<JsonNode> digests() {
    return cases("digest_go_digest");
  }

  @ParameterizedTest
  @MethodSource("digests")
  void readsDigestsOfSha256AsTheGrammarDoesAndNoOthers(JsonNode c) {
    String input = c.get("input").asText();
    assertThat(Digest.parse(input).isPresent())
        .isEqualTo(c.get("valid").asBoolean() && input.startsWith("sha256:"));
  }

  static Stream<String> notRepositories() {
    return Stream.of(
            cases("with_name_failure").map(c -> c.get("input").asText()),
            cases("parse_normalized_named_invalid").map(JsonNode::asText),
            cases("name_regexp_anchored")
                .filter(c -> !c.get("match").asBoolean())
                .map(c -> c.get("input").asText()),
            cases("parse")
                .filter(c -> !c.get("valid").asBoolean())
                .map(c -> c.get("input").asText()))
        .flatMap(inputs -> inputs);
  }

  @ParameterizedTest
  @MethodSource("notRepositories")
  void refusesWhatTheGrammarRefuses(String input) {
    assertThat(Repository.parse(input)).isEmpty();
  }

  static Stream<JsonNode> repositories() {
    return cases("parse_repository_info");
  }

  @ParameterizedTest
  @MethodSource("repositories")
  void bringsEveryFormOfARepositoryOfDockerHubIntoOneAndRefusesOtherRegistries(JsonNode c) {
    String expected =
        c.get("Domain").asText().equals("docker.io") ? c.get("RemoteName").asText() : "";
    Stream.of("FamiliarName", "FullName", "AmbiguousName")
        .map(form -> c.get(form).asText())
        .filter(form -> !form.isEmpty())
        .forEach(
            form ->
                assertThat(Repository.parse(form).map(Repository::value).orElse(""))
                    .isEqualTo(expected));
  }

  static Stream<String> validNames() {
    return cases("parse_normalized_named_valid").map(JsonNode::asText);
  }

  @ParameterizedTest
  @MethodSource("validNames")
  void acceptsWhatTheGrammarAcceptsUnlessItHasAnotherRegistryOrATag(String input) {
    String path = input.replaceFirst("^(index\\.)?docker\\.io/", "");
    int slash = path.indexOf('/');
    String first = slash < 0 ? "" : path.substring(0, slash);
    boolean elsewhere = first.equals("localhost") || first.matches(".*[.:A-Z].*");
    boolean tagged = slash < 0 && path.contains(":");
    assertThat(Repository.parse(input).isPresent()).isEqualTo(!elsewhere && !tagged);
  }

  @ParameterizedTest
  @CsvSource({
    "busybox,library/busybox",
    "library/busybox,library/busybox",
    "docker.io/busybox,library/busybox",
    "docker.io/vorce/playlistlog,vorce/playlistlog",
    "index.docker.io/library/busybox,library/busybox",
    "store/foo/bar,store/foo/bar"
  })
  void writesARepositoryAsItsRegistryDoes(String input, String canonical) {
    assertThat(Repository.parse(input)).hasValue(new Repository(canonical));
    assertThat(new Repository(canonical)).hasToString(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ghcr.io/vorce/playlistlog",
        "localhost/vorce/playlistlog",
        "registry:5000/playlistlog",
        "docker.io/docker.io/busybox",
        "_/nginx",
        "docker.io/",
        "/",
        "vorce/playlistlog\n",
        "Vorce/playlistlog"
      })
  void refusesRepositoriesThatAreNotOfDockerHub(String input) {
    assertThat(Repository.parse(input)).isEmpty();
  }

  @Test
  void countsTheNamespaceOfAnOfficialImageInItsLength() {
    assertThat(Repository.parse("a".repeat(247))).isPresent();
    assertThat(Repository.parse("a".repeat(248))).isEmpty();
  }

  @Test
  void readsTheLongestNameWithTheMostSeparators() {
    assertThat(Repository.parse("a/".repeat(127) + "a")).isPresent();
    assertThat(Repository.parse("a-".repeat(200_000) + "/a")).isEmpty();
  }

  @Test
  void letsNobodyMakeAnInvalidOne() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Repository("busybox"));
    assertThatIllegalArgumentException().isThrownBy(() -> new Tag("-1"));
    assertThatIllegalArgumentException().isThrownBy(() -> new Digest("sha256:1"));
    assertThatIllegalArgumentException().isThrownBy(() -> new TagPattern("a b"));
    assertThatIllegalArgumentException().isThrownBy(() -> new DeliveryId(""));
  }
}
