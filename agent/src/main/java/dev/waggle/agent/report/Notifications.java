package dev.waggle.agent.report;

import dev.waggle.agent.rollout.Outcomes;
import dev.waggle.agent.rollout.Push;
import dev.waggle.agent.rollout.RolloutOutcome;
import dev.waggle.agent.rollout.Timeline;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells addresses outside how pushes ended. Nothing waits for them: what cannot be delivered ends
/// as a line in the log.
public final class Notifications implements Outcomes, AutoCloseable {

  /// For what is still to be sent when the agent stops.
  public static final Duration TO_SEND_THE_LAST = Duration.ofSeconds(3);

  private static final Duration SLOWEST_ANSWER = Duration.ofSeconds(10);

  /// A quarter of an hour in all, as long as such services are usually away.
  private static final List<Duration> PAUSES =
      List.of(
          Duration.ofSeconds(1),
          Duration.ofSeconds(5),
          Duration.ofSeconds(30),
          Duration.ofMinutes(2),
          Duration.ofMinutes(10));

  private final Set<OutcomeName> wanted;
  private final Duration toSendTheLast;
  private final List<Mailbox> mailboxes;

  /// Opens a mailbox for every address.
  ///
  /// @param addresses who is told, may be none
  /// @param wanted which outcomes they are told of
  public Notifications(List<Address> addresses, Set<OutcomeName> wanted) {
    this(
        addresses,
        wanted,
        SLOWEST_ANSWER,
        PAUSES,
        TO_SEND_THE_LAST,
        LoggerFactory.getLogger(Notifications.class));
  }

  Notifications(
      List<Address> addresses,
      Set<OutcomeName> wanted,
      Duration slowestAnswer,
      List<Duration> pauses,
      Duration toSendTheLast,
      Logger log) {
    Post post = new Post(slowestAnswer);
    this.wanted = wanted;
    this.toSendTheLast = toSendTheLast;
    this.mailboxes =
        addresses.stream().map(address -> new Mailbox(address, post, pauses, log)).toList();
  }

  @Override
  public void closed(
      Push push, @Nullable String service, RolloutOutcome outcome, Timeline timeline) {
    Report report = Report.of(push, service, outcome, timeline);
    if (wanted.contains(report.outcome())) {
      mailboxes.forEach(mailbox -> mailbox.put(report));
    }
  }

  /// Returns when the last was sent, or after [#TO_SEND_THE_LAST].
  @Override
  public void close() {
    long end = System.nanoTime() + toSendTheLast.toNanos();
    mailboxes.forEach(Mailbox::close);
    try {
      for (Mailbox mailbox : mailboxes) {
        mailbox.awaitEnd(end);
      }
    } catch (InterruptedException cutShort) {
      Thread.currentThread().interrupt();
    }
  }
}
