package dev.waggle.comparison;

import dev.waggle.comparison.Results.Cell;
import dev.waggle.comparison.Results.Fidelity;
import dev.waggle.comparison.Results.Judgement;
import dev.waggle.comparison.Results.Loss;
import dev.waggle.comparison.Results.Machine;
import dev.waggle.comparison.Results.Rest;
import dev.waggle.comparison.Results.Timing;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The results as text: a page of tables, and a part of the README. A pure function of them, so
/// that no figure is typed.
final class Page {

  static final String BEGIN = "<!-- agent/compare writes this -->\n";
  static final String END = "<!-- until here -->\n";

  private static final double KIBIBYTES_PER_MEBIBYTE = 1024;
  private static final int FIELDS_SHOWN = 4;

  private Page() {}

  /// The whole page.
  static String of(Results results) {
    return String.join(
        "\n",
        "# Against the alternatives\n",
        introduction(results.machine(), results),
        time(results),
        truth(results),
        fidelity(results.fidelity()),
        rest(results.rest()),
        losses(results.losses()),
        scale(results.scale()));
  }

  /// The README with its part replaced.
  static String inReadme(String readme, Results results) {
    int begin = readme.indexOf(BEGIN);
    int end = readme.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException("the README has no place for the comparison");
    }
    return readme.substring(0, begin) + BEGIN + summary(results) + readme.substring(end);
  }

  /// What the README says.
  private static String summary(Results results) {
    return """
    Waggle says how a push ended %s s after the webhook call (the median of %d rollouts). Waggle itself takes %s ms of that, until the engine
    has the update; the rest is Swarm, rolling the service. The same update typed by hand takes %s s:

    ![How long until it is known that a push went live](docs/comparison/time.svg)

    In %d situations that invite a mistake, such as an image that crashes or an engine that is restarted, what it said was true %s:

    ![In how many of the situations each tool was right](docs/comparison/truth.svg)

    """
        .formatted(
            seconds(results.median(Tool.WAGGLE, Timing::known)),
            results.timings(Tool.WAGGLE).count(),
            one(results.median(Tool.WAGGLE, Timing::updateCall)),
            seconds(results.median(Tool.BARE_COMMAND, Timing::known)),
            results.situations(),
            results.right(Tool.WAGGLE) == results.situations()
                ? "every time"
                : results.right(Tool.WAGGLE) + " times");
  }

  private static String introduction(Machine machine, Results results) {
    return """
    `agent/compare` measured all of this in one run on one private engine, and wrote this page and its plots from
    [what it measured](results.json). The tools had the same images, and services that are alike.

    - **Waggle**: the function behind an HTTP server in place of API Gateway, ElasticMQ in place of SQS with TLS before it, and the agent as its
      stack deploys it. The real SQS adds the time of its network.
    - **bare command**: `docker service update --update-order start-first --image REPOSITORY:TAG SERVICE`, typed at the prompt and read to the
      end by whoever typed it.
    - **webhook and script**: Debian's package `webhook` (adnanh/webhook), which runs that command in a script and says `deployed` if it succeeds.
    - **polling loop**: the docker commands that shepherd runs, here every %d seconds, but for `docker manifest inspect`, which would ask the
      real Docker Hub. It follows a tag that moves; of tags that do not, it never hears.

    Gantry and Portainer are images that could not be had where this was measured.

    | machine | |
    | --- | --- |
    | day | %s |
    | Waggle | %s |
    | processor | %s, %d of them |
    | memory | %d GiB |
    | system | %s, Linux %s |
    | Java | %s |
    | engine | %s |
    | docker command | %s |
    | webhook | %s |
    | queue | %s |
    """
        .formatted(
            PollingLoop.SECONDS,
            results.measuredAt(),
            results.version(),
            machine.processor(),
            machine.processors(),
            machine.memoryGibibytes(),
            machine.system(),
            machine.kernel(),
            machine.java(),
            machine.engine(),
            machine.command(),
            machine.webhook(),
            machine.sqs());
  }

  private static String time(Results results) {
    return """
    ## Time

    From the call of the webhook, or the start of the command, on a service of two tasks, the tools in turns, %d rollouts each. Swarm itself
    watches each task for five seconds. *Completed* is when Swarm says so; the command goes on watching.

    %s
    ![Time](time.svg)
    """
        .formatted(
            results.timings(Tool.WAGGLE).count(),
            table(
                List.of(
                    "median",
                    "until the update call",
                    "until completed",
                    "until known",
                    "of the bare command",
                    "fastest",
                    "slowest"),
                Stream.of(Tool.WAGGLE, Tool.BARE_COMMAND, Tool.WEBHOOK_SCRIPT)
                    .map(tool -> timing(results, tool))));
  }

  private static List<String> timing(Results results, Tool tool) {
    ToDoubleFunction<Timing> known = Timing::known;
    return List.of(
        tool.title(),
        one(results.median(tool, Timing::updateCall)) + " ms",
        seconds(results.median(tool, Timing::completed)) + " s",
        seconds(results.median(tool, known)) + " s",
        three(results.ratioToBareCommand(tool)),
        seconds(results.timings(tool).mapToDouble(known).min().orElseThrow()) + " s",
        seconds(results.timings(tool).mapToDouble(known).max().orElseThrow()) + " s");
  }

  private static String truth(Results results) {
    return """
    ## Truth

    What each tool said within %d seconds, and what the engine says of the service. Right is who knows by it whether the service runs the push.
    The script and the loop know an exit status; whoever typed the command also reads its words. Waggle's services have
    `waggle.timeout=45s`, so that it gives up within the time.

    %s
    %s
    ![Truth](truth.svg)
    """
        .formatted(
            TruthMeasurement.LIMIT.toSeconds(),
            table(
                Stream.concat(Stream.of("right"), tools(results).map(Tool::title)).toList(),
                Stream.concat(
                    results.truth().stream()
                        .map(Judgement::situation)
                        .distinct()
                        .map(situation -> row(results, situation)),
                    Stream.of(
                        Stream.concat(
                                Stream.of(""),
                                tools(results)
                                    .map(
                                        tool ->
                                            results.right(tool) + " of " + results.situations()))
                            .toList()))),
            table(
                List.of("situation", "tool", "said", "after", "was true"),
                results.truth().stream()
                    .map(
                        judgement ->
                            List.of(
                                judgement.situation().title(),
                                judgement.tool().title(),
                                judgement.words(),
                                after(judgement.seconds()),
                                judgement.facts()))));
  }

  private static Stream<Tool> tools(Results results) {
    return Arrays.stream(Tool.values())
        .filter(tool -> results.truth().stream().anyMatch(judgement -> judgement.tool() == tool));
  }

  private static List<String> row(Results results, Situation situation) {
    return Stream.concat(
            Stream.of(situation.title()),
            tools(results)
                .map(
                    tool ->
                        results.truth().stream()
                            .filter(
                                judgement ->
                                    judgement.tool() == tool && judgement.situation() == situation)
                            .map(judgement -> judgement.right() ? "yes" : "**no**")
                            .collect(Collectors.joining())))
        .toList();
  }

  private static String fidelity(List<Fidelity> fidelities) {
    return """
    ## Fidelity

    A service that sets every field which the Engine API documents and this engine knows is updated; counted are the fields that were lost or
    changed, but for the image, where it runs, the order and the action on failure, and Waggle's record of the push.

    %s\
    """
        .formatted(
            table(
                List.of("tool", "fields", "which"),
                fidelities.stream()
                    .map(
                        fidelity ->
                            List.of(
                                fidelity.tool(),
                                String.valueOf(fidelity.changed().size()),
                                which(fidelity)))));
  }

  private static String which(Fidelity fidelity) {
    String shown =
        fidelity.changed().stream()
            .limit(FIELDS_SHOWN)
            .map(field -> "`" + field + "`")
            .collect(Collectors.joining(", "));
    int more = fidelity.changed().size() - FIELDS_SHOWN;
    return Stream.of(shown + (more > 0 ? " and " + more + " more" : ""), fidelity.remark())
        .filter(text -> !text.isEmpty())
        .collect(Collectors.joining("; "));
  }

  private static String rest(List<Rest> rests) {
    return """
    ## Rest

    What stays resident while nothing is pushed; the loop looks every 20 seconds, and starts a docker command each time. The bare command
    leaves nothing behind.

    %s\
    """
        .formatted(
            table(
                List.of("tool", "resident", "`docker stats`", "of a core"),
                rests.stream()
                    .map(
                        rest ->
                            List.of(
                                rest.tool().title(),
                                one(rest.residentMebibytes()) + " MiB",
                                rest.shownMebibytes() == null
                                    ? "no container"
                                    : one(rest.shownMebibytes()) + " MiB",
                                three(rest.percentOfACore()) + "%"))));
  }

  private static String losses(List<Loss> losses) {
    return """
    ## Three pushes while the host was off

    The engine was stopped, and with it the agent; the webhook and the loop were ended. Where somebody types the command, somebody has to.

    %s\
    """
        .formatted(
            table(
                List.of(
                    "tool",
                    "never known of",
                    "runs the newest",
                    "after the engine's start",
                    "what it said of them"),
                losses.stream()
                    .map(
                        loss ->
                            List.of(
                                loss.tool().title(),
                                loss.lost() + " of 3",
                                loss.runsNewest() ? "yes" : "**no**",
                                after(loss.seconds()),
                                loss.words()))));
  }

  private static String scale(List<Cell> cells) {
    return """
    ## Scale

    An agent that starts before a queue where pushes of one repository wait, in a swarm of which one service in ten opted in, one of them to that
    repository. *Decided* is the update of the service to the newest push, counted from the receive of the first. The memory is the most
    that its container ever held, of the %d MiB that the stack allows.

    %s
    ![Scale](scale.svg)
    """
        .formatted(
            ScaleMeasurement.LIMIT_MEBIBYTES,
            table(
                List.of(
                    "services",
                    "waiting pushes",
                    "decided",
                    "calls of the engine",
                    "for each push",
                    "answered by it",
                    "most memory"),
                cells.stream()
                    .map(
                        cell ->
                            List.of(
                                String.valueOf(cell.services()),
                                String.valueOf(cell.pushes()),
                                seconds(cell.decideMs()) + " s",
                                String.valueOf(cell.calls()),
                                two(cell.callsPerPush()),
                                one(cell.kibibytes() / KIBIBYTES_PER_MEBIBYTE) + " MiB",
                                one(cell.mostMebibytes()) + " MiB"))));
  }

  private static String after(@Nullable Double seconds) {
    return seconds == null ? "never" : one(seconds) + " s";
  }

  private static String seconds(double milliseconds) {
    return two(milliseconds / 1000);
  }

  private static String one(double number) {
    return String.format(Locale.ROOT, "%.1f", number);
  }

  private static String two(double number) {
    return String.format(Locale.ROOT, "%.2f", number);
  }

  private static String three(double number) {
    return String.format(Locale.ROOT, "%.3f", number);
  }

  private static String table(List<String> head, Stream<List<String>> rows) {
    return Stream.concat(Stream.of(head, head.stream().map(_ -> "---").toList()), rows)
        .map(row -> row.stream().map(Page::cell).collect(Collectors.joining(" | ", "| ", " |\n")))
        .collect(Collectors.joining());
  }

  /// Much of it is somebody else's words.
  private static String cell(String text) {
    return text.replace("|", "\\|").replace("<", "&lt;").replace('\n', ' ');
  }
}
