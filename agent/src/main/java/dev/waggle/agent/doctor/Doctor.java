package dev.waggle.agent.doctor;

import dev.waggle.agent.doctor.ExaminedEngine.EngineState;
import dev.waggle.agent.doctor.ExaminedQueue.Identity;
import dev.waggle.agent.doctor.ExaminedQueue.QueueAnswer;
import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ImageHealth;
import dev.waggle.agent.service.ServiceState;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Asks everything at once and waits for none for long, so that even a dead network gets a whole
/// report soon.
public final class Doctor {

  /// The engine, the queue and the notified servers are waited for, and then the registries.
  static final Duration MAX_WAIT = Duration.ofSeconds(10);

  /// Images asked for at once: an engine has other things to do.
  private static final int MAX_IMAGES_AT_ONCE = 8;

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

  private final Patient patient;
  private final Clock clock;
  private final Duration longest;
  private final ExecutorService questions = Executors.newVirtualThreadPerTaskExecutor();
  private final ExecutorService aboutImages =
      Executors.newFixedThreadPool(MAX_IMAGES_AT_ONCE, Thread.ofVirtual().factory());

  /// Examines a patient.
  ///
  /// @param patient what is to be examined
  /// @param clock the time
  public Doctor(Patient patient, Clock clock) {
    this(patient, clock, MAX_WAIT);
  }

  Doctor(Patient patient, Clock clock, Duration longest) {
    this.patient = patient;
    this.clock = clock;
    this.longest = longest;
  }

  /// Examines all, in some twenty seconds at the most.
  public List<Finding> examine() {
    CompletableFuture<Answer<EngineState>> engine = ask(questions, () -> engine().engine());
    CompletableFuture<Answer<List<ServiceState>>> services =
        ask(questions, () -> engine().services());
    CompletableFuture<Answer<Map<String, ServiceRecord>>> records =
        ask(questions, () -> engine().recordsByService());
    CompletableFuture<Answer<Identity>> identity = ask(questions, () -> queue().identity());
    CompletableFuture<Answer<QueueAnswer>> attributes = ask(questions, () -> queue().attributes());
    List<CompletableFuture<Finding>> contacts =
        patient.contacts().orElseGet(List::of).stream().map(this::reach).toList();
    List<ServiceState> known = services.join().given().map(Answer.Given::value).orElseGet(List::of);
    Map<ImageReference, CompletableFuture<Answer<ImageHealth>>> health = imageHealth(known);
    boolean manager = engine.join().given().filter(given -> given.value().manager()).isPresent();
    List<Finding> findings = new ArrayList<>();
    if (patient.engine().isPresent()) {
      findings.addAll(EngineCheck.of(engine.join()));
    }
    findings.addAll(ServicesCheck.of(services.join(), manager));
    findings.addAll(MountsCheck.of(known));
    findings.addAll(RecordsCheck.of(records.join(), known, manager));
    if (patient.queue().isPresent()) {
      findings.add(QueueCheck.identity(identity.join()));
      findings.addAll(QueueCheck.queue(attributes.join()));
    }
    findings.add(clock(engine.join(), attributes.join()));
    List<CompletableFuture<Finding>> images =
        ServicesCheck.images(known).entrySet().stream()
            .map(image -> resolve(image.getKey(), image.getValue()))
            .toList();
    findings.addAll(HealthCheck.of(known, joined(health)));
    images.forEach(image -> findings.add(image.join()));
    findings.addAll(notifications(contacts));
    questions.shutdownNow();
    aboutImages.shutdownNow();
    return findings;
  }

  private ExaminedEngine engine() {
    return patient.engine().orElseThrow();
  }

  private ExaminedQueue queue() {
    return patient.queue().orElseThrow();
  }

  private <T> CompletableFuture<Answer<T>> ask(ExecutorService threads, Callable<T> question) {
    CompletableFuture<Answer<T>> answer = new CompletableFuture<>();
    threads.execute(() -> answer.complete(answer(question)));
    return answer.completeOnTimeout(
        new Answer.None<>("no answer within " + longest.toSeconds() + " s"),
        longest.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  private <T> Answer<T> answer(Callable<T> question) {
    try {
      return new Answer.Given<>(question.call(), clock.instant());
    } catch (Exception | Error failed) {
      String message = failed.getMessage();
      return new Answer.None<>(message == null ? failed.toString() : message);
    }
  }

  private CompletableFuture<Finding> reach(Contact contact) {
    return ask(questions, () -> contact.obstacle(longest))
        .thenApply(answer -> ContactCheck.of(contact, answer));
  }

  private Map<ImageReference, CompletableFuture<Answer<ImageHealth>>> imageHealth(
      List<ServiceState> services) {
    return HealthCheck.images(services).stream()
        .collect(
            Collectors.toMap(
                Function.identity(), image -> ask(aboutImages, () -> engine().imageHealth(image))));
  }

  private static <K, T> Map<K, T> joined(Map<K, CompletableFuture<T>> answers) {
    return answers.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, answer -> answer.getValue().join()));
  }

  private CompletableFuture<Finding> resolve(String image, List<String> services) {
    return ImageReference.parse(image)
        .map(
            reference ->
                ask(aboutImages, () -> engine().resolve(reference))
                    .thenApply(answer -> ServicesCheck.registry(image, services, answer)))
        .orElseGet(
            () -> CompletableFuture.completedFuture(ServicesCheck.unreadable(image, services)));
  }

  /// The queue's clock is the one that counts; the engine's is mostly our own.
  private static Finding clock(Answer<EngineState> engine, Answer<QueueAnswer> queue) {
    return ClockCheck.of("the queue's", queue, QueueAnswer::time)
        .or(() -> ClockCheck.of("the engine's", engine, EngineState::time))
        .map(ClockCheck::finding)
        .orElseGet(
            () -> Finding.skipped(Check.CLOCK, "neither the queue nor the engine told the time"));
  }

  private List<Finding> notifications(List<CompletableFuture<Finding>> contacts) {
    if (patient.contacts().isEmpty()) {
      return List.of(Finding.skipped(Check.NOTIFICATIONS, "the settings are wrong"));
    }
    return contacts.isEmpty()
        ? List.of(Finding.ok(Check.NOTIFICATIONS, "none are set up"))
        : contacts.stream().map(CompletableFuture::join).toList();
  }
}
