package dev.waggle.agent.outbox;

import dev.waggle.agent.record.Endings;
import dev.waggle.agent.record.RecentIds;
import dev.waggle.agent.record.Records;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.SwarmUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells how rollouts ended, at least once, and marks in the record what was told. An ending that
/// is told twice, because an agent died in between, has the same id.
public final class Outbox implements Endings, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

  /// Whoever decided an ending tells it at once. If it is not told by then, that agent is gone.
  private static final Duration GRACE = Duration.ofSeconds(10);

  /// An address that is away must not keep others waiting; it is tried for longer.
  private static final Duration FIRST_TRY = Duration.ofSeconds(10);

  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Records records;
  private final OutcomeLog log = new OutcomeLog();
  private final Notifications notifications;
  private final String queue;
  private final Duration grace;
  private final ExecutorService telling = Executors.newVirtualThreadPerTaskExecutor();

  /// What this process has told, or is telling.
  private final Set<String> told = RecentIds.create();

  /// What another agent is to tell.
  private final Set<String> awaited = new HashSet<>();

  /// @param records where endings are marked
  /// @param notifications who is told besides the log
  /// @param queue the agent's: what came by another is told by another agent
  public Outbox(Records records, Notifications notifications, String queue) {
    this(records, notifications, queue, GRACE);
  }

  Outbox(Records records, Notifications notifications, String queue, Duration grace) {
    this.records = records;
    this.notifications = notifications;
    this.queue = queue;
    this.grace = grace;
  }

  @Override
  public void ended(String serviceId, String service, List<Rollout> rollouts) {
    List<Rollout> mine = claim(serviceId, rollouts);
    if (mine.isEmpty()) {
      return;
    }
    List<CompletableFuture<Void>> tried = new ArrayList<>();
    for (Rollout rollout : mine) {
      Report report = Report.of(service, rollout);
      log.write(report);
      tried.add(notifications.send(report));
    }
    run(
        () -> {
          CompletableFuture.allOf(tried.toArray(CompletableFuture<?>[]::new))
              .completeOnTimeout(null, FIRST_TRY.toMillis(), TimeUnit.MILLISECONDS)
              .join();
          mark(serviceId, service, mine);
        });
  }

  @Override
  public void found(String serviceId, ServiceRecord record) {
    Set<String> foreign = unknown(serviceId, record);
    if (foreign.isEmpty()) {
      return;
    }
    run(
        () -> {
          ServiceRecord now;
          try {
            TimeUnit.MILLISECONDS.sleep(grace.toMillis());
            now = records.read(serviceId, record.service()).record();
          } finally {
            synchronized (this) {
              awaited.removeAll(foreign);
            }
          }
          ended(
              serviceId,
              now.service(),
              now.untold().stream()
                  .filter(rollout -> foreign.contains(key(serviceId, rollout)))
                  .toList());
        });
  }

  /// Endings that nobody here is telling, nor waits to be told by another agent.
  private synchronized Set<String> unknown(String serviceId, ServiceRecord record) {
    return record.untold().stream()
        .filter(rollout -> rollout.isFor(queue))
        .map(rollout -> key(serviceId, rollout))
        .filter(key -> !told.contains(key) && awaited.add(key))
        .collect(Collectors.toSet());
  }

  @Override
  public void unwanted(Rollout push) {
    Report report = Report.of(null, push);
    log.write(report);
    CompletableFuture<Void> _ = notifications.send(report);
  }

  private synchronized List<Rollout> claim(String serviceId, List<Rollout> rollouts) {
    return rollouts.stream().filter(rollout -> told.add(key(serviceId, rollout))).toList();
  }

  private static String key(String serviceId, Rollout rollout) {
    return serviceId + " " + rollout.id();
  }

  private void mark(String serviceId, String service, List<Rollout> rollouts)
      throws InterruptedException {
    Set<String> ids = new HashSet<>();
    rollouts.forEach(rollout -> ids.add(rollout.id()));
    while (true) {
      try {
        records.change(serviceId, service, record -> record.told(ids));
        return;
      } catch (SwarmUnavailableException unavailable) {
        TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
      }
    }
  }

  /// A step that may be cut short by the end of the process.
  @FunctionalInterface
  private interface Step {
    void run() throws InterruptedException;
  }

  private void run(Step step) {
    telling.execute(
        () -> {
          try {
            step.run();
          } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
          } catch (SwarmUnavailableException unavailable) {
            // What was found is found again when the engine is back.
          } catch (RuntimeException | Error failure) {
            LOG.atError().setCause(failure).log("unexpected failure");
          }
        });
  }

  /// Returns when what was told is marked, or soon after the notifications had their last chance.
  @Override
  public void close() {
    notifications.close();
    telling.shutdown();
    try {
      if (!telling.awaitTermination(1, TimeUnit.SECONDS)) {
        telling.shutdownNow();
      }
    } catch (InterruptedException cutShort) {
      Thread.currentThread().interrupt();
    }
  }
}
