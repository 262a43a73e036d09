package dev.waggle.comparison;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.chain.AgentStack;
import dev.waggle.chain.Chain;
import dev.waggle.testhost.SqsServer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// The function behind a webhook, a queue, and the agent as its stack deploys it. What it says is a
/// line of the agent's log, or of the function's where that refuses.
final class Waggle implements Contender, AutoCloseable {

  /// A log that is followed ends with the engine.
  private static final Duration BEFORE_FOLLOWING_AGAIN = Duration.ofSeconds(1);

  private static final int ACCEPTED = 202;
  private static final JsonMapper JSON = new JsonMapper();

  private final Scene scene;
  private final Chain chain;
  private volatile TimedLines log;

  private Waggle(Scene scene, Chain chain) {
    this.scene = scene;
    this.chain = chain;
    this.log = follow();
  }

  static Waggle start(Scene scene, SqsServer sqs) {
    Chain chain = Chain.start(scene.engine(), sqs);
    chain.agent().awaitMessage("agent started");
    return new Waggle(scene, chain);
  }

  /// The agent's service.
  String service() {
    return ((AgentStack) chain.agent()).service();
  }

  private TimedLines follow() {
    return scene.docker("service", "logs", "--raw", "--follow", service());
  }

  @Override
  public Tool tool() {
    return Tool.WAGGLE;
  }

  @Override
  public Attempt push(String service, String tag) {
    Chain.Answer answer = chain.deliver(tag);
    if (answer.status() != ACCEPTED) {
      String verdict = chain.functionLog().all().getLast().path("message").asText();
      return new Refused(new Statement(Claim.DID_NOT_GO_LIVE, verdict, Instant.now()));
    }
    return new Closed(answer.deliveryId());
  }

  private record Refused(Statement statement) implements Attempt {

    @Override
    public Optional<Statement> await(Instant deadline) {
      return Optional.of(statement);
    }

    @Override
    public void close() {
      // Nothing was begun.
    }
  }

  private final class Closed implements Attempt {

    private final String deliveryId;

    private Closed(String deliveryId) {
      this.deliveryId = deliveryId;
    }

    @Override
    public Optional<Statement> await(Instant deadline) throws InterruptedException {
      while (Instant.now().isBefore(deadline)) {
        Instant soon = Instant.now().plus(BEFORE_FOLLOWING_AGAIN);
        Optional<TimedLines.Line> line =
            log.await(soon.isAfter(deadline) ? deadline : soon, this::closes);
        if (line.isPresent()) {
          return line.map(Closed::statement);
        }
        if (log.isEnded()) {
          followAgain(soon);
        }
      }
      return Optional.empty();
    }

    private boolean closes(TimedLines.Line line) {
      return line.text().contains("\"push closed\"") && line.text().contains(deliveryId);
    }

    private static Statement statement(TimedLines.Line line) {
      try {
        JsonNode fields = JSON.readTree(line.text());
        String outcome = fields.path("outcome").asText();
        String detail = fields.path("detail").asText();
        return new Statement(
            switch (outcome) {
              case "updated" -> Claim.WENT_LIVE;
              case "already current" -> Claim.WAS_THERE;
              default -> Claim.DID_NOT_GO_LIVE;
            },
            detail.isEmpty() ? outcome : outcome + ": " + detail,
            line.arrived());
      } catch (JsonProcessingException notJson) {
        throw new IllegalStateException(line.text(), notJson);
      }
    }

    @Override
    public void close() {
      // What is on the queue ends by itself.
    }
  }

  private void followAgain(Instant when) throws InterruptedException {
    boolean _ =
        new CountDownLatch(1)
            .await(
                Math.max(0, Duration.between(Instant.now(), when).toMillis()),
                TimeUnit.MILLISECONDS);
    log = follow();
  }

  @Override
  public void close() {
    log.close();
    chain.close();
  }
}
