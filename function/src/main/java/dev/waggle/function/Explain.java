package dev.waggle.function;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The command `java -jar function.jar explain`: says what the function would do with a delivery,
/// and why. Asks the registry and Docker Hub as the function does, and sends nothing.
final class Explain {
  private static final int NOT_EXPLAINED = 2;

  private static final String USAGE =
      """
      usage: java -jar function.jar explain [--at TIME] [FILE]

      Says what the function would do with a delivery of Docker Hub, and why. Nothing is sent.

        FILE       holds the delivery's JSON; without it, standard input does
        --at TIME  takes the delivery to have come then, for example 2026-11-01T10:00:00Z

      WAGGLE_REPOSITORIES, WAGGLE_REGISTRY_URL, WAGGLE_HUB_URL and WAGGLE_CONTRADICTED_PUSHES
      mean what they do for the function. Without WAGGLE_REPOSITORIES, every repository passes.

      exit status: 0 accepted, 1 ignored or refused, 2 nothing to explain\
      """;

  /// Stands for the one in the webhook's address, of which a delivery knows nothing.
  private static final String TOKEN = "any";

  private static final DeliveryId ID = new DeliveryId("explained");

  private Explain() {}

  /// Runs the command, and exits with its status.
  ///
  /// @param arguments `explain` and what [#USAGE] allows
  public static void main(String[] arguments) {
    System.exit(run(List.of(arguments), System.getenv(), System.in, System.out, System.err));
  }

  /// Runs the command.
  ///
  /// @return the exit status
  static int run(
      List<String> arguments,
      Map<String, String> environment,
      InputStream in,
      PrintStream out,
      PrintStream err) {
    try {
      Options options = Options.parse(arguments);
      String body = Base64.getEncoder().encodeToString(options.delivery(in));
      Verdict verdict = verdict(body, environment, options.clock());
      boolean known = Setting.REPOSITORIES.value(environment).isPresent();
      Explanation.of(ID, verdict, known).forEach(out::println);
      if (options.at == null && isTooOld(verdict)) {
        out.println("\nA delivery that came earlier is explained with --at TIME.");
      }
      return verdict.kind() == Verdict.Kind.ACCEPTED ? 0 : 1;
    } catch (NotExplainedException | InvalidConfigurationException e) {
      err.println(e.getMessage());
      return NOT_EXPLAINED;
    }
  }

  private static boolean isTooOld(Verdict verdict) {
    return verdict instanceof Verdict.PushContradicted(_, PushMessage push)
        && push.time().evidence() == Evidence.TOO_OLD;
  }

  private static Verdict verdict(String body, Map<String, String> environment, Clock clock) {
    Configuration configuration = configuration(body, environment);
    DistributionRegistry registry = new DistributionRegistry(configuration.registryUrl(), clock);
    PushRecords records =
        configuration.hubUrl().<PushRecords>map(DockerHub::new).orElse(PushRecords.NONE);
    PushQueue queue = (_, _) -> new PushQueue.Sending.Sent();
    return new Judge(configuration, registry, records, queue, Waiter.REAL, clock)
        .judge(new Request(ID, TOKEN, body, true), new Waits());
  }

  private static Configuration configuration(String body, Map<String, String> environment) {
    Map<String, String> settings = new HashMap<>();
    for (Setting setting :
        List.of(
            Setting.REPOSITORIES,
            Setting.REGISTRY_URL,
            Setting.HUB_URL,
            Setting.CONTRADICTED_PUSHES)) {
      setting.value(environment).ifPresent(it -> settings.put(setting.variable(), it));
    }
    settings.putIfAbsent(Setting.REPOSITORIES.variable(), repository(body));
    settings.put(Setting.TOKEN_SHA256.variable(), Sha256.hex(TOKEN));
    settings.put(Setting.QUEUE_URL.variable(), "https://nowhere.invalid/none.fifo");
    return Configuration.from(settings);
  }

  /// The delivery's own, so that it passes; any, where there is none.
  private static String repository(String body) {
    return Body.of(body, true) instanceof Body.Text(String text)
            && Delivery.parse(text) instanceof Delivery.Reading.Read(Delivery delivery)
        ? delivery.repository().value()
        : "any/any";
  }

  /// What stands behind `explain`.
  ///
  /// @param file with the delivery; standard input if null
  /// @param at when the delivery came; now if null
  private record Options(@Nullable Path file, @Nullable Instant at) {
    static Options parse(List<String> arguments) {
      Deque<String> rest = new ArrayDeque<>(arguments);
      if (!"explain".equals(rest.poll())) {
        throw new NotExplainedException(USAGE);
      }
      Instant at = null;
      if ("--at".equals(rest.peek())) {
        rest.remove();
        at = time(rest.poll());
      }
      String file = rest.poll();
      boolean option = file != null && file.startsWith("-") && !file.equals("-");
      if (option || !rest.isEmpty()) {
        throw new NotExplainedException(USAGE);
      }
      return new Options(file == null || file.equals("-") ? null : path(file), at);
    }

    private static Instant time(@Nullable String text) {
      try {
        return Instant.parse(text == null ? "" : text);
      } catch (DateTimeParseException _) {
        throw new NotExplainedException("--at takes a time like 2026-11-01T10:00:00Z");
      }
    }

    private static Path path(String file) {
      try {
        return Path.of(file);
      } catch (InvalidPathException _) {
        throw new NotExplainedException(file + " is not the name of a file");
      }
    }

    Clock clock() {
      return at == null ? Clock.systemUTC() : Clock.fixed(at, ZoneOffset.UTC);
    }

    /// One byte more than the function reads is as much as it takes to say so.
    byte[] delivery(InputStream in) {
      try (InputStream stream = file == null ? in : Files.newInputStream(file)) {
        return stream.readNBytes(Body.MAX_BYTES + 1);
      } catch (IOException e) {
        throw new NotExplainedException("the delivery cannot be read: " + e);
      }
    }
  }

  /// Ends the command with a message for whoever runs it.
  private static final class NotExplainedException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    NotExplainedException(String message) {
      super(message);
    }
  }
}
