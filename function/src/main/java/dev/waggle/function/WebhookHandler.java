package dev.waggle.function;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The Lambda's entry: an HTTP API event in payload format 2.0 for `POST /hooks/{token}` in, a
/// response out.
///
/// Reads the event itself instead of having Lambda do it, which keeps the type without the 150 ms
/// that its reflection adds to a cold start.
public final class WebhookHandler implements RequestStreamHandler {
  /// For connecting while initialising, of the five seconds that an answer may take.
  static final Duration WARM_UP_BUDGET = Duration.ofSeconds(1);

  /// The parameter in the route's path.
  private static final String TOKEN = "token";

  private final Judge judge;
  private final FunctionLog log;

  /// Starts the function with the process's environment and standard output, as Lambda does.
  ///
  /// @throws InvalidConfigurationException naming every setting that is missing, wrong or unknown
  public WebhookHandler() {
    this(start(System.getenv(), System.out, Clock.systemUTC()));
  }

  /// Starts the function.
  ///
  /// Connects to the queue, the registry and Docker Hub, and rehearses a push, so that the first
  /// one need not pay for it; what fails of that is left to the first push. A queue that cannot be
  /// reached is logged.
  ///
  /// @param environment variables with their values
  /// @param log takes one JSON line for each request
  /// @throws InvalidConfigurationException naming every setting that is missing, wrong or unknown
  public static WebhookHandler fromEnvironment(Map<String, String> environment, PrintStream log) {
    return new WebhookHandler(start(environment, log, Clock.systemUTC()));
  }

  WebhookHandler(Judge judge, FunctionLog log) {
    this(new Parts(judge, log));
  }

  private WebhookHandler(Parts parts) {
    judge = parts.judge;
    log = parts.log;
  }

  private record Parts(Judge judge, FunctionLog log) {}

  private static Parts start(Map<String, String> environment, PrintStream out, Clock clock) {
    Configuration configuration = Configuration.from(environment);
    FunctionLog log = new FunctionLog(out, clock);
    SqsPushQueue queue = SqsPushQueue.connect(configuration.queueUrl(), environment);
    DistributionRegistry registry = new DistributionRegistry(configuration.registryUrl(), clock);
    Optional<DockerHub> hub = configuration.hubUrl().map(DockerHub::new);
    Deadline deadline = Deadline.in(WARM_UP_BUDGET);
    try (SqsPushQueue.Call toQueue = queue.warmUp(deadline);
        Conversation<Boolean> toRegistry =
            registry.warmUp(configuration.repositories().first(), deadline);
        Conversation<Boolean> toHub = hub.map(it -> it.warmUp(deadline)).orElse(null)) {
      Rehearsal.run(clock);
      toQueue.await().ifPresent(log::queueNotWarmedUp);
      Boolean _ = toRegistry.await(_ -> false);
      if (toHub != null) {
        Boolean _ = toHub.await(_ -> false);
      }
    }
    PushRecords records = hub.<PushRecords>map(Function.identity()).orElse(PushRecords.NONE);
    return new Parts(new Judge(configuration, registry, records, queue, Waiter.REAL, clock), log);
  }

  /// Answers one request and closes it with one log line.
  ///
  /// @param event of which path parameter, request id and body are looked at
  /// @return always with a JSON body, never an exception
  public APIGatewayV2HTTPResponse handle(APIGatewayV2HTTPEvent event) {
    Request request = request(event);
    Waits waits = new Waits();
    Verdict verdict = verdict(request, waits);
    log.closed(request.deliveryId(), verdict, waits);
    Answer answer = Answer.to(request.deliveryId(), verdict);
    return APIGatewayV2HTTPResponse.builder()
        .withStatusCode(answer.status())
        .withHeaders(Map.of("Content-Type", "application/json"))
        .withBody(answer.body())
        .withIsBase64Encoded(false)
        .build();
  }

  /// The one place that catches everything: Lambda would answer without a word of ours, and log the
  /// exception's message, which may quote the request.
  private Verdict verdict(Request request, Waits waits) {
    try {
      return judge.judge(request, waits);
    } catch (RuntimeException e) {
      return new Verdict.UnexpectedFailure(e);
    }
  }

  private static Request request(APIGatewayV2HTTPEvent event) {
    @Nullable Map<String, String> path = event.getPathParameters();
    APIGatewayV2HTTPEvent.RequestContext context = event.getRequestContext();
    return new Request(
        DeliveryId.of(context == null ? null : context.getRequestId()),
        path == null ? null : path.get(TOKEN),
        event.getBody(),
        event.getIsBase64Encoded());
  }

  /// Reads an event, answers it with [#handle], writes the response.
  ///
  /// @throws IOException when one of the streams fails
  @Override
  public void handleRequest(InputStream input, OutputStream output, @Nullable Context context)
      throws IOException {
    APIGatewayV2HTTPResponse response = handle(read(input));
    try (JsonGenerator json = Json.TRUSTED.createGenerator(output)) {
      json.writeStartObject();
      json.writeNumberField("statusCode", response.getStatusCode());
      json.writeObjectFieldStart("headers");
      for (Map.Entry<String, String> header : response.getHeaders().entrySet()) {
        json.writeStringField(header.getKey(), header.getValue());
      }
      json.writeEndObject();
      json.writeStringField("body", response.getBody());
      json.writeBooleanField("isBase64Encoded", response.getIsBase64Encoded());
      json.writeEndObject();
    }
  }

  private static APIGatewayV2HTTPEvent read(InputStream input) throws IOException {
    APIGatewayV2HTTPEvent.APIGatewayV2HTTPEventBuilder event = APIGatewayV2HTTPEvent.builder();
    try (JsonParser json = Json.TRUSTED.createParser(input)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        switch (name) {
          case "pathParameters" -> event.withPathParameters(texts(json));
          case "requestContext" ->
              event.withRequestContext(
                  APIGatewayV2HTTPEvent.RequestContext.builder()
                      .withRequestId(texts(json).get("requestId"))
                      .build());
          case "body" -> event.withBody(json.getValueAsString(null));
          case "isBase64Encoded" -> event.withIsBase64Encoded(json.getValueAsBoolean());
          default -> json.skipChildren();
        }
      }
      return event.build();
    } catch (JacksonException | CharConversionException _) {
      // Not API Gateway's. An event of nothing has no token.
      return APIGatewayV2HTTPEvent.builder().build();
    }
  }

  /// The texts directly in an object; none if it is no object.
  private static Map<String, String> texts(JsonParser json) throws IOException {
    Map<String, String> texts = new HashMap<>();
    if (json.currentToken() == JsonToken.START_OBJECT) {
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        if (json.nextToken() == JsonToken.VALUE_STRING) {
          texts.put(name, json.getText());
        } else {
          json.skipChildren();
        }
      }
    } else {
      json.skipChildren();
    }
    return texts;
  }
}
