package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeliveryTest {
  private static final String REAL =
      Resources.text("payloads/2022-12-17-bluebrown-busybox-manifest-list.json");
  private static final Repository BUSYBOX = new Repository("bluebrown/busybox");
  private static final Tag LATEST = new Tag("latest");

  private static String changed(String from, String to) {
    assertThat(REAL).contains(from);
    return REAL.replace(from, to);
  }

  private static void assertUnreadable(String body, String field, String expected) {
    assertThat(Delivery.parse(body)).isEqualTo(new Delivery.Reading.Unreadable(field, expected));
  }

  private static void assertMalformed(String body, String field) {
    assertUnreadable(body, field, "well-formed JSON");
  }

  private static void assertRepeated(String body, String field) {
    assertUnreadable(body, field, "a field that is there once");
  }

  @Test
  void readsRepositoryTagAndTime() {
    assertThat(Delivery.parse(REAL))
        .isEqualTo(
            new Delivery.Reading.Read(
                new Delivery(BUSYBOX, LATEST, Instant.parse("2022-12-17T20:06:02Z"), false)));
  }

  @ParameterizedTest
  @CsvSource({
    "1.417566161e+09,2014-12-03T00:22:41Z",
    "1671307562.9,2022-12-17T20:06:02Z",
    "253402300799,9999-12-31T23:59:59Z"
  })
  void readsTheTimeInEveryNotation(String written, Instant expected) {
    assertThat(Delivery.parse(changed("1671307562", written)))
        .isEqualTo(new Delivery.Reading.Read(new Delivery(BUSYBOX, LATEST, expected, false)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"1671307562\"",
        "\"\"",
        "\"2022-12-17T20:06:02Z\"",
        "11111111111111111111111111111111111111111111111111111111111111111",
        "true",
        "[1]",
        "{\"a\":[1]}",
        "0",
        "-1",
        "-0.0",
        "1671307562000",
        "1e400",
        "1e999999999",
        "0.1e-99999999"
      })
  void saysSoOfATimeItCannotUse(String written) {
    assertThat(Delivery.parse(changed("1671307562", written)))
        .isEqualTo(new Delivery.Reading.Read(new Delivery(BUSYBOX, LATEST, null, true)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"pushed_at\": null", "\"other\": 1671307562"})
  void saysNothingOfATimeThatIsNotThere(String written) {
    assertThat(Delivery.parse(changed("\"pushed_at\": 1671307562", written)))
        .isEqualTo(new Delivery.Reading.Read(new Delivery(BUSYBOX, LATEST, null, false)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"tag\": null", "\"tag\": \"\"", "\"other\": \"latest\""})
  void readsADeliveryWithoutATag(String written) {
    assertThat(Delivery.parse(changed("\"tag\": \"latest\"", written)))
        .isInstanceOfSatisfying(
            Delivery.Reading.Read.class, read -> assertThat(read.delivery().tag()).isNull());
  }

  @Test
  void takesNamespaceAndNameWhereTheRepositorysNameIsAbsent() {
    assertThat(Delivery.parse(changed("\"repo_name\": \"bluebrown/busybox\",", "")))
        .isEqualTo(Delivery.parse(REAL));
    assertThat(
            Delivery.parse(changed("\"repo_name\": \"bluebrown/busybox\"", "\"repo_name\": null")))
        .isEqualTo(Delivery.parse(REAL));
    assertUnreadable(
        changed("\"repo_name\"", "\"x\"").replace("\"name\": \"busybox\"", "\"name\": 7"),
        "repository.repo_name",
        "a string");
    assertUnreadable(
        changed("\"repo_name\"", "\"x\"").replace("\"name\": \"busybox\"", "\"name\": \"B\""),
        "repository.namespace and repository.name",
        Repository.EXPECTED);
  }

  @ParameterizedTest
  @CsvSource({
    "0,",
    "1, 1970-01-01T00:00:01Z",
    "253402300799, 9999-12-31T23:59:59Z",
    "253402300800,"
  })
  void knowsTheFirstAndTheLastSecondThatItTakesForATime(String written, @Nullable Instant time) {
    assertThat(Delivery.parse(changed("1671307562", written)))
        .isInstanceOfSatisfying(
            Delivery.Reading.Read.class,
            read -> assertThat(read.delivery().pushedAt()).isEqualTo(time));
  }

  @Test
  void doesNotMindWhatElseIsThere() {
    assertThat(
            Delivery.parse(
                changed(
                        "\"images\": []",
                        "\"images\": null, \"new\": {\"a\": [{\"tag\": \"x\"}, NULL]}"
                            .replace("NULL", "null"))
                    .replace("\"star_count\": 0", "\"star_count\": \"0\"")
                    .replace(
                        "\"owner\": \"bluebrown\"", "\"owner\": {\"push_data\": {\"tag\": 1}}")))
        .isEqualTo(Delivery.parse(REAL));
  }

  @Test
  void namesTheFieldThatIsWrong() {
    assertUnreadable("[]", "body", "a JSON object");
    assertUnreadable("\"text\"", "body", "a JSON object");
    assertUnreadable("null", "body", "a JSON object");
    assertUnreadable("{}", "repository", "an object");
    assertUnreadable("{\"repository\": \"bluebrown/busybox\"}", "repository", "an object");
    assertUnreadable("{\"repository\": {}, \"push_data\": []}", "push_data", "an object");
    assertUnreadable("{\"repository\": {}, \"push_data\": {}}", "repository.repo_name", "a string");
    assertUnreadable(
        changed("\"bluebrown/busybox\",\n", "[\"bluebrown/busybox\"],\n"),
        "repository.repo_name",
        "a string");
    assertUnreadable(
        changed("\"bluebrown/busybox\",\n", "\"ghcr.io/bluebrown/busybox\",\n"),
        "repository.repo_name",
        Repository.EXPECTED);
    assertUnreadable(changed("\"tag\": \"latest\"", "\"tag\": 2"), "push_data.tag", "a string");
    assertUnreadable(
        changed("\"tag\": \"latest\"", "\"tag\": \"a b\""), "push_data.tag", Tag.EXPECTED);
    assertUnreadable(
        changed("\"tag\": \"latest\"", "\"tag\": \"\\ud800\""), "push_data.tag", Tag.EXPECTED);
  }

  @Test
  void refusesARepeatedFieldThatItUses() {
    assertRepeated(
        changed("\"tag\": \"latest\"", "\"tag\": \"latest\", \"t\\u0061g\": \"2\""),
        "push_data.tag");
    assertRepeated(
        changed("\"callback_url\"", "\"repository\": {}, \"callback_url\""), "repository");
    assertRepeated(changed("\"callback_url\"", "\"push_data\": 7, \"callback_url\""), "push_data");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"a\": 1, \"a\": 2",
        "\"a\": [{\"a\": 1, \"a\": {\"tag\": 1, \"tag\": 2}}]",
        "\"LONG\": 1",
        "\"a\": {\"LONG\": 1}",
        "\"a\": DIGITS",
        "\"a\": [-DIGITS, 0.DIGITSe-DIGITS]",
        "\"a\": DEEP"
      })
  void doesNotMindWhatItDoesNotUse(String foreign) {
    String written =
        foreign
            .replace("LONG", "n".repeat(300))
            .replace("DIGITS", "1".repeat(65))
            .replace("DEEP", "[".repeat(900) + "]".repeat(900));
    assertThat(Delivery.parse(changed("\"callback_url\"", written + ", \"callback_url\"")))
        .isEqualTo(Delivery.parse(REAL));
    assertThat(Delivery.parse(changed("\"images\"", written + ", \"images\"")))
        .isEqualTo(Delivery.parse(REAL));
    assertThat(Delivery.parse(changed("\"owner\"", written + ", \"owner\"")))
        .isEqualTo(Delivery.parse(REAL));
  }

  @Test
  void refusesWhatFollowsTheDelivery() {
    assertUnreadable(REAL + "{}", "body", "nothing after the JSON object");
    assertUnreadable(REAL + " 1", "body", "nothing after the JSON object");
    assertMalformed(REAL + "x", "body");
    assertMalformed(REAL + "}", "body");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "not json",
        "{\"a\": NaN}",
        "{\"a\": Infinity}",
        "{\"a\": +1}",
        "{\"a\": 01}",
        "{'a': 1}",
        "{\"a\": 1,}",
        "{a: 1}",
        "{\"a\": \"\u0001\"}",
        "{\"a\": \"\\x\"}",
        "// comment\n{}",
        "payload=%7B%7D"
      })
  void refusesWhatIsNotJson(String body) {
    assertThat(Delivery.parse(body))
        .isInstanceOfSatisfying(
            Delivery.Reading.Unreadable.class,
            unreadable -> assertThat(unreadable.field()).isEqualTo("body"));
  }

  @Test
  void namesTheFieldInWhichTheJsonBreaks() {
    assertMalformed(changed("1671307562", "NaN"), "push_data.pushed_at");
    assertMalformed(changed("\"tag\": \"latest\"", "\"tag\": 'latest'"), "push_data.tag");
    assertMalformed(changed("\"images\": []", "\"images\": [}"), "push_data");
    assertMalformed(
        REAL.substring(0, REAL.indexOf("bluebrown/busybox\",\n") + 3), "repository.repo_name");
    assertMalformed(changed("\"callback_url\": ", "\"callback_url\": -"), "body");
  }

  @Test
  void blamesNoObjectForWhatIsWrongAfterIt() {
    String delivery = "{\"push_data\":{\"tag\":\"1\"},\"repository\":{\"repo_name\":\"a/b\"}";
    assertThat(Delivery.parse(delivery + "}")).isInstanceOf(Delivery.Reading.Read.class);
    assertMalformed(delivery + ",}", "body");
    assertMalformed(delivery, "body");
    assertMalformed(delivery + ",\"x\":{\"push_data\":{\"tag\":NaN}}}", "body");
    assertMalformed("{\"repository\":{\"name\":\"b\",},\"push_data\":{}}", "repository");
    assertMalformed("{\"repository\":NaN}", "repository");
  }

  @Test
  void refusesWhatIsNestedTooDeep() {
    String expected = "JSON nested at most 1000 deep";
    assertUnreadable(
        changed("\"images\": []", "\"images\": " + "[".repeat(1_000) + "]".repeat(1_000)),
        "push_data",
        expected);
    assertUnreadable("{\"a\":" + "[".repeat(100_000), "body", expected);
  }

  @Test
  void looksAtNoDescriptionThatWasCutInTheMiddleOfACharacter() {
    assertThat(
            Delivery.parse(
                changed("\"full_description\": null", "\"full_description\": \"\\ud83d\"")))
        .isEqualTo(Delivery.parse(REAL));
  }
}
