package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;

/// A FIFO queue of Amazon SQS.
///
/// Speaks SQS's JSON protocol, signed by the AWS SDK, but without the SDK's client: that would be a
/// quarter of what a cold start computes, and gives up long before a push has to be given up.
final class SqsPushQueue implements PushQueue {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration MAX_PAUSE = Duration.ofMillis(800);

  private static final String LATE = "the queue did not answer in time";
  private static final String UNREACHABLE = "the queue is unreachable";
  private static final Pattern ERROR_CODE = Pattern.compile("[A-Za-z0-9.]{1,80}");

  private final URI queueUrl;
  private final URI endpoint;
  private final String region;
  private final AwsCredentialsIdentity credentials;
  private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();

  private SqsPushQueue(
      URI queueUrl, URI endpoint, String region, AwsCredentialsIdentity credentials) {
    this.queueUrl = queueUrl;
    this.endpoint = endpoint;
    this.region = region;
    this.credentials = credentials;
  }

  /// Makes ready to talk to one queue, with the region and the credentials that Lambda sets:
  /// `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. Where
  /// `AWS_ENDPOINT_URL_SQS` is not set, the queue is asked where its address says.
  ///
  /// @throws InvalidConfigurationException naming every variable that is missing
  static SqsPushQueue connect(URI queueUrl, Map<String, String> environment) {
    List<String> missing = new ArrayList<>();
    String region = required(environment, "AWS_REGION", missing);
    String id = required(environment, "AWS_ACCESS_KEY_ID", missing);
    String secret = required(environment, "AWS_SECRET_ACCESS_KEY", missing);
    if (!missing.isEmpty()) {
      throw new InvalidConfigurationException(missing);
    }
    AwsCredentialsIdentity credentials =
        value(environment, "AWS_SESSION_TOKEN")
            .<AwsCredentialsIdentity>map(
                token -> AwsSessionCredentialsIdentity.create(id, secret, token))
            .orElseGet(() -> AwsCredentialsIdentity.create(id, secret));
    URI endpoint =
        value(environment, "AWS_ENDPOINT_URL_SQS").map(URI::create).orElse(queueUrl).resolve("/");
    return new SqsPushQueue(queueUrl, endpoint, region, credentials);
  }

  private static String required(
      Map<String, String> environment, String name, List<String> missing) {
    return value(environment, name)
        .orElseGet(
            () -> {
              missing.add(name + " is not set: Lambda sets it");
              return "";
            });
  }

  private static Optional<String> value(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(text -> !text.isBlank());
  }

  @Override
  public Sending send(PushMessage push, Deadline deadline) {
    String request =
        Json.object(
            json -> {
              json.writeStringField("QueueUrl", queueUrl.toString());
              json.writeStringField("MessageBody", push.json());
              json.writeStringField("MessageGroupId", push.group());
              json.writeStringField("MessageDeduplicationId", push.deduplicationId());
            });
    try (Call call = call("SendMessage", request, deadline)) {
      return call.await().<Sending>map(Sending.NotSent::new).orElseGet(Sending.Sent::new);
    }
  }

  /// Begins to make the first [#send] fast: connects, and asks the queue for its name.
  Call warmUp(Deadline deadline) {
    String request =
        Json.object(
            json -> {
              json.writeStringField("QueueUrl", queueUrl.toString());
              json.writeArrayFieldStart("AttributeNames");
              json.writeString("QueueArn");
              json.writeEndArray();
            });
    return call("GetQueueAttributes", request, deadline);
  }

  /// A request that is under way, over and over if need be.
  ///
  /// @param problem what was in the way last
  record Call(Conversation<Optional<String>> conversation, AtomicReference<String> problem)
      implements AutoCloseable {
    /// Waits for the end, at most until the deadline. Returns what was in the way, or nothing.
    Optional<String> await() {
      return conversation.await(_ -> Optional.of(problem.get()));
    }

    @Override
    public void close() {
      conversation.close();
    }
  }

  private Call call(String action, String request, Deadline deadline) {
    byte[] body = request.getBytes(UTF_8);
    AtomicReference<String> problem = new AtomicReference<>(LATE);
    return new Call(
        Conversation.begin(
            endpoint, deadline, talk -> insist(talk, action, body, deadline, problem)),
        problem);
  }

  /// As often as there is time: what ails the queue may pass.
  private Optional<String> insist(
      Conversation<?> talk,
      String action,
      byte[] body,
      Deadline deadline,
      AtomicReference<String> problem)
      throws InterruptedException {
    for (Duration pause = FIRST_PAUSE; ; pause = longer(pause)) {
      try {
        // Not all of the time: a connection may have died while the function was frozen.
        Conversation.Response answer =
            talk.post(endpoint, headers(action, body), body, deadline.remaining().dividedBy(2));
        if (answer.status() == HttpURLConnection.HTTP_OK) {
          return Optional.empty();
        }
        String code = code(answer);
        problem.set("the queue refused: " + code);
        if (!mayPass(answer.status(), code)) {
          return Optional.of(problem.get());
        }
      } catch (InterruptedIOException _) { // what a socket's timeout is
        problem.set(LATE);
      } catch (IOException _) {
        problem.set(UNREACHABLE);
      }
      if (!deadline.allows(pause)) {
        return Optional.of(problem.get());
      }
      Waiter.REAL.await(pause);
    }
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(MAX_PAUSE) < 0 ? twice : MAX_PAUSE;
  }

  private Map<String, String> headers(String action, byte[] body) {
    SdkHttpRequest request =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.POST)
            .uri(endpoint)
            .putHeader("Content-Type", "application/x-amz-json-1.0")
            .putHeader("X-Amz-Target", "AmazonSQS." + action)
            .build();
    SignedRequest signed =
        signer.sign(
            sign ->
                sign.identity(credentials)
                    .request(request)
                    .payload(ContentStreamProvider.fromByteArray(body))
                    .putProperty(AwsV4FamilyHttpSigner.SERVICE_SIGNING_NAME, "sqs")
                    .putProperty(AwsV4HttpSigner.REGION_NAME, region));
    Map<String, String> headers = new HashMap<>();
    signed.request().forEachHeader((name, values) -> headers.put(name, values.getFirst()));
    return headers;
  }

  /// Throttling is a 400 in this protocol.
  private static boolean mayPass(int status, String code) {
    return status >= 500 || status == 429 || code.contains("Throttl");
  }

  /// Never the error's message: it may quote the request.
  private static String code(Conversation.Response answer) {
    return type(answer.body())
        .map(type -> type.substring(type.indexOf('#') + 1))
        .filter(code -> ERROR_CODE.matcher(code).matches())
        .orElse("status " + answer.status());
  }

  private static Optional<String> type(byte[] error) {
    try (JsonParser json = Json.STRANGE.createParser(error)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        if (json.nextToken() == JsonToken.VALUE_STRING && name.equals("__type")) {
          return Optional.of(json.getText());
        }
        json.skipChildren();
      }
      return Optional.empty();
    } catch (IOException _) { // no JSON
      return Optional.empty();
    }
  }
}
