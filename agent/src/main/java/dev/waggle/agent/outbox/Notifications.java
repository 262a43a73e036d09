package dev.waggle.agent.outbox;

import dev.waggle.agent.record.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells addresses outside how pushes ended. Nothing waits for them: what cannot be delivered ends
/// as a line in the log.
public final class Notifications implements AutoCloseable {

  /// For what is still to be sent when the agent stops.
  public static final Duration TO_SEND_THE_LAST = Duration.ofSeconds(3);

  private static final Duration MAX_ANSWER = Duration.ofSeconds(10);

  /// A quarter of an hour in all, as long as such services are usually away.
  private static final List<Duration> PAUSES =
      List.of(
          Duration.ofSeconds(1),
          Duration.ofSeconds(5),
          Duration.ofSeconds(30),
          Duration.ofMinutes(2),
          Duration.ofMinutes(10));

  private final Set<Outcome> wanted;
  private final Duration toSendTheLast;
  private final List<Mailbox> mailboxes;

  /// Opens a mailbox for every address.
  ///
  /// @param addresses who is told, may be none
  /// @param wanted which outcomes they are told of
  public Notifications(List<Address> addresses, Set<Outcome> wanted) {
    this(
        addresses,
        wanted,
        MAX_ANSWER,
        PAUSES,
        TO_SEND_THE_LAST,
        LoggerFactory.getLogger(Notifications.class));
  }

  Notifications(
      List<Address> addresses,
      Set<Outcome> wanted,
      Duration maxAnswer,
      List<Duration> pauses,
      Duration toSendTheLast,
      Logger log) {
    Post post = new Post(maxAnswer);
    this.wanted = wanted;
    this.toSendTheLast = toSendTheLast;
    this.mailboxes =
        addresses.stream().map(address -> new Mailbox(address, post, pauses, log)).toList();
  }

  /// Tells everybody of a report.
  ///
  /// @return completes when each address was tried once
  CompletableFuture<Void> send(Report report) {
    return wanted.contains(report.outcome())
        ? CompletableFuture.allOf(
            mailboxes.stream()
                .map(mailbox -> mailbox.put(report))
                .toArray(CompletableFuture<?>[]::new))
        : CompletableFuture.completedFuture(null);
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
