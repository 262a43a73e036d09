package dev.waggle.agent.doctor;

import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.record.Hold;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.service.ServiceState;
import dev.waggle.agent.service.Words;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Judges the records, and names the services that are held.
final class RecordsCheck {

  private RecordsCheck() {}

  /// What the engine said of the records.
  ///
  /// @param manager whether the engine should list them
  static List<Finding> of(
      Answer<Map<String, ServiceRecord>> records, List<ServiceState> services, boolean manager) {
    return switch (records) {
      case Answer.Given<Map<String, ServiceRecord>>(Map<String, ServiceRecord> all, Instant at) ->
          Stream.concat(
                  Stream.of(Finding.ok(Check.RECORDS, Words.count(all.size(), "record"))),
                  ServicesCheck.optedIn(services).stream()
                      .flatMap(service -> held(service, all.get(service.id()), at)))
              .toList();
      case Answer.None<Map<String, ServiceRecord>>(String reason) ->
          List.of(EngineCheck.notListed(Check.RECORDS, "/configs", reason, manager));
    };
  }

  private static Stream<Finding> held(
      ServiceState service, @Nullable ServiceRecord record, Instant now) {
    Hold hold = record == null ? null : record.hold();
    if (hold == null) {
      return Stream.empty();
    }
    return Stream.of(
        Finding.warning(
            Check.RECORDS,
            service.name()
                + " is held since "
                + Words.seconds(hold.since())
                + " (for "
                + Words.age(Duration.between(hold.since(), now))
                + ")"
                + (hold.reason().isEmpty() ? "" : ": " + hold.reason()),
            "agent release " + service.name()));
  }
}
