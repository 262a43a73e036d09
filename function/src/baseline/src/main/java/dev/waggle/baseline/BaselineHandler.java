package dev.waggle.baseline;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.SendMessageResponse;

/// Takes a delivery of Docker Hub to the queue.
public final class BaselineHandler
    implements RequestHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> {
  private final ObjectMapper mapper = new ObjectMapper();
  private final SqsClient sqs = SqsClient.create();
  private final DockerHub dockerHub =
      new DockerHub(System.getenv("WAGGLE_REGISTRY_URL"), System.getenv("WAGGLE_HUB_URL"));
  private final byte[] tokenHash = HexFormat.of().parseHex(System.getenv("WAGGLE_TOKEN_SHA256"));
  private final Set<String> repositories =
      Set.of(System.getenv("WAGGLE_REPOSITORIES").split(",", -1));
  private final String queueUrl = System.getenv("WAGGLE_QUEUE_URL");

  /// Makes the clients.
  public BaselineHandler() {}

  @Override
  public APIGatewayV2HTTPResponse handleRequest(APIGatewayV2HTTPEvent event, Context context) {
    String token = event.getPathParameters().getOrDefault("token", "");
    if (!MessageDigest.isEqual(tokenHash, sha256(token))) {
      return respond(context, 403, Map.of("verdict", "refused", "reason", "wrong token"));
    }
    Delivery delivery;
    try {
      delivery = mapper.readValue(event.getBody(), Delivery.class);
    } catch (JsonProcessingException e) {
      return respond(context, 422, Map.of("verdict", "refused", "reason", "not a delivery"));
    }
    String repository = delivery.repository().name();
    String tag = delivery.pushData().tag();
    if (!repositories.contains(repository)) {
      return respond(context, 422, Map.of("verdict", "refused", "reason", "not our repository"));
    }
    try {
      Optional<String> digest = dockerHub.digest(repository, tag);
      if (digest.isEmpty()) {
        return respond(
            context, 200, Map.of("verdict", "ignored", "reason", "tag not in the registry"));
      }
      Instant pushed = Instant.ofEpochSecond(delivery.pushData().pushedAt());
      if (dockerHub.contradicts(repository, tag, pushed)) {
        return respond(context, 409, Map.of("verdict", "refused", "reason", "contradicted"));
      }
      send(event.getRequestContext().getRequestId(), repository, tag, digest, pushed);
      return respond(
          context,
          202,
          Map.of(
              "verdict", "accepted", "repository", repository, "tag", tag, "digest", digest.get()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void send(
      String id, String repository, String tag, Optional<String> digest, Instant pushed)
      throws JsonProcessingException {
    PushMessage message =
        new PushMessage(
            1,
            id,
            repository,
            tag,
            digest.orElseThrow(),
            pushed.toString(),
            Instant.now().toString());
    String body = mapper.writeValueAsString(message);
    String identity = String.join("\n", repository, tag, message.digest());
    SendMessageResponse _ =
        sqs.sendMessage(
            request ->
                request
                    .queueUrl(queueUrl)
                    .messageBody(body)
                    .messageGroupId(repository)
                    .messageDeduplicationId(HexFormat.of().formatHex(sha256(identity))));
  }

  private APIGatewayV2HTTPResponse respond(
      Context context, int status, Map<String, String> answer) {
    try {
      String body = mapper.writeValueAsString(answer);
      context.getLogger().log(body);
      return APIGatewayV2HTTPResponse.builder()
          .withStatusCode(status)
          .withHeaders(Map.of("Content-Type", "application/json"))
          .withBody(body)
          .build();
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
