package dev.waggle.agent.rollout;

import dev.waggle.agent.push.Push;
import dev.waggle.agent.record.Endings;
import dev.waggle.agent.record.Records;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.record.Work;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Swarm;
import dev.waggle.agent.service.Ticker;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/// Brings services to what their records say they want: one thread for each service that has
/// something to do, so that none waits for another.
public final class Reconciler implements Work, Swarm.Listener, AutoCloseable {

  /// After so many failures in a row that nobody foresaw, a new process may do better.
  private static final int MAX_UNEXPECTED = 5;

  private final Swarm swarm;
  private final Records records;
  private final Lookups lookups;
  private final Clock clock;
  private final Ticker ticker;
  private final Duration longest;
  private final String queue;
  private final Endings endings;
  private final Map<String, ServiceThread> working = new HashMap<>();
  private final AtomicInteger unexpected = new AtomicInteger();
  private final Set<String> gathered = new HashSet<>();
  private boolean gathering;
  private boolean closed;

  /// Wires the parts together; does nothing yet.
  ///
  /// @param swarm where the services are
  /// @param records what they want
  /// @param clock the time
  /// @param ticker how long it takes
  /// @param longest how long a rollout may take if the service does not say
  /// @param queue the agent's: what came by another is another agent's
  /// @param endings is told what ended
  public Reconciler(
      Swarm swarm,
      Records records,
      Clock clock,
      Ticker ticker,
      Duration longest,
      String queue,
      Endings endings) {
    this.swarm = swarm;
    this.records = records;
    this.lookups = new Lookups(swarm, ticker);
    this.clock = clock;
    this.ticker = ticker;
    this.longest = longest;
    this.queue = queue;
    this.endings = endings;
  }

  /// Lets the engine look for a push that will be rolled in a moment.
  @Override
  public void expect(Push push) {
    lookups.start(push.image());
  }

  /// Looks at a service, now or as soon as its thread has done what it is at.
  @Override
  public synchronized void wake(String serviceId) {
    ServiceThread thread = working.get(serviceId);
    if (thread != null) {
      thread.wake();
    } else if (!closed) {
      ServiceWorker worker =
          new ServiceWorker(
              serviceId, swarm, records, lookups, clock, ticker, longest, queue, endings);
      ServiceThread begun = new ServiceThread(serviceId, worker, unexpected, this::ends);
      working.put(serviceId, begun);
      begun.start();
    }
  }

  /// A service without work needs no look: only its record can give it some.
  @Override
  public synchronized void serviceChanged(String serviceId) {
    if (working.containsKey(serviceId)) {
      wake(serviceId);
    }
  }

  @Override
  public synchronized void recordChanged(String serviceId) {
    if (gathering && !working.containsKey(serviceId)) {
      gathered.add(serviceId);
    } else {
      wake(serviceId);
    }
  }

  @Override
  public synchronized void gathering(boolean begins) {
    gathering = begins;
    if (!begins) {
      gathered.forEach(this::wake);
      gathered.clear();
    }
  }

  /// Wakes every service whose record has work.
  @Override
  public void missed() throws InterruptedException {
    for (Map.Entry<String, ServiceRecord> kept : records.all().entrySet()) {
      endings.found(kept.getKey(), kept.getValue());
      if (!kept.getValue().actedOnBy(queue).open().isEmpty()) {
        recordChanged(kept.getKey());
      }
    }
  }

  /// Forgets services that were removed, once what they left open has ended and was told.
  public void tidy() throws InterruptedException {
    Set<String> services =
        swarm.services().stream().map(ServiceState::id).collect(Collectors.toSet());
    for (Map.Entry<String, ServiceRecord> kept : records.all().entrySet()) {
      if (!services.contains(kept.getKey())) {
        if (kept.getValue().open().isEmpty() && kept.getValue().untold().isEmpty()) {
          records.remove(kept.getKey());
        } else {
          wake(kept.getKey());
        }
      }
    }
  }

  /// Whether too much failed that nobody foresaw.
  @Override
  public boolean isBroken() {
    return unexpected.get() >= MAX_UNEXPECTED;
  }

  /// A thread that was woken meanwhile may have something to do again.
  private synchronized boolean ends(ServiceThread thread) {
    if (thread.takeWake()) {
      return false;
    }
    working.remove(thread.serviceId());
    return true;
  }

  /// Begins nothing for another service: that is for the next agent. What is under way goes on.
  public synchronized void stop() {
    closed = true;
  }

  /// Ends the threads. Swarm goes on by itself, and the next agent goes on from the records.
  @Override
  public void close() {
    List<ServiceThread> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(working.values());
    }
    all.forEach(ServiceThread::interrupt);
    try {
      for (ServiceThread thread : all) {
        thread.awaitEnd();
      }
    } catch (InterruptedException cutShort) {
      Thread.currentThread().interrupt();
    }
  }
}
