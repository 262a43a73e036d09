package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TagPatternTest {
  @ParameterizedTest
  @CsvSource({
    "*,latest",
    "latest,latest",
    "1.*,1.",
    "1.*,1.2.3",
    "v?.?,v1.2",
    "*-alpine,3-alpine",
    "*a*b,xxaxxabxb",
    "**,x",
    "?*,x",
    "1.*-*,1.2-3-4"
  })
  void matchesTheWholeTag(String pattern, String tag) {
    assertThat(new TagPattern(pattern).matches(new Tag(tag))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "latest,latest2",
    "latest,xlatest",
    "1.*,1",
    "1.*,10.2",
    "v?,v",
    "v?,v12",
    "*-alpine,3-alpine3.20",
    "LATEST,latest",
    "*a*b,xxaxx"
  })
  void doesNotMatchAPartOrAnotherCase(String pattern, String tag) {
    assertThat(new TagPattern(pattern).matches(new Tag(tag))).isFalse();
  }

  @Test
  void isNotSlowedDownByManyStars() {
    TagPattern pattern = new TagPattern("*a".repeat(60) + "b");
    assertThat(pattern.matches(new Tag("a".repeat(128)))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "[ab]", "a:b", "-a", "{a,b}", "^a$"})
  void refusesWhatNoTagCouldMatch(String text) {
    assertThat(TagPattern.parse(text)).isEmpty();
  }
}
