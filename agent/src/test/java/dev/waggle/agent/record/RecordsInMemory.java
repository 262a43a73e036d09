package dev.waggle.agent.record;

import dev.waggle.agent.service.Swarm;
import dev.waggle.agent.service.SwarmUnavailableException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/// Records in memory, as text: a write is done only on the version that there is. Listeners are
/// told of every write.
public final class RecordsInMemory implements Records {

  /// What it was asked.
  public sealed interface Request {

    /// What is read.
    record Read(String serviceId) implements Request {}

    /// What is written, done or not.
    record Write(String serviceId, ServiceRecord next) implements Request {}

    /// Everything is read.
    record ReadAll() implements Request {}

    /// What is removed.
    record Remove(String serviceId) implements Request {}
  }

  /// Stands before the store: it lets a request pass, holds it up, does something before it, or
  /// throws instead of an answer.
  @FunctionalInterface
  public interface Gate {

    /// Returns if the request shall be done.
    void pass(Request request) throws InterruptedException;
  }

  private record Kept(String text, int version) {}

  private final Object lock = new Object();
  private final Map<String, Kept> records = new LinkedHashMap<>();
  private final List<Request> requests = new ArrayList<>();
  private final List<Swarm.Listener> listeners = new CopyOnWriteArrayList<>();
  private Gate gate = request -> {};
  private boolean losingAnswers;
  private int versions;

  /// Puts another gate before the store.
  public void gate(Gate next) {
    synchronized (lock) {
      gate = next;
    }
  }

  /// Answers nothing from now on.
  public void unreachable() {
    gate(
        request -> {
          throw new SwarmUnavailableException("connection refused");
        });
  }

  /// Answers everything again.
  public void reachable() {
    gate(request -> {});
  }

  /// Does the next write, but its answer does not arrive.
  public void losesTheNextAnswer() {
    synchronized (lock) {
      losingAnswers = true;
    }
  }

  /// Is told of every write.
  public void tells(Swarm.Listener listener) {
    listeners.add(listener);
  }

  /// Somebody writes a record, whatever is there.
  public void put(String serviceId, ServiceRecord record) {
    put(serviceId, RecordJson.write(record));
  }

  /// Somebody writes what may be no record.
  public void put(String serviceId, String text) {
    synchronized (lock) {
      keep(serviceId, text);
    }
    listeners.forEach(listener -> listener.recordChanged(serviceId));
  }

  /// A record as it is now: an empty one if there is none.
  public ServiceRecord get(String serviceId) {
    synchronized (lock) {
      Kept kept = records.get(serviceId);
      return kept == null ? ServiceRecord.of("") : RecordJson.parse(kept.text());
    }
  }

  /// Whether there is a record of a service.
  public boolean has(String serviceId) {
    synchronized (lock) {
      return records.containsKey(serviceId);
    }
  }

  /// Everything that was asked of it, done or not, in order.
  public List<Request> requests() {
    synchronized (lock) {
      return List.copyOf(requests);
    }
  }

  /// What was asked of one kind.
  public <T extends Request> List<T> requests(Class<T> kind) {
    return requests().stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  @Override
  public Stored read(String serviceId, String service) throws InterruptedException {
    arrive(new Request.Read(serviceId));
    synchronized (lock) {
      Kept kept = records.get(serviceId);
      if (kept == null) {
        return new Stored(ServiceRecord.of(service), "");
      }
      try {
        return new Stored(RecordJson.parse(kept.text()), Integer.toString(kept.version()));
      } catch (IllegalArgumentException unreadable) {
        throw new UnreadableRecordException("the record of " + serviceId, unreadable);
      }
    }
  }

  @Override
  public boolean write(String serviceId, Stored seen, ServiceRecord next)
      throws InterruptedException {
    arrive(new Request.Write(serviceId, next));
    boolean lost;
    synchronized (lock) {
      Kept kept = records.get(serviceId);
      if (!seen.version().equals(kept == null ? "" : Integer.toString(kept.version()))) {
        return false;
      }
      keep(serviceId, RecordJson.write(next));
      lost = losingAnswers;
      losingAnswers = false;
    }
    listeners.forEach(listener -> listener.recordChanged(serviceId));
    if (lost) {
      throw new SwarmUnavailableException("unexpected end of stream");
    }
    return true;
  }

  @Override
  public Map<String, ServiceRecord> all() throws InterruptedException {
    arrive(new Request.ReadAll());
    Map<String, ServiceRecord> all = new LinkedHashMap<>();
    synchronized (lock) {
      for (Map.Entry<String, Kept> kept : records.entrySet()) {
        try {
          all.put(kept.getKey(), RecordJson.parse(kept.getValue().text()));
        } catch (IllegalArgumentException unreadable) {
          // As the interface says: all that can be read.
        }
      }
    }
    return all;
  }

  @Override
  public void remove(String serviceId) throws InterruptedException {
    arrive(new Request.Remove(serviceId));
    synchronized (lock) {
      records.remove(serviceId);
    }
    listeners.forEach(listener -> listener.recordChanged(serviceId));
  }

  private void keep(String serviceId, String text) {
    versions++;
    records.put(serviceId, new Kept(text, versions));
  }

  private void arrive(Request request) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    Gate before;
    synchronized (lock) {
      requests.add(request);
      before = gate;
    }
    before.pass(request);
  }
}
