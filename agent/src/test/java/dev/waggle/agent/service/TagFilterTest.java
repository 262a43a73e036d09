package dev.waggle.agent.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.push.Tag;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TagFilterTest {

  @ParameterizedTest
  @CsvSource({
    "*,latest,true",
    "latest,latest,true",
    "latest,Latest,false",
    "v1.*,v1.2.3,true",
    "v1.*,v1x2,false",
    "v?,v1,true",
    "v?,v12,false",
    "*-rc*,1.0-rc1,true",
    "*-rc*,1.0,false"
  })
  void matchesTheWholeTagWithAGlob(String glob, String tag, boolean expected) {
    assertThat(filter(glob).wants(new Tag(tag))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "latest,v* ; v1 ; true",
        "latest, v* ; latest ; true",
        "latest,v* ; main ; false",
        "*,!*-rc* ; 1.0 ; true",
        "*,!*-rc* ; 1.0-rc1 ; false",
        "!*-rc*,* ; 1.0-rc1 ; false",
        "!latest ; 1.0 ; true",
        "!latest ; latest ; false",
        "v1,!v1 ; v1 ; false"
      })
  void wantsWhatOneOfSeveralWantsAndNoneRefuses(String text, String tag, boolean expected) {
    assertThat(filter(text).wants(new Tag(tag))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "semver:^1.2 ; 1.2.0 ; true",
        "semver:^1.2 ; v1.9.9 ; true",
        "semver:^1.2 ; 2.0.0 ; false",
        "semver:^1.2 ; 1.3.0-rc.1 ; false",
        "semver:^1.2 ; 1.2 ; false",
        "semver:^1.2 ; latest ; false",
        "semver:>=1.2 <3 || ^4 ; 4.1.0 ; true",
        "semver:*, nightly ; nightly ; true",
        "semver:1.x,!*-alpine ; 1.2.3 ; true",
        "semver:>=1.2.3-0 ; 1.2.3-alpine ; true",
        "semver:>=1.2.3-0,!*-alpine ; 1.2.3-alpine ; false"
      })
  void wantsVersionsOfARange(String text, String tag, boolean expected) {
    assertThat(filter(text).wants(new Tag(tag))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "regex:v\\d{1,2} ; v12 ; true",
        "regex:v\\d{1,2} ; v123 ; false",
        "latest,regex:[a-f0-9]{7,40} ; 0123abc ; true",
        "latest,regex:[a-f0-9]{7,40} ; latest ; true",
        "latest,regex:[a-f0-9]{7,40} ; main ; false",
        "!v1,regex:v1|v2 ; v1 ; false"
      })
  void takesTheRestOfTheTextForARegularExpression(String text, String tag, boolean expected) {
    assertThat(filter(text).wants(new Tag(tag))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "semver:*,1.1.0,1.2.0,true",
    "semver:*,v1.1.0,1.2.0,true",
    "semver:*,1.2.0,1.2.0,false",
    "semver:*,1.3.0,1.2.0,false",
    "semver:>=1.2.0-0,1.2.0-rc.1,1.2.0,true",
    "semver:*,1.1.0,latest,false",
    "*,1.1.0,1.2.0,false",
    "'1.1.0,semver:^2',1.1.0,1.2.0,false"
  })
  void knowsAStepDownOnlyWhereARangeWantsTheVersion(
      String text, String tag, String than, boolean expected) {
    assertThat(filter(text).isLower(new Tag(tag), new Tag(than))).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "v1,",
        ",v1",
        "(a|b)",
        "[ab]",
        "v1 v2",
        "!",
        "!semver:^1",
        "semver:",
        "semver:foo",
        "semver:latest",
        "semver:^1 foo",
        "semver:^1 || foo",
        "semver:>>1",
        "regex:(",
        "regex:(?=a)a",
        "latest,regex:*"
      })
  void refusesWhatHasNoMeaning(String text) {
    assertThat(TagFilter.parse(text)).isInstanceOf(TagFilter.Reading.Invalid.class);
  }

  @Test
  void saysWhichPartHasNoMeaning() {
    assertThat(TagFilter.parse("latest,semver:foo"))
        .isEqualTo(
            new TagFilter.Reading.Invalid(
                "'semver:foo' is no range of versions, such as semver:^1.2 or semver:>=1.2 <3"));
  }

  /// A backtracking engine would need longer than the sun has left.
  @Test
  void isNotHeldUpByAnyRegularExpression() {
    TagFilter filter = filter("regex:(a+)+(a+)+(a+)+b");
    long begun = System.nanoTime();
    assertThat(filter.wants(new Tag("a".repeat(128)))).isFalse();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
  }

  private static TagFilter filter(String text) {
    assertThat(TagFilter.parse(text)).isInstanceOf(TagFilter.Reading.Valid.class);
    return ((TagFilter.Reading.Valid) TagFilter.parse(text)).filter();
  }
}
