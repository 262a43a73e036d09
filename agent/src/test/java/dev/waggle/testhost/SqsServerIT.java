package dev.waggle.testhost;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.sqs.model.Message;

/// Whichever server it is, it does with FIFO queues what the agent builds on.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class SqsServerIT {
  @Test
  void keepsAGroupInOrderAndMovesWhatIsReceivedTooOftenToTheDeadLetterQueue() {
    try (TestHost host = TestHost.take()) {
      SqsServer server = host.sqs();
      SqsServer.FifoQueue queue = server.createFifoQueue("pushes.fifo", Duration.ofSeconds(30));
      send(server, queue.url(), "first");
      send(server, queue.url(), "second");
      for (int receive = 0; receive < SqsServer.MAX_RECEIVE_COUNT; receive++) {
        Message message = receiveOne(server, queue.url());
        assertThat(message.body()).isEqualTo("first");
        assertThat(receive(server, queue.url(), 0)).isEmpty();
        server
            .client()
            .changeMessageVisibility(
                request ->
                    request
                        .queueUrl(queue.url())
                        .receiptHandle(message.receiptHandle())
                        .visibilityTimeout(0));
      }
      assertThat(receiveOne(server, queue.url()).body()).isEqualTo("second");
      assertThat(receiveOne(server, queue.deadLetterUrl()).body()).isEqualTo("first");
    }
  }

  private static void send(SqsServer server, String queue, String body) {
    server
        .client()
        .sendMessage(
            request ->
                request
                    .queueUrl(queue)
                    .messageBody(body)
                    .messageGroupId("vorce/playlistlog")
                    .messageDeduplicationId(body));
  }

  private static Message receiveOne(SqsServer server, String queue) {
    List<Message> messages = receive(server, queue, 5);
    assertThat(messages).hasSize(1);
    return messages.getFirst();
  }

  private static List<Message> receive(SqsServer server, String queue, int seconds) {
    return server
        .client()
        .receiveMessage(
            request -> request.queueUrl(queue).maxNumberOfMessages(1).waitTimeSeconds(seconds))
        .messages();
  }
}
