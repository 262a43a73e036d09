package dev.waggle.comparison;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A loop that updates services to their own tag again and again and looks at what came of it, as
/// shepherd does; only shepherd's `docker manifest inspect` is left out, since it asks the real
/// Docker Hub.
final class PollingLoop implements Contender, AutoCloseable {

  /// What the services carry that it looks after.
  static final String LABEL = "comparison.loop";

  /// Shepherd's default is five minutes.
  static final int SECONDS = 5;

  static final String SCRIPT =
      """
      set -eu
      while :; do
          sleep "$1"
          for name in $(docker service ls --filter label=comparison.loop --format '{{.Name}}'); do
              image=$(docker service inspect --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}' "$name")
              docker service update --detach=false --image "${image%@*}" "$name" >/dev/null
              previous=$(docker service inspect --format '{{.PreviousSpec.TaskTemplate.ContainerSpec.Image}}' "$name")
              current=$(docker service inspect --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}' "$name")
              if [ "$previous" = "$current" ]; then
                  echo "no updates to $name"
              else
                  echo "$name was updated to $current"
              fi
          done
      done
      """;

  /// What Swarm does for a service that ends.
  private static final String AGAIN =
      """
      while :; do
          sh "$0" "$1"
          echo "ended with status $?"
      done
      """;

  private static final String NO_UPDATES = "no updates to ";

  /// The first look that ends after a push may have begun before it.
  private static final int LOOKS_BEGUN_BEFORE = 1;

  private static final String UPDATED = " was updated to ";
  private static final String ENDED = "ended with status ";

  private final Path script;
  private final TimedLines lines;

  private PollingLoop(Path script, TimedLines lines) {
    this.script = script;
    this.lines = lines;
  }

  static PollingLoop start(Scene scene) {
    try {
      Path script = Files.writeString(Files.createTempFile("waggle-loop", ".sh"), SCRIPT);
      return new PollingLoop(
          script,
          scene.start(List.of("sh", "-c", AGAIN, script.toString(), String.valueOf(SECONDS))));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  @Override
  public Tool tool() {
    return Tool.POLLING_LOOP;
  }

  /// Nobody tells it.
  @Override
  public Attempt push(String service, String tag) {
    return new Seen(service, Instant.now());
  }

  @Override
  public void close() {
    lines.close();
    try {
      Files.delete(script);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private final class Seen implements Attempt {

    private final String service;
    private final Instant since;

    private Seen(String service, Instant since) {
      this.service = service;
      this.since = since;
    }

    @Override
    public Optional<Statement> await(Instant deadline) throws InterruptedException {
      return lines.await(deadline, this::says).map(this::statement);
    }

    private Statement statement(TimedLines.Line line) {
      if (line.text().startsWith(ENDED)) {
        return new Statement(
            Claim.DID_NOT_GO_LIVE, words(line) + ", " + line.text(), line.arrived());
      }
      return new Statement(
          line.text().startsWith(NO_UPDATES) ? Claim.UNKNOWN : Claim.WENT_LIVE,
          line.text().replaceFirst("@.*", ""),
          line.arrived());
    }

    private boolean says(TimedLines.Line line) {
      return line.arrived().isAfter(since)
          && (line.text().startsWith(service + UPDATED)
              || (line.text().startsWith(ENDED) && words(line) != null)
              || (line.text().equals(NO_UPDATES + service) && looks(line) > LOOKS_BEGUN_BEFORE));
    }

    private long looks(TimedLines.Line until) {
      return Stream.concat(lines.allBefore(until).stream(), Stream.of(until))
          .filter(line -> line.arrived().isAfter(since))
          .filter(line -> line.text().equals(NO_UPDATES + service))
          .count();
    }

    /// The last line before the end; null if it is of an engine out of reach, after which it looks
    /// again.
    private @Nullable String words(TimedLines.Line end) {
      List<TimedLines.Line> all = lines.allBefore(end);
      String last = all.isEmpty() ? "" : all.getLast().text();
      return BareCommand.claim(1, last) == Claim.UNKNOWN ? null : last;
    }

    @Override
    public void close() {
      // The loop goes on.
    }
  }
}
