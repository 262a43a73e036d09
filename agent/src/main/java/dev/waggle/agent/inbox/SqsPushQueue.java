package dev.waggle.agent.inbox;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/// A FIFO queue of Amazon SQS. Region, credentials and endpoint are found as by every program that
/// uses the AWS SDK: from `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL_SQS` and the rest.
public final class SqsPushQueue implements PushQueue, AutoCloseable {

  /// Above the long poll, or every empty one would end as an error.
  private static final Duration MAX_ANSWER = Duration.ofSeconds(30);

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
    return new SqsPushQueue(client(), queueUrl.toString());
  }

  /// A client as the agent uses it.
  ///
  /// @throws QueueUnavailableException if the SDK finds no region
  static SqsClient client() {
    try {
      return SqsClient.builder()
          .httpClientBuilder(UrlConnectionHttpClient.builder().socketTimeout(MAX_ANSWER))
          .overrideConfiguration(override -> override.apiCallAttemptTimeout(MAX_ANSWER))
          .build();
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
                            .maxNumberOfMessages(MAX_AT_ONCE)
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
