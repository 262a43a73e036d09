package dev.waggle.testhost;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.LogConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// A container on the overlay network that requests the same address again and again, and counts
/// the answers.
///
/// About forty requests a second: enough to meet every gap of a rollout, and little enough to leave
/// the processor to the rollout.
public final class RequestingClient implements AutoCloseable {
  /// How the requests were answered since the first answer.
  ///
  /// @param answers how often each line came back
  /// @param firstAnswers when each line came back first
  /// @param failures requests refused, broken off, or not answered within two seconds
  public record Counts(
      SortedMap<String, Long> answers, SortedMap<String, Instant> firstAnswers, long failures) {
    /// Copies its arguments.
    public Counts {
      answers = Collections.unmodifiableSortedMap(new TreeMap<>(answers));
      firstAnswers = Collections.unmodifiableSortedMap(new TreeMap<>(firstAnswers));
    }

    /// How many requests were answered.
    public long answered() {
      return answers.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  private static final String FAILED = "FAILED";

  /// The limit is `timeout`'s because wget's own crashes in Debian's static busybox.
  private static final String SCRIPT =
      """
      trap 'ended=1' TERM
      request() { timeout 2 busybox wget -q -O - "$0" 2>/dev/null; }
      until [ "$ended" ] || request; do usleep 50000; done
      until [ "$ended" ]; do
          request || echo FAILED
          usleep 20000
      done
      """;

  private final PrivateEngine engine;
  private final String container;
  private final Tally tally;
  private final AtomicBoolean stopped = new AtomicBoolean();

  private RequestingClient(PrivateEngine engine, String container, Tally tally) {
    this.engine = engine;
    this.container = container;
    this.tally = tally;
  }

  /// Starts requesting from a service; counting begins with its first answer.
  public static RequestingClient start(PrivateEngine engine, String service, int port) {
    DockerClient docker = engine.docker();
    String container =
        docker
            .createContainerCmd(PrivateEngine.BASE_IMAGE)
            .withEntrypoint("/bin/sh", "-c", SCRIPT, "http://" + service + ":" + port + "/")
            .withHostConfig(
                HostConfig.newHostConfig()
                    .withNetworkMode(PrivateEngine.NETWORK)
                    .withLogConfig(
                        new LogConfig(
                            LogConfig.LoggingType.JSON_FILE,
                            Map.of("max-size", "10m", "max-file", "2"))))
            .exec()
            .getId();
    docker.startContainerCmd(container).exec();
    RequestingClient.Tally tally =
        docker
            .logContainerCmd(container)
            .withStdOut(true)
            .withFollowStream(true)
            .withTailAll()
            .exec(new Tally());
    return new RequestingClient(engine, container, tally);
  }

  /// The counts so far.
  public Counts counts() {
    return tally.counts();
  }

  /// Waits until this line has come back.
  public void awaitAnswer(String line, Duration limit) {
    Await.until(
        "the answer \"" + line + "\"",
        limit,
        () -> counts().answers().containsKey(line),
        this::counts);
  }

  /// Lets the running request end, sends no more, and returns the final counts.
  public Counts stop() {
    if (!stopped.getAndSet(true)) {
      engine.docker().stopContainerCmd(container).withTimeout(5).exec();
      try {
        tally.awaitCompletion(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return counts();
  }

  /// Removes the container; quietly when the engine is gone already.
  @Override
  public void close() {
    stopped.set(true);
    try {
      engine.docker().removeContainerCmd(container).withForce(true).exec();
    } catch (DockerException | IllegalStateException gone) {
      // Removed with its engine.
    }
    try {
      tally.close();
    } catch (IOException gone) {
      // The log ended with the container.
    }
  }

  private static final class Tally extends ResultCallback.Adapter<Frame> {
    private final StringBuilder unfinished = new StringBuilder();
    private final SortedMap<String, Long> answers = new TreeMap<>();
    private final SortedMap<String, Instant> firstAnswers = new TreeMap<>();
    private long failures;

    @Override
    public synchronized void onNext(Frame frame) {
      unfinished.append(new String(frame.getPayload(), StandardCharsets.UTF_8));
      for (int end = unfinished.indexOf("\n"); end >= 0; end = unfinished.indexOf("\n")) {
        count(unfinished.substring(0, end));
        unfinished.delete(0, end + 1);
      }
    }

    private void count(String line) {
      // An answer that breaks off leaves its beginning on the line.
      if (line.endsWith(FAILED)) {
        failures++;
      } else {
        answers.merge(line, 1L, Long::sum);
        firstAnswers.putIfAbsent(line, Instant.now());
      }
    }

    synchronized Counts counts() {
      return new Counts(answers, firstAnswers, failures);
    }
  }
}
