package dev.waggle.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.doctor.ExaminedQueue.Identity;
import dev.waggle.agent.doctor.ExaminedQueue.QueueAnswer;
import dev.waggle.agent.doctor.ExaminedQueue.QueueState;
import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.doctor.Finding.Grade;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueueCheckTest {

  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

  private boolean fifo = true;
  private Duration visibility = Duration.ofSeconds(30);
  private Optional<Duration> retention = Optional.of(Duration.ofDays(14));
  private Duration delay = Duration.ZERO;
  private Optional<String> deadLetterQueue = Optional.of("waggle-dead-letters.fifo");
  private OptionalInt maxReceiveCount = OptionalInt.of(16);

  @Test
  void isContentWithTheQueueOfTheTemplate() {
    assertThat(check())
        .containsExactly(
            Finding.ok(Check.QUEUE, "3 waiting, 1 in flight"),
            Finding.ok(
                Check.FIFO, "keeps order by repository; the function says what is the same push"),
            Finding.ok(Check.VISIBILITY, "hidden for 30s while it is recorded; kept for 14 days"),
            Finding.ok(Check.DEAD_LETTERS, "after 16 receives to waggle-dead-letters.fifo"));
  }

  @Test
  void refusesAStandardQueue() {
    fifo = false;

    assertThat(grade(Check.FIFO)).isEqualTo(Grade.PROBLEM);
  }

  @Test
  void warnsOfAQueueThatForgetsPushesOverAWeekend() {
    retention = Optional.of(Duration.ofDays(3));

    assertThat(grade(Check.VISIBILITY)).isEqualTo(Grade.WARNING);
  }

  @ParameterizedTest
  @CsvSource({"29, WARNING", "30, OK", "60, OK", "300, OK", "301, WARNING"})
  void warnsOfAQueueThatGivesAPushOutAgainTooSoonOrTooLate(int seconds, Grade grade) {
    visibility = Duration.ofSeconds(seconds);

    assertThat(grade(Check.VISIBILITY)).isEqualTo(grade);
  }

  @Test
  void isContentWithAQueueThatDoesNotSayHowLongItKeepsPushes() {
    retention = Optional.empty();

    assertThat(check())
        .contains(Finding.ok(Check.VISIBILITY, "hidden for 30s while it is recorded"));
  }

  @Test
  void warnsOfADelay() {
    delay = Duration.ofSeconds(5);

    assertThat(grade(Check.QUEUE)).isEqualTo(Grade.WARNING);
  }

  @Test
  void refusesAQueueWithoutADeadLetterQueue() {
    deadLetterQueue = Optional.empty();
    maxReceiveCount = OptionalInt.empty();

    assertThat(grade(Check.DEAD_LETTERS)).isEqualTo(Grade.PROBLEM);
  }

  @Test
  void warnsOfAQueueThatGivesUpAfterAFewReceives() {
    maxReceiveCount = OptionalInt.of(4);

    assertThat(grade(Check.DEAD_LETTERS)).isEqualTo(Grade.WARNING);
  }

  @ParameterizedTest
  @CsvSource({
    "AWS.SimpleQueueService.NonExistentQueue, WAGGLE_QUEUE_URL",
    "QueueDoesNotExist, WAGGLE_QUEUE_URL",
    "AccessDenied, AgentKeyCommand",
    "InvalidClientTokenId, no longer valid",
    "SignatureDoesNotMatch, the clock",
    "ExpiredToken, no longer valid",
    "SomethingNew, AWS"
  })
  void saysWhatToDoWhereTheQueueRefuses(String code, String remedy) {
    List<Finding> findings =
        QueueCheck.queue(
            new Answer.Given<>(new QueueAnswer.Refused(code, "its words", Optional.empty()), NOON));

    assertThat(findings)
        .extracting(Finding::check)
        .containsExactly(Check.QUEUE, Check.FIFO, Check.VISIBILITY, Check.DEAD_LETTERS);
    assertThat(findings.getFirst().grade()).isEqualTo(Grade.PROBLEM);
    assertThat(findings.getFirst().found()).isEqualTo("refused: " + code + ": its words");
    assertThat(findings.getFirst().remedy()).contains(remedy);
    assertThat(findings).filteredOn(finding -> finding.grade() == Grade.SKIPPED).hasSize(3);
  }

  @Test
  void saysWhatToDoWhereNoQueueAnswers() {
    assertThat(
            QueueCheck.queue(
                new Answer.Given<>(new QueueAnswer.Unreachable("UnknownHostException"), NOON)))
        .first()
        .satisfies(
            finding -> {
              assertThat(finding.grade()).isEqualTo(Grade.PROBLEM);
              assertThat(finding.found()).contains("UnknownHostException");
            });
  }

  @Test
  void tellsWhereTheCredentialsComeFrom() {
    assertThat(
            QueueCheck.identity(
                new Answer.Given<>(
                    new Identity.Found("WXYZ", "EnvironmentVariableCredentialsProvider"), NOON)))
        .isEqualTo(
            Finding.ok(
                Check.IDENTITY,
                "access key ending in WXYZ, from EnvironmentVariableCredentialsProvider"));
  }

  @Test
  void saysWhereCredentialsCouldComeFrom() {
    Finding finding = QueueCheck.identity(new Answer.Given<>(new Identity.None("none"), NOON));

    assertThat(finding.grade()).isEqualTo(Grade.PROBLEM);
    assertThat(finding.remedy())
        .contains("AWS_ACCESS_KEY_ID")
        .contains("AWS_SHARED_CREDENTIALS_FILE");
  }

  private Grade grade(Check check) {
    return check().stream()
        .filter(finding -> finding.check() == check)
        .findFirst()
        .orElseThrow()
        .grade();
  }

  private List<Finding> check() {
    QueueState state =
        new QueueState(fifo, visibility, retention, delay, deadLetterQueue, maxReceiveCount, 3, 1);
    return QueueCheck.queue(
        new Answer.Given<>(new QueueAnswer.Attributes(state, Optional.empty()), NOON));
  }
}
