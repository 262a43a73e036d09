package dev.waggle.comparison;

import dev.waggle.comparison.Results.Rest;
import dev.waggle.image.MeasuredContainer;
import dev.waggle.testhost.AgentImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// What those take that stay resident, while nothing is pushed. The loop runs in a container, as
/// shepherd does; the webhook on the host, as its package has it.
final class RestMeasurement {

  /// As rarely as the agent asks the queue.
  private static final int SECONDS_BETWEEN_LOOKS = 20;

  private static final int TICKS_PER_SECOND = 100;
  private static final int KIBIBYTE = 1024;

  private final Scene scene;

  RestMeasurement(Scene scene) {
    this.scene = scene;
  }

  List<Rest> measure(Waggle waggle, WebhookScript webhook, Duration rest)
      throws InterruptedException, IOException {
    MeasuredContainer agent = MeasuredContainer.ofService(scene.engine(), waggle.service());
    MeasuredContainer loop = loop();
    long agentBefore = agent.cpuNanoseconds();
    long loopBefore = loop.cpuNanoseconds();
    long webhookBefore = cpuNanoseconds(webhook.pid());
    System.out.println("resting for " + rest.toSeconds() + " s");
    boolean _ = new CountDownLatch(1).await(rest.toMillis(), TimeUnit.MILLISECONDS);
    List<Rest> rests =
        List.of(
            of(Tool.WAGGLE, agent, agentBefore, rest),
            new Rest(
                Tool.WEBHOOK_SCRIPT,
                residentMebibytes(webhook.pid()),
                null,
                percent(cpuNanoseconds(webhook.pid()) - webhookBefore, rest)),
            of(Tool.POLLING_LOOP, loop, loopBefore, rest));
    AgentImage.docker(scene.engine(), "rm", "--force", loop.id());
    rests.forEach(System.out::println);
    return rests;
  }

  private MeasuredContainer loop() {
    return new MeasuredContainer(
        scene.engine(),
        AgentImage.docker(
                scene.engine(),
                "run",
                "--detach",
                "--user=0",
                "--entrypoint=sh",
                "--volume=/usr/bin/docker:/usr/bin/docker:ro",
                "--volume=" + scene.engine().dockerHost().getPath() + ":/var/run/docker.sock",
                AgentImage.NAME,
                "-c",
                PollingLoop.SCRIPT,
                "sh",
                String.valueOf(SECONDS_BETWEEN_LOOKS))
            .strip());
  }

  private static Rest of(Tool tool, MeasuredContainer container, long before, Duration rest) {
    double percent = percent(container.cpuNanoseconds() - before, rest);
    MeasuredContainer.Memory memory = container.memory();
    return new Rest(tool, rounded(memory.resident(), 10), rounded(memory.shown(), 10), percent);
  }

  private static double percent(long nanoseconds, Duration of) {
    return rounded(100.0 * nanoseconds / of.toNanos(), 1000);
  }

  private static double rounded(double number, int parts) {
    return (double) Math.round(number * parts) / parts;
  }

  private static long cpuNanoseconds(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc", String.valueOf(pid), "stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    long ticks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    return ticks * (TimeUnit.SECONDS.toNanos(1) / TICKS_PER_SECOND);
  }

  private static double residentMebibytes(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToDouble(line -> rounded(Double.parseDouble(line.replaceAll("\\D", "")) / KIBIBYTE, 10))
        .sum();
  }
}
