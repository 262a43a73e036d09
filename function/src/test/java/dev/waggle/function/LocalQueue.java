package dev.waggle.function;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.elasticmq.rest.sqs.SQSRestServer;
import org.elasticmq.rest.sqs.SQSRestServerBuilder;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.DeleteMessageResponse;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/// A real SQS server in this process with one FIFO queue.
final class LocalQueue implements AutoCloseable {
  private final SQSRestServer server =
      SQSRestServerBuilder.withInterface("127.0.0.1").withDynamicPort().start();
  private final String endpoint =
      "http://127.0.0.1:" + server.waitUntilStarted().localAddress().getPort();
  private final SqsClient sqs =
      SqsClient.builder()
          .httpClientBuilder(UrlConnectionHttpClient.builder())
          .endpointOverride(URI.create(endpoint))
          .region(Region.EU_CENTRAL_1)
          .credentialsProvider(
              StaticCredentialsProvider.create(AwsBasicCredentials.create("id", "secret")))
          .build();
  private final String url =
      sqs.createQueue(
              request ->
                  request
                      .queueName("waggle.fifo")
                      .attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")))
          .queueUrl();

  URI url() {
    return URI.create(url);
  }

  /// Where the server listens.
  URI endpoint() {
    return URI.create(endpoint);
  }

  /// What the SDK needs to know to reach this server.
  Map<String, String> environment() {
    return environment(endpoint);
  }

  static Map<String, String> environment(String endpoint) {
    return Map.of(
        "AWS_ENDPOINT_URL_SQS",
        endpoint,
        "AWS_REGION",
        "eu-central-1",
        "AWS_ACCESS_KEY_ID",
        "id",
        "AWS_SECRET_ACCESS_KEY",
        "secret");
  }

  /// How many messages wait on the queue.
  int size() {
    return Integer.parseInt(
        sqs.getQueueAttributes(
                request ->
                    request
                        .queueUrl(url)
                        .attributeNames(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES))
            .attributes()
            .get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES));
  }

  /// Takes all messages off the queue.
  List<Message> drain() {
    List<Message> all = new ArrayList<>();
    List<Message> batch;
    do {
      batch =
          sqs.receiveMessage(
                  request ->
                      request
                          .queueUrl(url)
                          .maxNumberOfMessages(10)
                          .messageSystemAttributeNames(MessageSystemAttributeName.ALL))
              .messages();
      batch.forEach(
          message -> {
            all.add(message);
            DeleteMessageResponse _ =
                sqs.deleteMessage(
                    request -> request.queueUrl(url).receiptHandle(message.receiptHandle()));
          });
    } while (!batch.isEmpty());
    return all;
  }

  @Override
  public void close() {
    sqs.close();
    Object _ = server.stopAndWait();
  }
}
