package dev.waggle.agent.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.transport.DockerHttpClient;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.waggle.agent.record.RecordJson;
import dev.waggle.agent.record.ServiceRecord;
import dev.waggle.agent.swarm.ConfigEngine;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// An engine of one opted-in service, `site`, and of configs, for a command to talk to.
final class EngineOverHttp implements AutoCloseable {

  /// The service's id.
  static final String ID = "w1ajj55nf1d22gpsw7z2uca3i";

  private static final String CONFIG = "waggle." + ID;
  private static final String LABEL = "waggle.record";

  private final ConfigEngine configs = new ConfigEngine();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;
  private final String image;

  EngineOverHttp(String image) throws IOException {
    this.image = image;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /// What a command has to be told to find it.
  Map<String, String> environment() {
    return Map.of("DOCKER_HOST", "tcp://127.0.0.1:" + server.getAddress().getPort());
  }

  /// Keeps a record, in place of the one before.
  void keep(ServiceRecord record) {
    keep(RecordJson.write(record));
  }

  void keep(String text) {
    configs.replace(CONFIG, LABEL, text);
  }

  ServiceRecord record() {
    return RecordJson.parse(configs.spec(CONFIG).path("Labels").path(LABEL).asText());
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    String path = exchange.getRequestURI().toString();
    exchange.getResponseHeaders().set("Api-Version", "1.41");
    if (path.endsWith("/services")) {
      answer(exchange, 200, ("[" + service() + "]").getBytes(StandardCharsets.UTF_8));
    } else {
      DockerHttpClient.Request.Builder request =
          DockerHttpClient.Request.builder().method(exchange.getRequestMethod()).path(path);
      try (DockerHttpClient.Response response = configs.execute(request.bodyBytes(body).build())) {
        answer(exchange, response.getStatusCode(), response.getBody().readAllBytes());
      }
    }
    exchange.close();
  }

  private ObjectNode service() {
    ObjectNode tree = JsonNodeFactory.instance.objectNode().put("ID", ID);
    ObjectNode spec = tree.putObject("Spec").put("Name", "site");
    spec.putObject("Labels").put("waggle.tags", "*");
    spec.putObject("TaskTemplate").putObject("ContainerSpec").put("Image", image);
    return tree;
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
