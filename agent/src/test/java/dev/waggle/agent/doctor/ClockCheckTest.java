package dev.waggle.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.doctor.Finding.Grade;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClockCheckTest {

  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

  @ParameterizedTest
  @CsvSource({
    "0, OK",
    "59, OK",
    "-59, OK",
    "60, WARNING",
    "-60, WARNING",
    "899, WARNING",
    "900, PROBLEM",
    "-900, PROBLEM"
  })
  void warnsFromAMinuteOnAndRefusesWhatSqsRefuses(long secondsAhead, Grade grade) {
    assertThat(check(secondsAhead).grade()).isEqualTo(grade);
  }

  @Test
  void saysInWhichDirectionTheClockIsWrong() {
    assertThat(check(61).found()).isEqualTo("61 s ahead of the queue's");
    assertThat(check(-61).found()).isEqualTo("61 s behind the queue's");
  }

  private static Finding check(long secondsAhead) {
    return new ClockCheck("the queue's", NOON, NOON.plusSeconds(secondsAhead)).finding();
  }
}
