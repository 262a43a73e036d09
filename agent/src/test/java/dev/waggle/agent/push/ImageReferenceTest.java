package dev.waggle.agent.push;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The cases of `reference-cases.json` are those of distribution/reference's own tests.
class ImageReferenceTest {

  private static final String DIGEST =
      "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

  @ParameterizedTest
  @CsvSource({
    "vorce/playlistlog",
    "docker.io/vorce/playlistlog",
    "index.docker.io/vorce/playlistlog",
    "vorce/playlistlog:1",
    "docker.io/vorce/playlistlog:1",
    "vorce/playlistlog@" + DIGEST,
    "docker.io/vorce/playlistlog:1@" + DIGEST
  })
  void everyFormOfAnImageIsOfTheSameRepository(String text) {
    assertThat(ImageReference.parse(text))
        .get()
        .extracting(ImageReference::repository)
        .isEqualTo(Repository.onDockerHub("vorce/playlistlog"));
  }

  @ParameterizedTest
  @CsvSource({"busybox", "library/busybox", "docker.io/busybox", "docker.io/library/busybox:1"})
  void anOfficialImageIsTheSameInBothOfItsForms(String text) {
    assertThat(ImageReference.parse(text))
        .get()
        .extracting(reference -> reference.repository().path())
        .isEqualTo("library/busybox");
  }

  @ParameterizedTest
  @CsvSource({
    "ghcr.io/vorce/playlistlog:1,ghcr.io",
    "localhost/vorce/playlistlog:1,localhost",
    "127.0.0.1:5000/vorce/playlistlog,127.0.0.1:5000"
  })
  void anotherRegistryIsAnotherRepository(String text, String registry) {
    assertThat(ImageReference.parse(text))
        .get()
        .extracting(ImageReference::repository)
        .isEqualTo(new Repository(registry, "vorce/playlistlog"))
        .isNotEqualTo(Repository.onDockerHub("vorce/playlistlog"));
  }

  @ParameterizedTest
  @CsvSource({
    "docker.io/library/busybox:1,busybox:1",
    "docker.io/vorce/playlistlog:2,vorce/playlistlog:2",
    "ghcr.io/vorce/playlistlog:2,ghcr.io/vorce/playlistlog:2"
  })
  void isWrittenAsDockerWritesIt(String text, String familiar) {
    assertThat(ImageReference.parse(text)).get().hasToString(familiar);
  }

  static Stream<String> normalizedValid() {
    return cases("parse_normalized_named_valid").map(JsonNode::textValue);
  }

  @ParameterizedTest
  @MethodSource("normalizedValid")
  void readsWhatDockerReads(String text) {
    assertThat(ImageReference.parse(text)).isPresent();
  }

  static Stream<String> normalizedInvalid() {
    return cases("parse_normalized_named_invalid")
        .map(JsonNode::textValue)
        // Docker refuses 64 hexadecimal digits since they could be the id of a local image;
        // a service's
        // image is never one.
        .filter(text -> !text.matches("[a-f0-9]{64}"));
  }

  @ParameterizedTest
  @MethodSource("normalizedInvalid")
  void refusesWhatDockerRefuses(String text) {
    assertThat(ImageReference.parse(text)).isEmpty();
  }

  static Stream<JsonNode> repositories() {
    return cases("parse_repository_info");
  }

  @ParameterizedTest
  @MethodSource("repositories")
  void findsTheRegistryThatDockerFinds(JsonNode expected) {
    assertThat(ImageReference.parse(expected.path("FullName").textValue()))
        .get()
        .extracting(ImageReference::repository)
        .isEqualTo(
            new Repository(
                expected.path("Domain").textValue(), expected.path("RemoteName").textValue()))
        .hasToString(expected.path("FamiliarName").textValue());
  }

  private static Stream<JsonNode> cases(String section) {
    try (InputStream cases =
        Objects.requireNonNull(
            ImageReferenceTest.class.getResourceAsStream("/reference-cases.json"))) {
      return new JsonMapper().readTree(cases).path(section).valueStream();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
