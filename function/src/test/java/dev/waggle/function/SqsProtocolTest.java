package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/// What goes to SQS is what AWS's own client sends, and its signature holds for what arrives.
class SqsProtocolTest {
  /// From AWS's documentation, as is the secret.
  private static final String ID = "AKIAIOSFODNN7EXAMPLE";

  private static final String SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  private static final String SESSION = "AQoDYXdzEPT//////////wEXAMPLE+token=";
  private static final Pattern AUTHORIZATION =
      Pattern.compile(
          "AWS4-HMAC-SHA256 Credential=([^/]+)/(\\d{8})/([^/]+)/sqs/aws4_request,"
              + " SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})");

  /// A request as it arrived, with its headers' names in lower case.
  private record Arrived(String method, String target, Map<String, String> headers, String body) {
    static Arrived of(HttpExchange exchange) throws IOException {
      Map<String, String> headers = new TreeMap<>();
      exchange
          .getRequestHeaders()
          .forEach(
              (name, values) ->
                  headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
      return new Arrived(
          exchange.getRequestMethod(),
          exchange.getRequestURI().toString(),
          headers,
          new String(exchange.getRequestBody().readAllBytes(), UTF_8));
    }

    String header(String name) {
      return headers.getOrDefault(name, "").strip();
    }

    Arrived with(String body) {
      return new Arrived(method, target, headers, body);
    }
  }

  private final LinkedBlockingQueue<Arrived> arrived = new LinkedBlockingQueue<>();
  private HttpServer server;
  private URI queueUrl;

  @BeforeEach
  void listen() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            arrived.add(Arrived.of(exchange));
            exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
            FakeServer.respond(exchange, 200, "{}");
          }
        });
    server.start();
    queueUrl =
        URI.create(
            "http://127.0.0.1:" + server.getAddress().getPort() + "/123456789012/waggle.fifo");
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private SqsPushQueue ours() {
    return SqsPushQueue.connect(
        queueUrl,
        Map.of(
            "AWS_REGION",
            "eu-central-1",
            "AWS_ACCESS_KEY_ID",
            ID,
            "AWS_SECRET_ACCESS_KEY",
            SECRET,
            "AWS_SESSION_TOKEN",
            SESSION));
  }

  private Arrived fromAws(Consumer<SqsClient> call) throws InterruptedException {
    try (SqsClient client =
        SqsClient.builder()
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .endpointOverride(queueUrl.resolve("/"))
            .region(Region.EU_CENTRAL_1)
            .checksumValidationEnabled(false)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsSessionCredentials.create(ID, SECRET, SESSION)))
            .build()) {
      call.accept(client);
    }
    return arrived.take();
  }

  private static PushMessage push() {
    Instant pushed = Instant.parse("2026-11-01T10:00:00Z");
    return new PushMessage(
        new DeliveryId("JKJaXmPLvHcESHA="),
        new Repository("vorce/playlistlog"),
        new Tag("2"),
        Verdicts.DIGEST,
        new PushTime(pushed, true, Evidence.RECORDED),
        pushed.plusSeconds(2));
  }

  private static void assertSame(Arrived ours, Arrived fromAws) {
    assertThat(ours.method).isEqualTo(fromAws.method);
    assertThat(ours.target).isEqualTo(fromAws.target);
    assertThat(Resources.json(ours.body)).isEqualTo(Resources.json(fromAws.body));
    for (String header : List.of("host", "content-type", "x-amz-target", "x-amz-security-token")) {
      assertThat(ours.headers.get(header)).as(header).isEqualTo(fromAws.headers.get(header));
    }
  }

  @Test
  void sendsWhatAwsSends() throws InterruptedException {
    PushMessage push = push();
    assertThat(ours().send(push, Deadline.in(Duration.ofSeconds(5))))
        .isEqualTo(new PushQueue.Sending.Sent());
    Arrived ours = arrived.take();
    Arrived fromAws =
        fromAws(
            client ->
                client.sendMessage(
                    request ->
                        request
                            .queueUrl(queueUrl.toString())
                            .messageBody(push.json())
                            .messageGroupId(push.group())
                            .messageDeduplicationId(push.deduplicationId())));
    assertSame(ours, fromAws);
  }

  @Test
  void warmsUpAsAwsWould() throws InterruptedException {
    try (SqsPushQueue.Call call = ours().warmUp(Deadline.in(Duration.ofSeconds(5)))) {
      assertThat(call.await()).isEmpty();
    }
    Arrived ours = arrived.take();
    assertSame(
        ours,
        fromAws(
            client ->
                client.getQueueAttributes(
                    request ->
                        request
                            .queueUrl(queueUrl.toString())
                            .attributeNames(QueueAttributeName.QUEUE_ARN))));
  }

  /// The check itself is checked with what AWS's client sends, and with what was tampered with.
  @Test
  void signsWhatArrives() throws InterruptedException, GeneralSecurityException {
    assertThat(ours().send(push(), Deadline.in(Duration.ofSeconds(5))))
        .isEqualTo(new PushQueue.Sending.Sent());
    Arrived ours = arrived.take();
    assertThat(isSigned(ours)).isTrue();
    assertThat(signedHeaders(ours))
        .contains("content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target");
    Arrived fromAws = fromAws(client -> client.listQueues());
    assertThat(isSigned(fromAws)).isTrue();
    assertThat(isSigned(fromAws.with(fromAws.body + " "))).isFalse();
    assertThat(isSigned(ours.with(ours.body + " "))).isFalse();
  }

  private static List<String> signedHeaders(Arrived request) {
    Matcher authorization = AUTHORIZATION.matcher(request.header("authorization"));
    assertThat(authorization.matches()).isTrue();
    return Arrays.asList(authorization.group(4).split(";", -1));
  }

  /// "Create a signed AWS API request" in the IAM User Guide, from the server's side.
  private static boolean isSigned(Arrived request) throws GeneralSecurityException {
    Matcher authorization = AUTHORIZATION.matcher(request.header("authorization"));
    if (!authorization.matches() || !authorization.group(1).equals(ID)) {
      return false;
    }
    String canonical =
        String.join(
            "\n",
            request.method,
            request.target,
            "",
            signedHeaders(request).stream()
                .map(name -> name + ":" + request.header(name) + "\n")
                .collect(Collectors.joining()),
            authorization.group(4),
            Sha256.hex(request.body));
    String scope = authorization.group(2) + "/" + authorization.group(3) + "/sqs/aws4_request";
    String toSign =
        String.join(
            "\n", "AWS4-HMAC-SHA256", request.header("x-amz-date"), scope, Sha256.hex(canonical));
    byte[] key = ("AWS4" + SECRET).getBytes(UTF_8);
    for (String part : scope.split("/", -1)) {
      key = hmac(key, part);
    }
    return HexFormat.of().formatHex(hmac(key, toSign)).equals(authorization.group(5));
  }

  private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(UTF_8));
  }
}
