package dev.waggle.agent.queue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps a message in flight while it is worked on.
final class Heartbeat implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);

  /// Two beats may fail before the message is somebody else's.
  private static final int BEATS_PER_TIMEOUT = 3;

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread beating;

  private Heartbeat(PushQueue queue, ReceivedMessage message, Duration invisible) {
    beating = Thread.ofVirtual().name("heartbeat").start(() -> beat(queue, message, invisible));
  }

  static Heartbeat start(PushQueue queue, ReceivedMessage message, Duration invisible) {
    return new Heartbeat(queue, message, invisible);
  }

  private void beat(PushQueue queue, ReceivedMessage message, Duration invisible) {
    try {
      while (!closed.await(invisible.toMillis() / BEATS_PER_TIMEOUT, TimeUnit.MILLISECONDS)) {
        try {
          queue.extend(message, invisible);
        } catch (RuntimeException missed) {
          LOG.atWarn()
              .addKeyValue("messageId", message.id())
              .addKeyValue("reason", missed.getMessage())
              .log("heartbeat missed");
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// Returns when no beat is on its way any more: one that came later would undo what is done next.
  @Override
  public void close() {
    closed.countDown();
    boolean interrupted = false;
    while (beating.isAlive()) {
      try {
        beating.join();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
