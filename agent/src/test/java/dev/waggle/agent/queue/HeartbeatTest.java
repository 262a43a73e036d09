package dev.waggle.agent.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.queue.QueueInMemory.Request.Delete;
import dev.waggle.agent.queue.QueueInMemory.Request.Extend;
import dev.waggle.agent.queue.QueueInMemory.Request.Receive;
import dev.waggle.agent.rollout.HandClock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class HeartbeatTest {

  /// Three beats take this long.
  private static final Duration INVISIBLE = Duration.ofMillis(60);

  private static final Set<Thread.State> WAITING_OR_ENDED =
      EnumSet.of(Thread.State.WAITING, Thread.State.TIMED_WAITING, Thread.State.TERMINATED);

  private final HandClock clock = new HandClock(Instant.parse("2026-11-01T12:00:00Z"));
  private final QueueInMemory queue = new QueueInMemory(clock);

  @Test
  void keepsAMessageInFlightThreeTimesInItsTimeout() throws InterruptedException {
    ReceivedMessage message = receive();
    long begin = System.nanoTime();
    try (Heartbeat _ = Heartbeat.start(queue, message, INVISIBLE)) {
      queue.awaitAnswers(3);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(INVISIBLE);
    assertThat(queue.settlements())
        .hasSizeGreaterThanOrEqualTo(3)
        .containsOnly(new Extend(message.id(), INVISIBLE));
    assertThat(queue.refused()).isEmpty();
  }

  @Test
  void doesNotBeatForWhatIsWorkedOffAtOnce() {
    ReceivedMessage message = receive();
    Heartbeat.start(queue, message, Duration.ofHours(1)).close();
    assertThat(queue.settlements()).isEmpty();
  }

  @Test
  void doesNotBeatAfterItWasClosed() throws InterruptedException {
    ReceivedMessage message = receive();
    try (Heartbeat _ = Heartbeat.start(queue, message, INVISIBLE)) {
      queue.awaitAnswers(1);
    }
    queue.delete(List.of(message));
    assertThat(queue.comes(requests -> requests.getLast() instanceof Extend, INVISIBLE)).isFalse();
    assertThat(queue.requests().getLast()).isEqualTo(new Delete(message.id()));
    assertThat(queue.refused()).isEmpty();
  }

  @Test
  void goesOnBeatingAfterAMissedBeat() throws InterruptedException {
    ReceivedMessage message = receive();
    queue.unavailable("connection refused");
    try (Heartbeat _ = Heartbeat.start(queue, message, INVISIBLE)) {
      queue.awaitAnswers(2);
      queue.available();
      clock.advance(INVISIBLE.dividedBy(2));
      int missed = queue.requests().size();
      queue.await(requests -> requests.size() > missed + 1);
    }
    clock.advance(INVISIBLE.dividedBy(2));
    assertThat(queue.isVisible(message.id())).isFalse();
  }

  @Test
  void closesOnlyWhenTheBeatOnItsWayHasArrived() throws InterruptedException {
    ReceivedMessage message = receive();
    CountDownLatch onItsWay = new CountDownLatch(1);
    CountDownLatch arrives = new CountDownLatch(1);
    queue.gate(
        request -> {
          if (request instanceof Extend) {
            onItsWay.countDown();
            awaitUninterruptibly(arrives);
          }
        });
    Heartbeat heartbeat = Heartbeat.start(queue, message, INVISIBLE);
    onItsWay.await();
    Thread closing =
        Thread.ofPlatform()
            .start(
                () -> {
                  heartbeat.close();
                  queue.delete(List.of(message));
                });
    while (!WAITING_OR_ENDED.contains(closing.getState())) {
      Thread.onSpinWait();
    }
    assertThat(queue.settlements()).containsExactly(new Extend(message.id(), INVISIBLE));
    arrives.countDown();
    closing.join();
    assertThat(queue.requests())
        .containsExactly(
            new Receive(INVISIBLE), new Extend(message.id(), INVISIBLE), new Delete(message.id()));
    assertThat(queue.refused()).isEmpty();
  }

  @Test
  void leavesTheInterruptOfWhoeverClosesItInPlace() {
    ReceivedMessage message = receive();
    Heartbeat heartbeat = Heartbeat.start(queue, message, INVISIBLE);
    Thread.currentThread().interrupt();
    heartbeat.close();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(queue.held()).isEqualTo(List.of(message.id()));
  }

  private ReceivedMessage receive() {
    queue.put("{}");
    return queue.receive(INVISIBLE).getFirst();
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    boolean interrupted = false;
    while (latch.getCount() > 0) {
      try {
        latch.await();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
