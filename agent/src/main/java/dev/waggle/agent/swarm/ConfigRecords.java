package dev.waggle.agent.swarm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.record.RecordJson;
import dev.waggle.agent.record.Records;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.record.UnreadableRecordException;
import dev.waggle.agent.service.SwarmUnavailableException;
import dev.waggle.agent.swarm.EngineApi.Answer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A record for each service, as a label of a Swarm config: Swarm keeps it on every manager, tells
/// of its changes, and takes an update only if it is based on the newest version. The content of a
/// config can never change, its labels can.
final class ConfigRecords implements Records {

  private static final Logger LOG = LoggerFactory.getLogger(ConfigRecords.class);

  /// No id of a service has a dot, so that no other config can be meant.
  private static final String PREFIX = "waggle.";

  private static final String LABEL = "waggle.record";

  /// A config must not be empty: "see the label" in base64.
  private static final String CONTENT = "c2VlIHRoZSBsYWJlbA==";

  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;

  private final EngineApi engine;

  ConfigRecords(EngineApi engine) {
    this.engine = engine;
  }

  /// The service whose record a config is, empty if it is none.
  static String serviceOf(String config) {
    return config.startsWith(PREFIX) ? config.substring(PREFIX.length()) : "";
  }

  @Override
  public Stored read(String serviceId, String service) throws InterruptedException {
    Answer answer = engine.get("/configs/" + PREFIX + serviceId);
    if (answer.status() == NOT_FOUND) {
      return new Stored(ServiceRecord.of(service), "");
    }
    JsonNode config = answer.required("read the record");
    try {
      return new Stored(record(config), config.at("/Version/Index").asText());
    } catch (IllegalArgumentException unreadable) {
      throw new UnreadableRecordException(unreadable(PREFIX + serviceId, unreadable), unreadable);
    }
  }

  private static ServiceRecord record(JsonNode config) {
    return RecordJson.parse(config.path("Spec").path("Labels").path(LABEL).asText());
  }

  private static String unreadable(String config, IllegalArgumentException problem) {
    return "the record is not one of this agent's: "
        + problem.getMessage()
        + "; if no newer agent wrote it, remove it: docker config rm "
        + config;
  }

  @Override
  public boolean write(String serviceId, Stored seen, ServiceRecord next)
      throws InterruptedException {
    ObjectNode config = JsonNodeFactory.instance.objectNode().put("Name", PREFIX + serviceId);
    config.putObject("Labels").put(LABEL, RecordJson.write(next));
    Answer answer =
        seen.version().isEmpty()
            ? engine.post("/configs/create", config.put("Data", CONTENT), null)
            : engine.post(
                "/configs/" + PREFIX + serviceId + "/update?version=" + seen.version(),
                config,
                null);
    if (answer.succeeded()) {
      return true;
    }
    if (answer.status() == CONFLICT
        || answer.status() == NOT_FOUND
        || answer.message().contains("update out of sequence")) {
      return false;
    }
    throw new SwarmUnavailableException(
        "write the record: " + answer.status() + " " + answer.message());
  }

  @Override
  public Map<String, ServiceRecord> all() throws InterruptedException {
    Map<String, ServiceRecord> all = new LinkedHashMap<>();
    for (JsonNode config :
        engine.get("/configs" + EngineApi.filters("label", LABEL)).required("list the records")) {
      String name = config.at("/Spec/Name").asText();
      try {
        if (!serviceOf(name).isEmpty()) {
          all.put(serviceOf(name), record(config));
        }
      } catch (IllegalArgumentException unreadable) {
        LOG.atError().addKeyValue("reason", unreadable(name, unreadable)).log("record unreadable");
      }
    }
    return all;
  }

  @Override
  public void remove(String serviceId) throws InterruptedException {
    Answer answer = engine.delete("/configs/" + PREFIX + serviceId);
    if (answer.status() != NOT_FOUND) {
      JsonNode _ = answer.required("remove the record");
    }
  }
}
