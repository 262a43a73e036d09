package dev.waggle.agent.inbox;

import dev.waggle.agent.push.Push;
import dev.waggle.agent.record.Ending;
import dev.waggle.agent.record.Endings;
import dev.waggle.agent.record.Outcome;
import dev.waggle.agent.record.RecentIds;
import dev.waggle.agent.record.Records;
import dev.waggle.agent.record.Rollout;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.record.Work;
import dev.waggle.agent.service.ServiceLabels;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Swarm;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes the pushes of one receive into the records of the services that want them.
final class Intake {

  private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

  /// Soon enough that the good messages of its repository do not wait for a message that the queue
  /// is to give up.
  private static final Duration PAUSE_OF_MALFORMED = Duration.ofSeconds(1);

  /// A push and the message that it came in.
  private record Arrival(Push push, ReceivedMessage message) {}

  private final PushQueue queue;
  private final Swarm swarm;
  private final Records records;
  private final Work work;
  private final Endings endings;
  private final Clock clock;
  private final Set<String> unwanted = RecentIds.create();

  Intake(PushQueue queue, Swarm swarm, Records records, Work work, Endings endings, Clock clock) {
    this.queue = queue;
    this.swarm = swarm;
    this.records = records;
    this.work = work;
    this.endings = endings;
    this.clock = clock;
  }

  /// Takes messages: those that are done with are deleted, the others come again.
  ///
  /// @param more whether the queue may hold more, so that nothing is woken yet
  /// @return the services with new work
  Set<String> take(List<ReceivedMessage> messages, boolean more) throws InterruptedException {
    List<Arrival> arrivals = read(messages);
    if (arrivals.isEmpty()) {
      return Set.of();
    }
    Map<ServiceState, List<Arrival>> wanted = wanted(arrivals);
    if (!more) {
      // The last is the newest, or near to it.
      wanted.values().stream().map(some -> some.getLast().push()).distinct().forEach(work::expect);
    }
    Set<Arrival> unrecorded = record(wanted, more);
    List<ReceivedMessage> done = new ArrayList<>();
    for (Arrival arrival : arrivals) {
      if (wanted.values().stream().noneMatch(some -> some.contains(arrival))) {
        close(arrival);
      }
      if (!unrecorded.contains(arrival)) {
        done.add(arrival.message());
      }
    }
    if (!done.isEmpty()) {
      delete(done);
    }
    Set<String> services = new LinkedHashSet<>();
    wanted.keySet().forEach(service -> services.add(service.id()));
    return services;
  }

  /// Where the queue does not hear it they come again, and change nothing.
  private void delete(List<ReceivedMessage> done) {
    try {
      queue.delete(done);
    } catch (QueueUnavailableException unavailable) {
      LOG.atWarn()
          .addKeyValue("messageIds", done.stream().map(ReceivedMessage::id).toList())
          .addKeyValue("reason", unavailable.getMessage())
          .log("messages not deleted");
    }
  }

  private List<Arrival> read(List<ReceivedMessage> messages) {
    List<Arrival> arrivals = new ArrayList<>();
    for (ReceivedMessage message : messages) {
      switch (PushMessage.parse(message.body())) {
        case PushMessage.Malformed(String reason) -> {
          LOG.atError()
              .addKeyValue("messageId", message.id())
              .addKeyValue("receiveCount", message.receiveCount())
              .addKeyValue("reason", reason)
              .log("message malformed");
          release(message);
        }
        case PushMessage.Valid(Push push) -> {
          LOG.atInfo()
              .addKeyValue("deliveryId", push.deliveryId())
              .addKeyValue("repository", push.repository())
              .addKeyValue("tag", push.tag())
              .addKeyValue("receiveCount", message.receiveCount())
              .log("push received");
          arrivals.add(new Arrival(push.acceptedBefore(message.sentAt()), message));
        }
      }
    }
    return arrivals;
  }

  private void release(ReceivedMessage malformed) {
    try {
      queue.release(malformed, PAUSE_OF_MALFORMED);
    } catch (QueueUnavailableException unavailable) {
      LOG.atWarn().addKeyValue("reason", unavailable.getMessage()).log("message not released");
    }
  }

  private Map<ServiceState, List<Arrival>> wanted(List<Arrival> arrivals)
      throws InterruptedException {
    Map<ServiceState, List<Arrival>> wanted = new LinkedHashMap<>();
    for (ServiceState service : swarm.servicesWithLabel(ServiceLabels.TAGS)) {
      ServiceLabels.Reading labels = ServiceLabels.read(service.labels());
      List<Arrival> some =
          arrivals.stream()
              .filter(arrival -> service.isOf(arrival.push().repository()))
              .filter(arrival -> wants(labels, arrival.push()))
              .toList();
      if (!some.isEmpty()) {
        wanted.put(service, some);
      }
    }
    return wanted;
  }

  /// A service whose labels do not parse may have wanted any: it is to be told.
  private static boolean wants(ServiceLabels.Reading reading, Push push) {
    return switch (reading) {
      case ServiceLabels.Reading.Valid(ServiceLabels labels) -> labels.tags().wants(push.tag());
      case ServiceLabels.Reading.Invalid _ -> true;
    };
  }

  /// Writes into the records of all services side by side, and wakes each as soon as it can be.
  ///
  /// @return what could not be recorded
  private Set<Arrival> record(Map<ServiceState, List<Arrival>> wanted, boolean more)
      throws InterruptedException {
    Instant received = clock.instant();
    Set<Arrival> unrecorded = ConcurrentHashMap.newKeySet();
    Map<String, Future<?>> writing = new LinkedHashMap<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      wanted.forEach(
          (service, arrivals) ->
              writing.put(
                  service.id(),
                  executor.submit(
                      () -> {
                        try {
                          record(service, arrivals, received);
                        } catch (RuntimeException | Error failure) {
                          unrecorded.addAll(arrivals);
                          throw failure;
                        }
                        if (!more) {
                          work.wake(service.id());
                        }
                        return null;
                      })));
      for (Map.Entry<String, Future<?>> one : writing.entrySet()) {
        try {
          one.getValue().get();
        } catch (ExecutionException failed) {
          LOG.atError()
              .addKeyValue("serviceId", one.getKey())
              .addKeyValue("reason", String.valueOf(failed.getCause()))
              .log("push not recorded");
        }
      }
    }
    return unrecorded;
  }

  private void record(ServiceState service, List<Arrival> arrivals, Instant received)
      throws InterruptedException {
    Records.Change change =
        records.change(
            service.id(), service.name(), record -> with(record, service, arrivals, received));
    endings.ended(service.id(), service.name(), change.ended());
  }

  private ServiceRecord with(
      ServiceRecord record, ServiceState service, List<Arrival> arrivals, Instant received) {
    ServiceRecord next = record;
    for (Arrival arrival : arrivals) {
      Rollout wanted =
          Rollout.of(arrival.push(), Rollout.Cause.PUSH, arrival.message().sentAt(), received)
              .by(queue.id());
      next = next.with(service.name(), wanted, received);
    }
    return next;
  }

  private void close(Arrival arrival) {
    if (unwanted.add(arrival.push().deliveryId())) {
      Instant now = clock.instant();
      endings.unwanted(
          Rollout.of(arrival.push(), Rollout.Cause.PUSH, arrival.message().sentAt(), now)
              .ended(Ending.untouched(Outcome.NO_SERVICE_WANTS_IT, "", now)));
    }
  }
}
