package dev.waggle.agent.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordsTest {

  @ParameterizedTest
  @CsvSource({
    "-PT2M, 0 seconds",
    "PT0.9S, 0 seconds",
    "PT1S, 1 second",
    "PT59S, 59 seconds",
    "PT1M, 1 minute",
    "PT45M59S, 45 minutes",
    "PT1H, 1 hour",
    "PT3H59M, 3 hours",
    "PT24H, 1 day",
    "PT47H, 1 day",
    "P12D, 12 days"
  })
  void isInTheCoarsestUnitThatFits(Duration age, String words) {
    assertThat(Words.age(age)).isEqualTo(words);
  }
}
