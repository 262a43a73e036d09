package dev.waggle.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.waggle.agent.doctor.Doctor.Patient;
import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.doctor.Finding.Grade;
import dev.waggle.agent.push.ImageReference;
import dev.waggle.agent.record.Hold;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.HandClock;
import dev.waggle.agent.service.ImageHealth;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Services;
import dev.waggle.agent.service.Swarm.Resolution;
import dev.waggle.agent.service.SwarmUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class DoctorTest {

  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");
  private static final Duration PATIENCE = Duration.ofMillis(300);
  private static final Duration GENEROUS = Duration.ofSeconds(10);

  private final HandClock clock = new HandClock(NOON);
  private final EngineInMemory engine = new EngineInMemory();
  private final QueueOfAttributes queue = new QueueOfAttributes();

  @Test
  void tellsALineForEveryCheck() {
    assertThat(examine(GENEROUS))
        .extracting(Finding::check)
        .containsExactly(
            Check.ENGINE,
            Check.SWARM,
            Check.SERVICES,
            Check.LABELS,
            Check.MOUNTS,
            Check.RECORDS,
            Check.IDENTITY,
            Check.QUEUE,
            Check.FIFO,
            Check.VISIBILITY,
            Check.DEAD_LETTERS,
            Check.CLOCK,
            Check.HEALTH,
            Check.REGISTRY,
            Check.NOTIFICATIONS);
  }

  @Test
  void waitsForNothingThatDoesNotAnswer() {
    engine.silent = true;
    queue.silent = true;

    List<Finding> findings = examine(PATIENCE);

    assertThat(findings)
        .filteredOn(finding -> finding.grade() == Grade.PROBLEM)
        .extracting(Finding::check)
        .containsExactly(Check.ENGINE, Check.IDENTITY, Check.QUEUE);
    assertThat(findings)
        .contains(
            Finding.skipped(Check.SERVICES, "there is no manager to ask"),
            Finding.skipped(Check.RECORDS, "there is no manager to ask"),
            Finding.skipped(Check.CLOCK, "neither the queue nor the engine told the time"));
  }

  @Test
  void waitsForNoRegistryThatDoesNotAnswer() {
    engine.registrySilent = true;

    assertThat(examine(PATIENCE))
        .filteredOn(finding -> finding.check() == Check.REGISTRY)
        .extracting(Finding::grade)
        .containsExactly(Grade.PROBLEM);
  }

  @Test
  void asksTheEngineWhetherTheImagesHaveAHealthCheck() {
    assertThat(examine(GENEROUS)).contains(Finding.ok(Check.HEALTH, "all have a health check"));

    engine.imageHealth = ImageHealth.UNCHECKED;
    assertThat(examine(GENEROUS))
        .extracting(Finding::found)
        .anySatisfy(found -> assertThat(found).startsWith("site has no health check: Swarm stops"));
  }

  @Test
  void doesNotWaitForAnEngineThatDoesNotTellOfItsImages() {
    engine.imagesSilent = true;

    assertThat(examine(PATIENCE))
        .extracting(Finding::found)
        .anySatisfy(found -> assertThat(found).startsWith("site sets no health check: unless"));
  }

  @Test
  void asksTheRegistryForEveryImageAndTellsWhatItRefuses() {
    engine.services =
        List.of(
            Services.named("site"),
            image("other", "vorce/other:7"),
            image("wrong", "not an image"));

    assertThat(examine(GENEROUS))
        .filteredOn(finding -> finding.check() == Check.REGISTRY)
        .extracting(Finding::found)
        .containsExactlyInAnyOrder(
            "'not an image' (wrong) is not an image that a registry knows",
            "vorce/other:7 (other) is refused: manifest unknown",
            "vorce/playlistlog:1 (site) is refused: manifest unknown");
  }

  @Test
  void tellsThatTheEngineDoesNotListItsServicesThoughItShould() {
    engine.listsServices = false;

    assertThat(examine(GENEROUS))
        .filteredOn(finding -> finding.check() == Check.SERVICES)
        .extracting(Finding::grade)
        .containsExactly(Grade.PROBLEM);
  }

  @Test
  void tellsThatTheEngineDoesNotListTheRecordsThoughItShould() {
    engine.listsRecords = false;

    assertThat(examine(GENEROUS))
        .contains(
            Finding.problem(
                Check.RECORDS,
                "the engine does not list them: list the records: 403 forbidden",
                "see the engine's log; a socket proxy must let GET /configs pass"));
  }

  @Test
  void tellsForHowLongAServiceIsHeld() {
    engine.records =
        Map.of(
            "site",
            ServiceRecord.of("site")
                .held("site", new Hold(NOON.minus(Duration.ofHours(3)), "a trial")));

    assertThat(examine(GENEROUS))
        .contains(
            Finding.ok(Check.RECORDS, "1 record"),
            Finding.warning(
                Check.RECORDS,
                "site is held since 2026-11-01T09:00:00Z (for 3 hours): a trial",
                "agent release site"));
  }

  @Test
  void judgesTheClockByTheQueueAndWithoutItByTheEngine() {
    engine.time = Optional.of(NOON.minusSeconds(100));
    queue.time = Optional.of(NOON.minusSeconds(200));
    assertThat(examine(GENEROUS)).extracting(Finding::found).contains("200 s ahead of the queue's");

    queue.time = Optional.empty();
    assertThat(examine(GENEROUS))
        .extracting(Finding::found)
        .contains("100 s ahead of the engine's");
  }

  @Test
  void leavesOutWhatThereIsNoAddressOf() {
    List<Finding> findings =
        new Doctor(
                new Patient(Optional.empty(), Optional.empty(), Optional.empty()), clock, GENEROUS)
            .examine();

    assertThat(findings)
        .extracting(Finding::check)
        .containsExactly(Check.SERVICES, Check.RECORDS, Check.CLOCK, Check.NOTIFICATIONS);
  }

  @Test
  void tellsOfAServerThatNotificationsWouldNotReach() {
    Patient patient =
        new Patient(
            Optional.empty(),
            Optional.empty(),
            Optional.of(List.of(new Contact("ntfy in line 2", "127.0.0.1", 1, false))));

    assertThat(new Doctor(patient, clock, GENEROUS).examine())
        .filteredOn(finding -> finding.check() == Check.NOTIFICATIONS)
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.grade()).isEqualTo(Grade.PROBLEM);
              assertThat(finding.found()).startsWith("ntfy in line 2 at 127.0.0.1 ");
            });
  }

  private List<Finding> examine(Duration longest) {
    return new Doctor(
            new Patient(Optional.of(engine), Optional.of(queue), Optional.of(List.of())),
            clock,
            longest)
        .examine();
  }

  private static ServiceState image(String name, String image) {
    ServiceState service = Services.named(name);
    service.tree().withObject("/Spec/TaskTemplate/ContainerSpec").put("Image", image);
    return service;
  }

  private static void forEver() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  /// A manager whose registry has no image.
  private static final class EngineInMemory implements ExaminedEngine {

    private boolean silent;
    private boolean registrySilent;
    private boolean imagesSilent;
    private ImageHealth imageHealth = ImageHealth.CHECKED;
    private boolean listsServices = true;
    private boolean listsRecords = true;
    private List<ServiceState> services = List.of(Services.named("site"));
    private Map<String, ServiceRecord> records = Map.of();
    private Optional<Instant> time = Optional.of(NOON);

    @Override
    public EngineState engine() throws InterruptedException {
      answer();
      return new EngineState("29.7.2", "1.52", "active", true, 1, 1, time);
    }

    @Override
    public List<ServiceState> services() throws InterruptedException {
      answer();
      if (!listsServices) {
        throw new SwarmUnavailableException("list services: 403 forbidden");
      }
      return services;
    }

    @Override
    public Map<String, ServiceRecord> recordsByService() throws InterruptedException {
      answer();
      if (!listsRecords) {
        throw new SwarmUnavailableException("list the records: 403 forbidden");
      }
      return records;
    }

    @Override
    public ImageHealth imageHealth(ImageReference image) throws InterruptedException {
      answer();
      if (imagesSilent) {
        forEver();
      }
      return imageHealth;
    }

    @Override
    public Resolution resolve(ImageReference image) throws InterruptedException {
      answer();
      if (registrySilent) {
        forEver();
      }
      return new Resolution.Refused("manifest unknown");
    }

    private void answer() throws InterruptedException {
      if (silent) {
        forEver();
      }
    }
  }

  /// A queue as the template makes it. Its client cannot be interrupted, as that of the SDK cannot.
  private static final class QueueOfAttributes implements ExaminedQueue {

    private boolean silent;
    private Optional<Instant> time = Optional.of(NOON);

    @Override
    public QueueAnswer attributes() {
      answer();
      return new QueueAnswer.Attributes(
          new QueueState(
              true,
              Duration.ofSeconds(30),
              Optional.of(Duration.ofDays(14)),
              Duration.ZERO,
              Optional.of("dead.fifo"),
              OptionalInt.of(16),
              0,
              0),
          time);
    }

    @Override
    public Identity identity() {
      answer();
      return new Identity.Found("WXYZ", "the environment");
    }

    private void answer() {
      while (silent) {
        LockSupport.park();
        Thread.interrupted();
      }
    }
  }
}
