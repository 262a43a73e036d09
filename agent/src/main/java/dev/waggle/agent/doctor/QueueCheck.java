package dev.waggle.agent.doctor;

import dev.waggle.agent.doctor.ExaminedQueue.Identity;
import dev.waggle.agent.doctor.ExaminedQueue.QueueAnswer;
import dev.waggle.agent.doctor.ExaminedQueue.QueueState;
import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.service.Words;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// Judges the queue and who the agent is to it.
final class QueueCheck {

  /// Five minutes at a visibility of 30 s: what keeps a push from being recorded may be over by
  /// then.
  private static final int MIN_RECEIVES = 10;

  /// A droplet may be off for a weekend.
  private static final Duration MIN_RETENTION = Duration.ofDays(4);

  /// Recording a push takes a moment, and longer where the engine is slow.
  private static final Duration MIN_VISIBILITY = Duration.ofSeconds(30);

  private static final Duration MAX_VISIBILITY = Duration.ofMinutes(5);

  private QueueCheck() {}

  static Finding identity(Answer<Identity> answer) {
    return switch (answer) {
      case Answer.Given<Identity>(Identity.Found(String ending, String source), _) ->
          Finding.ok(Check.IDENTITY, "access key ending in " + ending + ", from " + source);
      case Answer.Given<Identity>(Identity.None(String reason), _) -> noIdentity(reason);
      case Answer.None<Identity>(String reason) -> noIdentity(reason);
    };
  }

  private static Finding noIdentity(String reason) {
    return Finding.problem(
        Check.IDENTITY,
        "no credentials: " + reason,
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_SHARED_CREDENTIALS_FILE,"
            + " to what the template's output AgentKeyCommand prints");
  }

  static List<Finding> queue(Answer<QueueAnswer> answer) {
    return switch (answer) {
      case Answer.Given<QueueAnswer>(QueueAnswer.Attributes(QueueState state, _), _) ->
          List.of(answers(state), fifo(state), visibility(state), deadLetters(state));
      case Answer.Given<QueueAnswer>(QueueAnswer.Refused(String code, String message, _), _) ->
          unknown(Finding.problem(Check.QUEUE, "refused: " + code + ": " + message, remedy(code)));
      case Answer.Given<QueueAnswer>(QueueAnswer.Unreachable(String reason), _) ->
          unknown(unreachable(reason));
      case Answer.None<QueueAnswer>(String reason) -> unknown(unreachable(reason));
    };
  }

  private static List<Finding> unknown(Finding problem) {
    return Stream.concat(
            Stream.of(problem),
            Stream.of(Check.FIFO, Check.VISIBILITY, Check.DEAD_LETTERS)
                .map(check -> Finding.skipped(check, "the queue does not answer")))
        .toList();
  }

  private static Finding unreachable(String reason) {
    return Finding.problem(
        Check.QUEUE,
        "no answer: " + reason,
        "see whether this host reaches the internet, and whether WAGGLE_QUEUE_URL, AWS_REGION and"
            + " AWS_ENDPOINT_URL_SQS, if set, are right");
  }

  private static String remedy(String code) {
    if (code.contains("NonExistentQueue") || code.contains("QueueDoesNotExist")) {
      return "set WAGGLE_QUEUE_URL to the template's output QueueUrl, and AWS_REGION to its region";
    }
    if (code.contains("AccessDenied")) {
      return "give the agent the key that the template's output AgentKeyCommand prints; if"
          + " AgentAddresses is set, this host's address must be among them";
    }
    if (Stream.of(
            "Expired",
            "SignatureDoesNotMatch",
            "InvalidClientTokenId",
            "UnrecognizedClient",
            "InvalidAccessKeyId",
            "InvalidSecurity")
        .anyMatch(code::contains)) {
      return "the credentials are wrong or no longer valid, or the clock is wrong: copy what the"
          + " template's output AgentKeyCommand prints";
    }
    return "see AWS's description of that error";
  }

  private static Finding answers(QueueState state) {
    String found = state.waiting() + " waiting, " + state.inFlight() + " in flight";
    return state.delay().isPositive()
        ? Finding.warning(
            Check.QUEUE,
            found + "; every push waits " + words(state.delay()) + " first",
            "set the queue's DelaySeconds to 0")
        : Finding.ok(Check.QUEUE, found);
  }

  private static Finding fifo(QueueState state) {
    return state.fifo()
        ? Finding.ok(
            Check.FIFO, "keeps order by repository; the function says what is the same push")
        : Finding.problem(
            Check.FIFO,
            "a standard queue: pushes of a repository would come out of order, and twice",
            "use the queue that template.yaml makes, whose name ends in .fifo");
  }

  private static Finding visibility(QueueState state) {
    String found =
        "hidden for "
            + words(state.visibility())
            + " while it is recorded"
            + state.retention().map(kept -> "; kept for " + words(kept)).orElse("");
    if (state.retention().filter(kept -> kept.compareTo(MIN_RETENTION) < 0).isPresent()) {
      return Finding.warning(
          Check.VISIBILITY,
          found + ": pushes are lost if the agent is off for longer",
          "set the queue's MessageRetentionPeriod to 1209600");
    }
    return state.visibility().compareTo(MIN_VISIBILITY) < 0
            || state.visibility().compareTo(MAX_VISIBILITY) > 0
        ? Finding.warning(
            Check.VISIBILITY,
            found + ": a push that could not be recorded comes again too soon, or too late",
            "set the queue's VisibilityTimeout to 30")
        : Finding.ok(Check.VISIBILITY, found);
  }

  private static Finding deadLetters(QueueState state) {
    if (state.deadLetterQueue().isEmpty()) {
      return Finding.problem(
          Check.DEAD_LETTERS,
          "no dead-letter queue: a message that cannot be handled holds up its repository until it"
              + " expires",
          "use the queue that template.yaml makes, or give it a RedrivePolicy");
    }
    int most = state.maxReceiveCount().orElse(0);
    String found = "after " + most + " receives to " + state.deadLetterQueue().get();
    return most < MIN_RECEIVES
        ? Finding.warning(
            Check.DEAD_LETTERS,
            found + ": a push that cannot be recorded for some minutes gets there",
            "set maxReceiveCount to 120")
        : Finding.ok(Check.DEAD_LETTERS, found);
  }

  private static String words(Duration duration) {
    return duration.isPositive() && duration.equals(Duration.ofDays(duration.toDays()))
        ? Words.count(duration.toDays(), "day")
        : duration.toString().substring(2).toLowerCase(Locale.ROOT);
  }
}
