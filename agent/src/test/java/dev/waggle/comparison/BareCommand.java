package dev.waggle.comparison;

import dev.waggle.testhost.PlaylistlogImages;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// `docker service update`, typed at the prompt, and read to its end by whoever typed it.
record BareCommand(Scene scene) implements Contender {

  private static final Pattern NO_ENGINE =
      Pattern.compile("Cannot connect|error during connect|EOF|connection re");

  private static final Pattern OF_A_TASK = Pattern.compile("\\d+/\\d+:.*|verify: Waiting .*");

  private static final Pattern ROLLBACK = Pattern.compile("rollback:.*|.*rolled back.*");

  @Override
  public Tool tool() {
    return Tool.BARE_COMMAND;
  }

  @Override
  public Attempt push(String service, String tag) {
    return new Typed(scene.docker(arguments(service, tag).toArray(String[]::new)));
  }

  /// What is typed behind `docker`.
  static List<String> arguments(String service, String tag) {
    return List.of(
        "service",
        "update",
        "--update-order",
        "start-first",
        "--image",
        PlaylistlogImages.REPOSITORY + ":" + tag,
        service);
  }

  /// What a reader takes from its words: they tell of a rollback where the exit status does not.
  static Claim claim(int status, String text) {
    if (ROLLBACK.matcher(text).find()) {
      return Claim.DID_NOT_GO_LIVE;
    }
    if (status == 0) {
      return Claim.WENT_LIVE;
    }
    return NO_ENGINE.matcher(text).find() ? Claim.UNKNOWN : Claim.DID_NOT_GO_LIVE;
  }

  /// What it says of a rollback, and the last line that is not of a single task.
  static String lastWords(String text) {
    List<String> lines =
        text.lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !OF_A_TASK.matcher(line).matches())
            .toList();
    String last = lines.isEmpty() ? "" : lines.getLast();
    return lines.stream()
        .filter(line -> ROLLBACK.matcher(line).matches() && !line.equals(last))
        .reduce((_, later) -> later)
        .map(rollback -> rollback + "; " + last)
        .orElse(last);
  }

  private record Typed(TimedLines lines) implements Attempt {

    @Override
    public Optional<Statement> await(Instant deadline) throws InterruptedException {
      return lines
          .awaitEnd(deadline)
          .map(
              end -> {
                String text = lines.text();
                return new Statement(
                    claim(lines.status(), text),
                    lastWords(text) + ", status " + lines.status(),
                    end);
              });
    }

    @Override
    public void close() {
      lines.close();
    }
  }
}
