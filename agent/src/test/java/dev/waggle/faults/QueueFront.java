package dev.waggle.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import dev.waggle.testhost.SqsServer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import software.amazon.awssdk.services.sqs.model.SqsException;

/// Stands before an SQS server. It knows what the server took and gave out, can have it deliver
/// again, and lets the queue's time pass faster: what a message waits for is sixty seconds at
/// least.
final class QueueFront implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final String TARGET = "X-Amz-Target";
  private static final int LONGEST_POLL_S = 1;

  private final SqsServer sqs;
  private final Front front;

  /// The body of every message that the server took, by its id.
  private final Map<String, String> taken = new LinkedHashMap<>();

  /// The last receipt of every message that was given out and not deleted.
  private final Map<String, String> inFlight = new ConcurrentHashMap<>();

  /// The number of the consumer that deleted a message, by the message's id.
  private final Map<String, Integer> deleted = new ConcurrentHashMap<>();

  private final AtomicInteger consumer = new AtomicInteger();
  private final AtomicBoolean losingDeletion = new AtomicBoolean();
  private final AtomicLong holdingMs = new AtomicLong();
  private final AtomicLong lastChange = new AtomicLong();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile String url = "";
  private volatile List<Ambush> ambushes = List.of();

  QueueFront(SqsServer sqs, String address) {
    this.sqs = sqs;
    this.front = new Front(sqs.endpoint(), address, this::pass);
  }

  String endpoint() {
    return front.address().toString();
  }

  /// Begins with a new queue.
  synchronized void of(String queueUrl, List<Ambush> waiting) {
    url = queueUrl;
    ambushes = waiting;
    taken.clear();
    inFlight.clear();
    deleted.clear();
    consumer.set(0);
    losingDeletion.set(false);
    holdingMs.set(0);
  }

  void suffer(Front.Trouble trouble) {
    front.suffer(trouble);
  }

  void recover() {
    front.recover();
  }

  /// The messages that the server took, by their ids, oldest first.
  synchronized Map<String, String> taken() {
    return new LinkedHashMap<>(taken);
  }

  /// The number of the consumer, the first is 0, that deleted a message, by the message's id.
  Map<String, Integer> deleted() {
    return Map.copyOf(deleted);
  }

  /// The number of the consumer that receives now, the first is 0.
  int consumer() {
    return consumer.get();
  }

  /// How long nothing has changed in the queue.
  Duration quiet() {
    return Duration.ofNanos(System.nanoTime() - lastChange.get());
  }

  /// Has the server forget the next deletion, which it confirms.
  void loseNextDeletion() {
    losingDeletion.set(true);
  }

  /// Holds the next messages back on their way to the consumer.
  void holdNext(Duration wait) {
    holdingMs.set(wait.toMillis());
  }

  /// Ends the visibility timeout of all that is in flight.
  void expireVisibility() {
    inFlight.values().forEach(this::expire);
    lastChange.set(System.nanoTime());
  }

  /// Whoever received until now is gone, and what it has comes back.
  void consumerIsGone() {
    consumer.incrementAndGet();
    expireVisibility();
  }

  private void expire(String receipt) {
    try {
      sqs.client()
          .changeMessageVisibility(
              request -> request.queueUrl(url).receiptHandle(receipt).visibilityTimeout(0));
    } catch (SqsException gone) {
      // Deleted or received again meanwhile.
    }
  }

  private void pass(HttpExchange exchange, byte[] asked) throws IOException {
    // The function knows one queue for as long as it runs; each run of the campaign has its own.
    byte[] body = JSON.writeValueAsBytes(((ObjectNode) JSON.readTree(asked)).put("QueueUrl", url));
    String target = String.valueOf(exchange.getRequestHeaders().getFirst(TARGET));
    switch (target.substring(target.indexOf('.') + 1)) {
      case "ReceiveMessage" -> receive(exchange, body);
      case "SendMessage" -> send(exchange, body);
      case "DeleteMessageBatch" -> delete(exchange, body);
      default -> Front.passBack(exchange, front.ask(exchange, body));
    }
  }

  private void receive(HttpExchange exchange, byte[] body) throws IOException {
    int receiver = consumer.get();
    ObjectNode request = (ObjectNode) JSON.readTree(body);
    request.put("WaitTimeSeconds", LONGEST_POLL_S);
    HttpResponse<byte[]> answer = front.ask(exchange, JSON.writeValueAsBytes(request));
    List<JsonNode> messages = new ArrayList<>();
    JSON.readTree(answer.body()).path("Messages").forEach(messages::add);
    messages.forEach(
        message ->
            inFlight.put(
                message.path("MessageId").asText(), message.path("ReceiptHandle").asText()));
    if (!messages.isEmpty()) {
      lastChange.set(System.nanoTime());
      hold(holdingMs.getAndSet(0));
    }
    if (receiver != consumer.get()) {
      messages.forEach(message -> expire(message.path("ReceiptHandle").asText()));
      return;
    }
    Front.passBack(exchange, answer);
  }

  private void hold(long ms) {
    try {
      closed.await(ms, TimeUnit.MILLISECONDS);
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
    }
  }

  private void send(HttpExchange exchange, byte[] body) throws IOException {
    HttpResponse<byte[]> answer = front.ask(exchange, body);
    String id = JSON.readTree(answer.body()).path("MessageId").asText("");
    if (answer.statusCode() == 200 && !id.isEmpty()) {
      synchronized (this) {
        taken.putIfAbsent(id, JSON.readTree(body).path("MessageBody").asText());
      }
      lastChange.set(System.nanoTime());
    }
    Front.passBack(exchange, answer);
  }

  private void delete(HttpExchange exchange, byte[] body) throws IOException {
    int deleter = consumer.get();
    if (Ambush.strikes(ambushes, Place.BEFORE_DELETE) && deleter != consumer.get()) {
      return;
    }
    if (losingDeletion.getAndSet(false)) {
      ObjectNode confirmation = JSON.createObjectNode();
      confirmation.putArray("Failed");
      JSON.readTree(body)
          .path("Entries")
          .forEach(
              entry ->
                  confirmation.withArray("/Successful").addObject().set("Id", entry.path("Id")));
      exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
      Front.respond(exchange, 200, confirmation.toString().getBytes(StandardCharsets.UTF_8));
      return;
    }
    HttpResponse<byte[]> answer = front.ask(exchange, body);
    JSON.readTree(answer.body())
        .path("Successful")
        .forEach(
            entry -> {
              inFlight.remove(entry.path("Id").asText());
              deleted.put(entry.path("Id").asText(), deleter);
            });
    lastChange.set(System.nanoTime());
    Front.passBack(exchange, answer);
  }

  @Override
  public void close() {
    closed.countDown();
    front.close();
  }
}
