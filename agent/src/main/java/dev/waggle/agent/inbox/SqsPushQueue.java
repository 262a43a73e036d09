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
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.useragent.BusinessMetricFeatureId;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesResponse;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/// A FIFO queue of Amazon SQS. Region, credentials and endpoint are found as by every program that
/// uses the AWS SDK: from `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL_SQS` and the rest.
public final class SqsPushQueue implements PushQueue, ExaminedQueue, AutoCloseable {

  /// Above the long poll, or every empty one would end as an error.
  private static final Duration SLOWEST_ANSWER = Duration.ofSeconds(30);

  /// With its repetitions: somebody sits and waits for it.
  private static final Duration LONGEST_EXAMINATION = Duration.ofSeconds(8);

  private static final JsonMapper JSON = new JsonMapper();

  private final SqsClient sqs;
  private final String queueUrl;

  SqsPushQueue(SqsClient sqs, String queueUrl) {
    this.sqs = sqs;
    this.queueUrl = queueUrl;
  }

  /// The queue of an address.
  ///
  /// @param queueUrl the address that SQS gave the queue
  /// @throws QueueUnavailableException if the SDK finds no region
  public static SqsPushQueue of(URI queueUrl) {
    try {
      return new SqsPushQueue(
          SqsClient.builder()
              .httpClientBuilder(UrlConnectionHttpClient.builder().socketTimeout(SLOWEST_ANSWER))
              .overrideConfiguration(override -> override.apiCallAttemptTimeout(SLOWEST_ANSWER))
              .build(),
          queueUrl.toString());
    } catch (SdkException noRegion) {
      throw new QueueUnavailableException(
          "set AWS_REGION to the queue's region: " + noRegion.getMessage(), noRegion);
    }
  }

  @Override
  public String id() {
    return Integer.toHexString(queueUrl.hashCode());
  }

  @Override
  public List<ReceivedMessage> receive(Duration wait) {
    return ask(
            "receive",
            () ->
                sqs.receiveMessage(
                    request ->
                        request
                            .queueUrl(queueUrl)
                            .maxNumberOfMessages(MOST_AT_ONCE)
                            .waitTimeSeconds((int) wait.toSeconds())
                            .messageSystemAttributeNames(
                                MessageSystemAttributeName.MESSAGE_GROUP_ID,
                                MessageSystemAttributeName.SENT_TIMESTAMP,
                                MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT)))
        .messages()
        .stream()
        .map(SqsPushQueue::received)
        .toList();
  }

  private static ReceivedMessage received(Message message) {
    Map<MessageSystemAttributeName, String> attributes = message.attributes();
    return new ReceivedMessage(
        message.messageId(),
        message.receiptHandle(),
        attributes.getOrDefault(MessageSystemAttributeName.MESSAGE_GROUP_ID, ""),
        message.body(),
        Instant.ofEpochMilli(
            Long.parseLong(
                attributes.getOrDefault(MessageSystemAttributeName.SENT_TIMESTAMP, "0"))),
        Integer.parseInt(
            attributes.getOrDefault(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT, "1")));
  }

  @Override
  public void release(ReceivedMessage message, Duration after) {
    ask(
        "change visibility",
        () ->
            sqs.changeMessageVisibility(
                request ->
                    request
                        .queueUrl(queueUrl)
                        .receiptHandle(message.handle())
                        .visibilityTimeout((int) after.toSeconds())));
  }

  @Override
  public void delete(List<ReceivedMessage> messages) {
    List<BatchResultErrorEntry> failed =
        ask(
                "delete",
                () ->
                    sqs.deleteMessageBatch(
                        request ->
                            request
                                .queueUrl(queueUrl)
                                .entries(
                                    messages.stream()
                                        .map(
                                            message ->
                                                DeleteMessageBatchRequestEntry.builder()
                                                    .id(message.id())
                                                    .receiptHandle(message.handle())
                                                    .build())
                                        .toList())))
            .failed();
    if (!failed.isEmpty()) {
      throw new QueueUnavailableException(
          "delete: " + failed.getFirst().code() + ": " + failed.getFirst().message(), null);
    }
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
                      .overrideConfiguration(
                          override -> override.apiCallTimeout(LONGEST_EXAMINATION)));
      return new QueueAnswer.Attributes(
          state(response.attributes()), date(response.sdkHttpResponse()));
    } catch (AwsServiceException refused) {
      @Nullable AwsErrorDetails details = refused.awsErrorDetails();
      return details == null
          ? new QueueAnswer.Refused(
              "HTTP status " + refused.statusCode(), "no details", Optional.empty())
          : new QueueAnswer.Refused(
              details.errorCode(),
              String.valueOf(details.errorMessage()),
              date(details.sdkHttpResponse()));
    } catch (SdkException unreachable) {
      return new QueueAnswer.Unreachable(
          identity() instanceof Identity.None
              ? "there are no credentials to ask with"
              : root(unreachable).toString());
    }
  }

  private static QueueState state(Map<QueueAttributeName, String> attributes) {
    JsonNode redrive = json(attributes.getOrDefault(QueueAttributeName.REDRIVE_POLICY, "{}"));
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

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException notJson) {
      return JSON.createObjectNode();
    }
  }

  private static Optional<Instant> date(@Nullable SdkHttpResponse response) {
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
            credentials.providerName().map(SqsPushQueue::places).orElse("an unnamed place"));
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

  private static <T> T ask(String what, Supplier<T> call) {
    try {
      return call.get();
    } catch (AwsServiceException refused) {
      // The exception's own message has a request's id in it and would never be the same
      // twice.
      @Nullable AwsErrorDetails details = refused.awsErrorDetails();
      throw new QueueUnavailableException(
          what
              + ": "
              + (details == null
                  ? "HTTP status " + refused.statusCode()
                  : details.errorCode() + ": " + details.errorMessage()),
          refused);
    } catch (SdkException unreachable) {
      throw new QueueUnavailableException(what + ": " + unreachable.getMessage(), unreachable);
    }
  }

  @Override
  public void close() {
    sqs.close();
  }
}
