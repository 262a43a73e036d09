package dev.waggle.agent.inbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.agent.doctor.ExaminedQueue;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.useragent.BusinessMetricFeatureId;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesResponse;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/// Asks a queue of Amazon SQS for itself, with the client that the agent uses.
public final class SqsExamination implements ExaminedQueue {

  /// With its repetitions: somebody sits and waits for it.
  private static final Duration MAX_EXAMINATION = Duration.ofSeconds(8);

  private static final JsonMapper JSON = new JsonMapper();

  private final SqsClient sqs;
  private final String queueUrl;

  private SqsExamination(SqsClient sqs, String queueUrl) {
    this.sqs = sqs;
    this.queueUrl = queueUrl;
  }

  /// Of the queue of an address.
  ///
  /// @param queueUrl the address that SQS gave the queue
  /// @throws QueueUnavailableException if the SDK finds no region
  public static SqsExamination of(URI queueUrl) {
    return new SqsExamination(SqsPushQueue.client(), queueUrl.toString());
  }

  @Override
  public QueueAnswer attributes() {
    try {
      GetQueueAttributesResponse response =
          sqs.getQueueAttributes(
              request ->
                  request
                      .queueUrl(queueUrl)
                      .attributeNames(QueueAttributeName.ALL)
                      .overrideConfiguration(override -> override.apiCallTimeout(MAX_EXAMINATION)));
      return new QueueAnswer.Attributes(
          state(response.attributes()), parseDate(response.sdkHttpResponse()));
    } catch (AwsServiceException refused) {
      @Nullable AwsErrorDetails details = refused.awsErrorDetails();
      return details == null
          ? new QueueAnswer.Refused(
              "HTTP status " + refused.statusCode(), "no details", Optional.empty())
          : new QueueAnswer.Refused(
              details.errorCode(),
              String.valueOf(details.errorMessage()),
              parseDate(details.sdkHttpResponse()));
    } catch (SdkException unreachable) {
      return new QueueAnswer.Unreachable(
          identity() instanceof Identity.None
              ? "there are no credentials to ask with"
              : root(unreachable).toString());
    }
  }

  private static QueueState state(Map<QueueAttributeName, String> attributes) {
    JsonNode redrive = parseJson(attributes.getOrDefault(QueueAttributeName.REDRIVE_POLICY, "{}"));
    String target = redrive.path("deadLetterTargetArn").asText("");
    // The count is a number or a text, as whoever set it wrote it.
    int most = redrive.path("maxReceiveCount").asInt(0);
    return new QueueState(
        Boolean.parseBoolean(attributes.get(QueueAttributeName.FIFO_QUEUE)),
        Duration.ofSeconds(number(attributes, QueueAttributeName.VISIBILITY_TIMEOUT)),
        Optional.ofNullable(attributes.get(QueueAttributeName.MESSAGE_RETENTION_PERIOD))
            .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds))),
        Duration.ofSeconds(number(attributes, QueueAttributeName.DELAY_SECONDS)),
        target.isEmpty()
            ? Optional.empty()
            : Optional.of(target.substring(target.lastIndexOf(':') + 1)),
        most == 0 ? OptionalInt.empty() : OptionalInt.of(most),
        number(attributes, QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES),
        number(attributes, QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE));
  }

  private static long number(Map<QueueAttributeName, String> attributes, QueueAttributeName name) {
    return Long.parseLong(attributes.getOrDefault(name, "0"));
  }

  private static JsonNode parseJson(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException notJson) {
      return JSON.createObjectNode();
    }
  }

  private static Optional<Instant> parseDate(@Nullable SdkHttpResponse response) {
    try {
      return response == null
          ? Optional.empty()
          : response
              .firstMatchingHeader("Date")
              .map(
                  date ->
                      ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeParseException notADate) {
      return Optional.empty();
    }
  }

  @Override
  public Identity identity() {
    try {
      if (sqs.serviceClientConfiguration().credentialsProvider().resolveIdentity().join()
          instanceof AwsCredentials credentials) {
        String key = credentials.accessKeyId();
        return new Identity.Found(
            key.substring(Math.max(key.length() - 4, key.length() / 2)),
            credentials.providerName().map(SqsExamination::places).orElse("an unnamed place"));
      }
      return new Identity.None("not of a kind that signs requests");
    } catch (SdkException | CompletionException none) {
      // The exception lists every place that was looked at, in a line of a thousand characters.
      return new Identity.None(
          "none of the places where the AWS SDK looks has any that are usable");
    }
  }

  /// The SDK names a place by the letters of its user agent.
  private static String places(String letters) {
    List<String> places = List.of(letters.split(",", -1));
    return Arrays.stream(BusinessMetricFeatureId.values())
        .filter(place -> places.contains(place.value()))
        .map(place -> place.name().toLowerCase(Locale.ROOT))
        .map(name -> name.replaceFirst("^credentials_", "").replace('_', ' '))
        .collect(Collectors.joining(", "));
  }

  private static Throwable root(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }
}
