package dev.waggle.agent.doctor;

import dev.waggle.agent.doctor.ExaminedEngine.EngineState;
import dev.waggle.agent.doctor.ExaminedQueue.Identity;
import dev.waggle.agent.doctor.ExaminedQueue.QueueAnswer;
import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Swarm.Resolution;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Asks everything at once and waits for none for long, so that even a dead network gets a whole
/// report soon.
public final class Doctor {

  /// The longest that the engine, the queue and the notified servers are waited for, and then the
  /// registries.
  static final Duration LONGEST = Duration.ofSeconds(10);

  /// Images asked for at once: an engine has other things to do.
  private static final int REGISTRY_CALLS = 8;

  /// What is to be examined.
  ///
  /// @param engine the engine, empty if its address is not known
  /// @param queue the queue, empty if its address is not known
  /// @param contacts the servers that notifications go to, empty if the settings do not say
  public record Patient(
      Optional<ExaminedEngine> engine,
      Optional<ExaminedQueue> queue,
      Optional<List<Contact>> contacts) {

    /// Takes copies.
    public Patient {
      contacts = contacts.map(List::copyOf);
    }
  }

  private record Timed<T>(T value, Instant at) {}

  private final Patient patient;
  private final Clock clock;
  private final Duration longest;
  private final ExecutorService questions = Executors.newVirtualThreadPerTaskExecutor();

  /// Examines a patient.
  ///
  /// @param patient what is to be examined
  /// @param clock the time
  public Doctor(Patient patient, Clock clock) {
    this(patient, clock, LONGEST);
  }

  Doctor(Patient patient, Clock clock, Duration longest) {
    this.patient = patient;
    this.clock = clock;
    this.longest = longest;
  }

  /// Examines all, in some twenty seconds at the most.
  public List<Finding> examine() throws InterruptedException {
    Future<Timed<EngineState>> engine = ask(() -> engine().engine());
    Future<Timed<List<ServiceState>>> services = ask(() -> engine().services());
    Future<Timed<Identity>> identity = ask(() -> queue().identity());
    Future<Timed<QueueAnswer>> attributes = ask(() -> queue().attributes());
    SequencedMap<Contact, Future<Timed<Optional<String>>>> contacts = new LinkedHashMap<>();
    patient
        .contacts()
        .orElseGet(List::of)
        .forEach(contact -> contacts.put(contact, ask(() -> contact.obstacle(longest))));
    long deadline = System.nanoTime() + longest.toNanos();
    List<Finding> findings = new ArrayList<>();
    Answer<Timed<EngineState>> engineAnswer = answer(engine, deadline);
    Answer<Timed<List<ServiceState>>> servicesAnswer = answer(services, deadline);
    Answer<Timed<Identity>> identityAnswer = answer(identity, deadline);
    Answer<Timed<QueueAnswer>> queueAnswer = answer(attributes, deadline);
    List<ServiceState> known = value(servicesAnswer).orElse(List.of());
    if (patient.engine().isPresent()) {
      findings.addAll(EngineCheck.of(untimed(engineAnswer)));
    }
    findings.addAll(services(engineAnswer, servicesAnswer));
    if (patient.queue().isPresent()) {
      findings.add(QueueCheck.identity(untimed(identityAnswer)));
      findings.addAll(QueueCheck.queue(untimed(queueAnswer)));
    }
    findings.add(clock(engineAnswer, queueAnswer));
    findings.addAll(registries(known));
    findings.addAll(notifications(contacts, deadline));
    questions.shutdownNow();
    return findings;
  }

  private ExaminedEngine engine() {
    return patient.engine().orElseThrow();
  }

  private ExaminedQueue queue() {
    return patient.queue().orElseThrow();
  }

  private <T> Future<Timed<T>> ask(Callable<T> question) {
    return questions.submit(() -> new Timed<>(question.call(), clock.instant()));
  }

  private static <T> Answer<T> answer(Future<T> question, long deadline)
      throws InterruptedException {
    try {
      long rest = Math.max(0, deadline - System.nanoTime());
      return new Answer.Given<>(question.get(rest, TimeUnit.NANOSECONDS));
    } catch (TimeoutException tooSlow) {
      question.cancel(true);
      return new Answer.None<>("no answer in time");
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause();
      return new Answer.None<>(
          cause == null || cause.getMessage() == null ? String.valueOf(cause) : cause.getMessage());
    }
  }

  private static <T> Answer<T> untimed(Answer<Timed<T>> answer) {
    return switch (answer) {
      case Answer.Given<Timed<T>>(Timed<T>(T value, Instant _)) -> new Answer.Given<>(value);
      case Answer.None<Timed<T>>(String reason) -> new Answer.None<>(reason);
    };
  }

  private static <T> Optional<T> value(Answer<Timed<T>> answer) {
    return answer instanceof Answer.Given<Timed<T>>(Timed<T>(T value, Instant _))
        ? Optional.of(value)
        : Optional.empty();
  }

  /// That the engine does not list them is worth a line of its own only if it should.
  private static List<Finding> services(
      Answer<Timed<EngineState>> engine, Answer<Timed<List<ServiceState>>> services) {
    boolean manager = value(engine).filter(EngineState::manager).isPresent();
    return switch (services) {
      case Answer.Given<Timed<List<ServiceState>>>(
              Timed<List<ServiceState>>(List<ServiceState> all, Instant _)) ->
          ServicesCheck.of(all);
      case Answer.None<Timed<List<ServiceState>>>(String reason) when manager ->
          List.of(
              Finding.problem(
                  Check.SERVICES,
                  "the engine does not list them: " + reason,
                  "see the engine's log; a socket proxy must let GET /services pass"));
      case Answer.None<Timed<List<ServiceState>>>(String _) ->
          List.of(Finding.skipped(Check.SERVICES, "there is no manager to ask"));
    };
  }

  /// The queue's clock is the one that counts; the engine's is mostly our own.
  private static Finding clock(
      Answer<Timed<EngineState>> engine, Answer<Timed<QueueAnswer>> queue) {
    if (queue
        instanceof
        Answer.Given<Timed<QueueAnswer>>(Timed<QueueAnswer>(QueueAnswer answer, Instant at))) {
      Optional<Instant> theirs =
          switch (answer) {
            case QueueAnswer.Attributes(_, Optional<Instant> time) -> time;
            case QueueAnswer.Refused(_, _, Optional<Instant> time) -> time;
            case QueueAnswer.Unreachable(_) -> Optional.empty();
          };
      if (theirs.isPresent()) {
        return new ClockCheck("the queue's", theirs.get(), at).finding();
      }
    }
    if (engine
            instanceof
            Answer.Given<Timed<EngineState>>(Timed<EngineState>(EngineState state, Instant at))
        && state.time().isPresent()) {
      return new ClockCheck("the engine's", state.time().get(), at).finding();
    }
    return Finding.skipped(Check.CLOCK, "neither the queue nor the engine told the time");
  }

  private List<Finding> registries(List<ServiceState> services) throws InterruptedException {
    Map<String, List<String>> images = ServicesCheck.images(services);
    List<Callable<Resolution>> asked = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<Finding> findings = new ArrayList<>();
    images.forEach(
        (image, of) -> {
          Optional<ImageReference> reference = ImageReference.parse(image);
          if (reference.isEmpty()) {
            findings.add(ServicesCheck.unreadable(image, of));
          } else {
            names.add(image);
            asked.add(() -> engine().resolve(reference.get()));
          }
        });
    ExecutorService registries =
        Executors.newFixedThreadPool(REGISTRY_CALLS, Thread.ofVirtual().factory());
    List<Future<Resolution>> answers =
        registries.invokeAll(asked, longest.toMillis(), TimeUnit.MILLISECONDS);
    for (int i = 0; i < answers.size(); i++) {
      Answer<Resolution> answer =
          answers.get(i).isCancelled()
              ? new Answer.None<>("no answer within " + longest.toSeconds() + " s")
              : answer(answers.get(i), System.nanoTime());
      findings.add(
          ServicesCheck.registry(
              names.get(i), images.getOrDefault(names.get(i), List.of()), answer));
    }
    registries.shutdownNow();
    return findings;
  }

  private List<Finding> notifications(
      SequencedMap<Contact, Future<Timed<Optional<String>>>> contacts, long deadline)
      throws InterruptedException {
    if (patient.contacts().isEmpty()) {
      return List.of(Finding.skipped(Check.NOTIFICATIONS, "the settings are wrong"));
    }
    if (contacts.isEmpty()) {
      return List.of(Finding.ok(Check.NOTIFICATIONS, "none are set up"));
    }
    List<Finding> findings = new ArrayList<>();
    for (Map.Entry<Contact, Future<Timed<Optional<String>>>> contact : contacts.entrySet()) {
      String name = contact.getKey().name() + " at " + contact.getKey().host();
      Optional<String> obstacle =
          switch (untimed(answer(contact.getValue(), deadline))) {
            case Answer.Given<Optional<String>>(Optional<String> found) -> found;
            case Answer.None<Optional<String>>(String reason) -> Optional.of(reason);
          };
      findings.add(
          obstacle
              .map(
                  reason ->
                      Finding.problem(
                          Check.NOTIFICATIONS,
                          name + " is out of reach: " + reason,
                          "see whether this host reaches it, and whether its name is right"))
              .orElseGet(() -> Finding.ok(Check.NOTIFICATIONS, name + " answers")));
    }
    return findings;
  }
}
