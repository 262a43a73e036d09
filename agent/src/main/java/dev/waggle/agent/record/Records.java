package dev.waggle.agent.record;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/// Where the records are kept, by the id of the service.
///
/// Every method throws `SwarmUnavailableException` if the engine gives no answer: then a write may
/// have been done or not.
public interface Records {

  /// A record as it was read.
  ///
  /// @param record an empty one if there is none yet
  /// @param version what a write must be based on, empty if there is none yet
  record Stored(ServiceRecord record, String version) {}

  /// Reads the record of a service.
  ///
  /// @param service its name, for a record that there is none of
  Stored read(String serviceId, String service) throws InterruptedException;

  /// Writes the next record, unless somebody else did so since it was read.
  ///
  /// @return whether it was written
  boolean write(String serviceId, Stored seen, ServiceRecord next) throws InterruptedException;

  /// All records that can be read, by the ids of their services.
  Map<String, ServiceRecord> all() throws InterruptedException;

  /// Forgets a service.
  void remove(String serviceId) throws InterruptedException;

  /// Changes a record, however often somebody else is faster.
  ///
  /// @return the record before and after: the same if there was nothing to change
  default Change change(String serviceId, String service, UnaryOperator<ServiceRecord> next)
      throws InterruptedException {
    while (true) {
      Stored seen = read(serviceId, service);
      ServiceRecord changed = next.apply(seen.record());
      if (changed.equals(seen.record()) || write(serviceId, seen, changed)) {
        return new Change(seen.record(), changed);
      }
    }
  }

  /// What a change did.
  record Change(ServiceRecord before, ServiceRecord after) {

    /// What has ended by it.
    public List<Rollout> ended() {
      List<Rollout> known = before.untold();
      return after.untold().stream().filter(rollout -> !known.contains(rollout)).toList();
    }
  }
}
