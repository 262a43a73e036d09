package dev.waggle.function;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What registry and Docker Hub know of a push, asked again for a moment while that is older than
/// the push: a delivery can precede both.
///
/// Asks Docker Hub only of tags that the registry does not miss, and no more often than it takes to
/// decide: its API limits how often it is asked.
final class Lookup {
  /// Between the times that the registry is asked.
  static final List<Duration> PAUSES =
      List.of(Duration.ofMillis(250), Duration.ofMillis(400), Duration.ofMillis(500));

  /// Before Docker Hub is asked once more when it limits us. It says when to come back, but that is
  /// later than anybody waits.
  static final Duration PAUSE_WHEN_LIMITED = Duration.ofMillis(500);

  /// Which is kept for Docker Hub, whatever the registry takes.
  static final Duration FOR_DOCKER_HUB = Duration.ofMillis(300);

  private final Registry registry;
  private final PushRecords records;
  private final Waiter waiter;
  private final Clock clock;

  Lookup(Registry registry, PushRecords records, Waiter waiter, Clock clock) {
    this.registry = registry;
    this.records = records;
    this.waiter = waiter;
    this.clock = clock;
  }

  /// What was found in the end.
  ///
  /// @param finding of the registry
  /// @param record of Docker Hub
  record Found(Registry.Finding finding, PushRecords.Finding record) {
    /// The digest that the registry named.
    @Nullable Digest digest() {
      return finding instanceof Registry.Finding.Found(Digest digest, _) ? digest : null;
    }
  }

  /// Looks a push up, by the deadline.
  Found find(Delivery delivery, Tag tag, Deadline deadline) {
    Question question = new Question(delivery, tag, deadline);
    try {
      return question.ask();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return question.last;
    }
  }

  /// One push that is looked up.
  private final class Question {
    private final Delivery delivery;
    private final Tag tag;
    private final Deadline deadline;
    private Found last =
        new Found(
            new Registry.Finding.Unproven(Registry.Doubt.TIMED_OUT),
            new PushRecords.Finding.Nothing());

    Question(Delivery delivery, Tag tag, Deadline deadline) {
      this.delivery = delivery;
      this.tag = tag;
      this.deadline = deadline;
    }

    Found ask() throws InterruptedException {
      last = new Found(askRegistry(), last.record);
      if (last.finding instanceof Registry.Finding.Missing) {
        askRegistryAgain();
      }
      if (last.finding instanceof Registry.Finding.Missing) {
        return last;
      }
      askDockerHub();
      if (isOlder()) {
        askRegistryAgain();
        if (!(last.finding instanceof Registry.Finding.Missing)) {
          askDockerHub();
        }
      }
      return last;
    }

    /// Until it says something else. An answer that it gave before counts for more than none, but
    /// for the answer that it misses the tag.
    private void askRegistryAgain() throws InterruptedException {
      Registry.Finding before = last.finding;
      for (Duration pause : PAUSES) {
        if (!deadline.allows(pause.plus(FOR_DOCKER_HUB))) {
          return;
        }
        waiter.await(pause);
        Registry.Finding now = askRegistry();
        boolean better =
            before instanceof Registry.Finding.Missing
                || !(now instanceof Registry.Finding.Unproven);
        if (better && !now.equals(before)) {
          last = new Found(now, last.record);
          return;
        }
      }
    }

    private Registry.Finding askRegistry() {
      return registry.find(delivery.repository(), tag, deadline.before(FOR_DOCKER_HUB));
    }

    private void askDockerHub() throws InterruptedException {
      PushRecords.Finding record = records.find(delivery.repository(), tag, deadline);
      if (record instanceof PushRecords.Finding.Limited && deadline.allows(PAUSE_WHEN_LIMITED)) {
        waiter.await(PAUSE_WHEN_LIMITED);
        record = records.find(delivery.repository(), tag, deadline);
      }
      boolean known = last.record instanceof PushRecords.Finding.LastPush;
      if (!known || record instanceof PushRecords.Finding.LastPush) {
        last = new Found(last.finding, record);
      }
    }

    private boolean isOlder() {
      return PushTime.judge(delivery.pushedAt(), clock.instant(), last.digest(), last.record)
          .older();
    }
  }
}
