package dev.waggle.agent;

import dev.waggle.agent.command.AgentCommand;
import dev.waggle.agent.configuration.AgentConfiguration;
import dev.waggle.agent.configuration.InvalidConfigurationException;
import dev.waggle.agent.inbox.Inbox;
import dev.waggle.agent.inbox.QueueUnavailableException;
import dev.waggle.agent.inbox.SqsPushQueue;
import dev.waggle.agent.logging.JsonLogging;
import dev.waggle.agent.outbox.Notifications;
import dev.waggle.agent.outbox.Outbox;
import dev.waggle.agent.rollout.Reconciler;
import dev.waggle.agent.service.SwarmUnavailableException;
import dev.waggle.agent.service.Ticker;
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

  /// `stop_grace_period` in the stack: Docker kills the process then.
  private static final Duration MAX_STOP = Duration.ofSeconds(45);

  private static final Duration AFTER_FAILURE = Duration.ofMinutes(1);

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
      run(AgentConfiguration.parse(System.getenv()), ended);
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
    try (SqsPushQueue queue = SqsPushQueue.of(configuration.queueUrl());
        DockerSwarm swarm =
            DockerSwarm.at(configuration.dockerHost(), configuration.registryCredentials());
        Outbox outbox =
            new Outbox(
                swarm.records(),
                new Notifications(configuration.notifyAddresses(), configuration.notifyEvents()),
                queue.id());
        Reconciler reconciler =
            new Reconciler(
                swarm,
                swarm.records(),
                clock,
                Ticker.ofTheProcess(),
                configuration.rolloutTimeout(),
                queue.id(),
                outbox)) {
      Inbox inbox =
          new Inbox(
              queue,
              swarm,
              swarm.records(),
              reconciler,
              outbox,
              clock,
              health(configuration, clock));
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> stop(inbox, reconciler, ended), "shutdown"));
      LOG.atInfo()
          .addKeyValue("queueUrl", configuration.queueUrl())
          .addKeyValue("dockerHost", configuration.dockerHost())
          .addKeyValue("notified", configuration.notifyAddresses())
          .log("agent started");
      Thread listening = background("events", () -> swarm.listen(reconciler));
      Thread tidying = background("tidy", () -> tidyDaily(reconciler));
      try {
        inbox.run();
      } finally {
        listening.interrupt();
        tidying.interrupt();
      }
    }
    LOG.atInfo().log("agent stopped");
  }

  /// What runs until it is interrupted.
  @FunctionalInterface
  private interface Background {
    void run() throws InterruptedException;
  }

  private static Thread background(String name, Background work) {
    return Thread.ofVirtual()
        .name(name)
        .start(
            () -> {
              try {
                while (true) {
                  try {
                    work.run();
                  } catch (RuntimeException failure) {
                    LOG.atError().setCause(failure).log("unexpected failure");
                    Thread.sleep(AFTER_FAILURE);
                  }
                }
              } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private static void tidyDaily(Reconciler reconciler) throws InterruptedException {
    while (true) {
      Duration pause = Duration.ofDays(1);
      try {
        reconciler.tidy();
      } catch (SwarmUnavailableException unavailable) {
        LOG.atWarn().addKeyValue("reason", unavailable.getMessage()).log("records not tidied");
        pause = AFTER_FAILURE;
      }
      Thread.sleep(pause);
    }
  }

  private static Runnable health(AgentConfiguration configuration, Clock clock) {
    return configuration
        .healthFile()
        .map(path -> (Runnable) new HealthFile(path, clock)::touch)
        .orElse(() -> {});
  }

  /// A process that was sent SIGTERM ends when this returns.
  private static void stop(Inbox inbox, Reconciler reconciler, CountDownLatch ended) {
    inbox.stop();
    reconciler.stop();
    try {
      ended.await(MAX_STOP.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException cutShort) {
      Thread.currentThread().interrupt();
    }
  }
}
