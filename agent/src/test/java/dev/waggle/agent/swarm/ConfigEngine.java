package dev.waggle.agent.swarm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.transport.DockerHttpClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The configs of an engine, which answers as engines 20.10 and 29.9 were seen to.
public final class ConfigEngine implements DockerHttpClient {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String API = "/v1.41";
  private static final String CONFIGS = "/configs";

  private final Map<String, ObjectNode> configs = new LinkedHashMap<>();
  private final List<String> requests = new ArrayList<>();
  private Runnable beforeTheNextWrite = () -> {};
  private boolean refusing;
  private boolean reachable = true;
  private int index = 10;

  /// A config that somebody made.
  public synchronized void put(String name, String label, String value) {
    ObjectNode spec = JsonNodeFactory.instance.objectNode().put("Name", name).put("Data", "eA==");
    spec.putObject("Labels").put(label, value);
    create(spec);
  }

  /// As [#put], in place of the config of that name.
  public synchronized void replace(String name, String label, String value) {
    configs.remove(name);
    put(name, label, value);
  }

  /// The specification of a config.
  public synchronized JsonNode spec(String name) {
    return configs.getOrDefault(name, JsonNodeFactory.instance.objectNode()).path("Spec");
  }

  /// In the order in which they were made.
  public synchronized List<String> names() {
    return List.copyOf(configs.keySet());
  }

  /// Methods and paths, in order.
  public synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  /// Something that happens just before the next POST is handled, once.
  synchronized void beforeTheNextWrite(Runnable happens) {
    beforeTheNextWrite = happens;
  }

  /// Answers as a manager without a leader does.
  synchronized void refuse() {
    refusing = true;
  }

  /// Does not answer at all.
  synchronized void vanish() {
    reachable = false;
  }

  @Override
  public Response execute(Request request) {
    if (request.path().equals("/_ping")) {
      return new EngineAnswer(200, "OK");
    }
    if (request.method().equals("POST")) {
      happen();
    }
    synchronized (this) {
      if (!reachable) {
        throw new IllegalStateException("connection refused");
      }
      requests.add(request.method() + " " + request.path());
      return refusing
          ? failed(503, "The swarm does not have a leader.")
          : answer(request.method(), request.path().substring(API.length()), body(request));
    }
  }

  private void happen() {
    Runnable now;
    synchronized (this) {
      now = beforeTheNextWrite;
      beforeTheNextWrite = () -> {};
    }
    now.run();
  }

  private Response answer(String method, String path, JsonNode body) {
    if (path.equals(CONFIGS + "/create")) {
      return create(body);
    }
    if (path.startsWith(CONFIGS + "?filters=")) {
      return list(URLDecoder.decode(path.substring(path.indexOf('=') + 1), StandardCharsets.UTF_8));
    }
    String[] words = path.split("[/?]", -1);
    String name = words[2];
    ObjectNode config = configs.get(name);
    if (config == null) {
      return failed(404, "config " + name + " not found");
    }
    return switch (method) {
      case "GET" -> new EngineAnswer(200, config.toString());
      case "DELETE" -> {
        configs.remove(name);
        yield new EngineAnswer(204, "");
      }
      default -> update(config, words[4], body);
    };
  }

  private Response create(JsonNode spec) {
    String name = spec.path("Name").asText();
    if (spec.path("Data").asText().isEmpty()) {
      return failed(
          400,
          "rpc error: code = InvalidArgument desc = config data must be larger than 0 and less"
              + " than 512000 bytes");
    }
    if (configs.containsKey(name)) {
      return failed(
          409, "rpc error: code = AlreadyExists desc = config " + name + " already exists");
    }
    ObjectNode config = JsonNodeFactory.instance.objectNode().put("ID", "id-of-" + name);
    config.putObject("Version").put("Index", ++index);
    config.set("Spec", spec.deepCopy());
    configs.put(name, config);
    return new EngineAnswer(201, "{\"ID\":\"id-of-" + name + "\"}");
  }

  private Response update(ObjectNode config, String query, JsonNode spec) {
    if (!query.equals("version=" + config.at("/Version/Index").asText())) {
      return failed(500, "rpc error: code = Unknown desc = update out of sequence");
    }
    if (spec.has("Data") || !spec.path("Name").equals(config.at("/Spec/Name"))) {
      return failed(
          400, "rpc error: code = InvalidArgument desc = only updates to Labels are allowed");
    }
    config.withObject("/Spec").set("Labels", spec.path("Labels").deepCopy());
    config.withObject("/Version").put("Index", ++index);
    return new EngineAnswer(200, "");
  }

  private Response list(String filters) {
    String label = json(filters).at("/label/0").asText();
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    configs.values().stream()
        .filter(config -> config.at("/Spec/Labels").has(label))
        .forEach(list::add);
    return new EngineAnswer(200, list.toString());
  }

  private static Response failed(int status, String message) {
    return new EngineAnswer(
        status, JsonNodeFactory.instance.objectNode().put("message", message).toString());
  }

  private static JsonNode body(Request request) {
    byte[] bytes = request.bodyBytes();
    return bytes == null ? JSON.nullNode() : json(new String(bytes, StandardCharsets.UTF_8));
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException notJson) {
      throw new UncheckedIOException(notJson);
    }
  }

  @Override
  public void close() {}
}
