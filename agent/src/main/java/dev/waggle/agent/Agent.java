package dev.waggle.agent;

import dev.waggle.agent.AgentConfiguration.InvalidConfigurationException;
import dev.waggle.agent.logging.JsonLogging;
import dev.waggle.agent.queue.PushConsumer;
import dev.waggle.agent.queue.QueueUnavailableException;
import dev.waggle.agent.queue.SqsPushQueue;
import dev.waggle.agent.report.Notifications;
import dev.waggle.agent.report.OutcomeLog;
import dev.waggle.agent.rollout.Outcomes;
import dev.waggle.agent.rollout.RollPush;
import dev.waggle.agent.rollout.Ticker;
import dev.waggle.agent.swarm.DockerSwarm;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The agent's process: `java -jar agent.jar`, configured by its environment. With arguments it is
/// one of [AgentCommand]'s instead, whose classes the agent itself never loads.
public final class Agent {

  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);

  /// With what giving messages back takes, and then the last notifications, within the 45 seconds
  /// of the service's `stop_grace_period`.
  private static final Duration GRACE = Duration.ofSeconds(38);

  private static final Duration GRACE_PERIOD_OF_SERVICE = Duration.ofSeconds(45);

  private static final int MISCONFIGURED = 2;
  private static final int FAILED = 1;

  private Agent() {}

  /// Runs until SIGTERM. Ends with status 2 if the settings are wrong, with 1 after a failure.
  ///
  /// @param arguments none, or a command
  public static void main(String[] arguments) throws InterruptedException {
    if (arguments.length > 0) {
      JsonLogging.toStandardError();
      System.exit(AgentCommand.run(System.getenv(), System.out, System.err, arguments));
    }
    CountDownLatch ended = new CountDownLatch(1);
    int status;
    try {
      run(AgentConfiguration.from(System.getenv()), ended);
      status = 0;
    } catch (InvalidConfigurationException | QueueUnavailableException wrong) {
      LOG.atError().addKeyValue("reason", wrong.getMessage()).log("agent misconfigured");
      status = MISCONFIGURED;
    } catch (RuntimeException | IOException failure) {
      LOG.atError().setCause(failure).log("agent failed");
      status = FAILED;
    } finally {
      ended.countDown();
    }
    System.exit(status);
  }

  private static void run(AgentConfiguration configuration, CountDownLatch ended)
      throws IOException, InterruptedException {
    Clock clock = Clock.systemUTC();
    Ticker ticker = Ticker.ofTheProcess();
    try (SqsPushQueue queue = SqsPushQueue.of(configuration.queueUrl());
        DockerSwarm swarm =
            DockerSwarm.at(configuration.dockerHost(), configuration.registryCredentials());
        Notifications notifications =
            new Notifications(configuration.notifyAddresses(), configuration.notifyEvents())) {
      RollPush rollPush =
          new RollPush(
              swarm,
              both(new OutcomeLog(), notifications),
              clock,
              ticker,
              configuration.rolloutTimeout());
      PushConsumer consumer =
          new PushConsumer(queue, swarm, rollPush, clock, ticker, health(configuration, clock));
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(consumer, ended), "shutdown"));
      LOG.atInfo()
          .addKeyValue("queueUrl", configuration.queueUrl())
          .addKeyValue("dockerHost", configuration.dockerHost())
          .addKeyValue("notified", configuration.notifyAddresses())
          .log("agent started");
      consumer.run(GRACE);
    }
    LOG.atInfo().log("agent stopped");
  }

  private static Outcomes both(Outcomes first, Outcomes second) {
    return (push, service, outcome, timeline) -> {
      first.closed(push, service, outcome, timeline);
      second.closed(push, service, outcome, timeline);
    };
  }

  private static Runnable health(AgentConfiguration configuration, Clock clock) {
    return configuration
        .healthFile()
        .map(path -> (Runnable) new HealthFile(path, clock)::touch)
        .orElse(() -> {});
  }

  /// A process that was sent SIGTERM ends when this returns.
  private static void stop(PushConsumer consumer, CountDownLatch ended) {
    consumer.stop();
    try {
      ended.await(GRACE_PERIOD_OF_SERVICE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException cutShort) {
      Thread.currentThread().interrupt();
    }
  }
}
