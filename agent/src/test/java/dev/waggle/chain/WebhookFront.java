package dev.waggle.chain;

import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Stands in for API Gateway: turns a request for `POST /hooks/{token}` into an event of an HTTP
/// API, payload format 2.0, and a handler's answer into a response.
///
/// The event has every field that the format's documentation lists for a request without query or
/// cookies.
public final class WebhookFront implements AutoCloseable {

  private static final String ROUTE = "/hooks/";
  private static final DateTimeFormatter LOG_TIME =
      DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ROOT);

  private final JsonMapper json = new JsonMapper();
  private final RequestStreamHandler handler;
  private final Clock clock;
  private final HttpServer server;
  private final ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();

  private WebhookFront(RequestStreamHandler handler, Clock clock) throws IOException {
    this.handler = handler;
    this.clock = clock;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(requests);
    server.start();
  }

  /// Starts to listen on a free port of the loopback interface.
  public static WebhookFront start(RequestStreamHandler handler) throws IOException {
    return new WebhookFront(handler, Clock.systemUTC());
  }

  /// What the function is told of a token, in hexadecimal digits.
  public static String hashOf(String token) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /// The webhook's address for a token.
  public URI webhook(String token) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + ROUTE + token);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      if (!exchange.getRequestMethod().equals("POST") || !path.startsWith(ROUTE)) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      byte[] event = json.writeValueAsBytes(event(exchange, path));
      handler.handleRequest(new ByteArrayInputStream(event), answer, null);
      JsonNode response = json.readTree(answer.toByteArray());
      byte[] body = response.path("body").asText().getBytes(StandardCharsets.UTF_8);
      response
          .path("headers")
          .properties()
          .forEach(
              header ->
                  exchange.getResponseHeaders().set(header.getKey(), header.getValue().asText()));
      exchange.sendResponseHeaders(response.path("statusCode").intValue(), body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private ObjectNode event(HttpExchange exchange, String path) throws IOException {
    Instant now = clock.instant();
    ObjectNode event = json.createObjectNode();
    event.put("version", "2.0");
    event.put("routeKey", "POST /hooks/{token}");
    event.put("rawPath", exchange.getRequestURI().getRawPath());
    event.put("rawQueryString", "");
    ObjectNode headers = event.putObject("headers");
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
    ObjectNode context = event.putObject("requestContext");
    context.put("accountId", "123456789012");
    context.put("apiId", "local");
    context.put("domainName", "127.0.0.1");
    context.put("domainPrefix", "127");
    context
        .putObject("http")
        .put("method", "POST")
        .put("path", exchange.getRequestURI().getRawPath())
        .put("protocol", exchange.getProtocol())
        .put("sourceIp", exchange.getRemoteAddress().getAddress().getHostAddress())
        .put("userAgent", headers.path("user-agent").asText());
    context.put("requestId", UUID.randomUUID().toString());
    context.put("routeKey", "POST /hooks/{token}");
    context.put("stage", "$default");
    context.put("time", LOG_TIME.format(now.atOffset(ZoneOffset.UTC)));
    context.put("timeEpoch", now.toEpochMilli());
    event.putObject("pathParameters").put("token", path.substring(ROUTE.length()));
    byte[] body = exchange.getRequestBody().readAllBytes();
    boolean text = isText(headers.path("content-type").asText(""));
    event.put(
        "body",
        text ? new String(body, StandardCharsets.UTF_8) : Base64.getEncoder().encodeToString(body));
    event.put("isBase64Encoded", !text);
    return event;
  }

  /// API Gateway hands over as text what calls itself text, JSON, XML or JavaScript.
  private static boolean isText(String contentType) {
    return contentType.matches("text/.*|application/(json|xml|javascript)([;+].*)?");
  }

  @Override
  public void close() {
    server.stop(0);
    requests.close();
  }
}
