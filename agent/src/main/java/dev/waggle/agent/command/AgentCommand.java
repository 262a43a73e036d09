package dev.waggle.agent.command;

import dev.waggle.agent.configuration.AgentConfiguration;
import dev.waggle.agent.configuration.InvalidConfigurationException;
import dev.waggle.agent.doctor.Diagnosis;
import dev.waggle.agent.service.SwarmUnavailableException;
import dev.waggle.agent.status.StatusReport;
import dev.waggle.agent.swarm.DockerSwarm;
import dev.waggle.agent.swarm.RegistryCredentials;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/// The commands of the jar. They read the agent's environment, so that they see what the agent
/// sees.
@Command(
    name = "agent",
    description =
        "Rolls Docker Swarm services when their image is pushed."
            + " Without a command: does so until it is stopped.",
    mixinStandardHelpOptions = true,
    versionProvider = AgentCommand.Version.class,
    scope = ScopeType.INHERIT)
public final class AgentCommand {

  private static final String SERVICE = "Its exact name, or its whole id.";

  private static final int GOOD = 0;
  private static final int BAD = 1;

  private final Map<String, String> environment;
  private final PrintStream out;
  private final PrintStream err;

  @Option(names = "--json", description = "Print JSON.", scope = ScopeType.INHERIT)
  private boolean json;

  private AgentCommand(Map<String, String> environment, PrintStream out, PrintStream err) {
    this.environment = environment;
    this.out = out;
    this.err = err;
  }

  /// Runs a command.
  ///
  /// @return the exit status: 0 if all is good, 1 if it is not, 2 if there is no such command
  public static int run(
      Map<String, String> environment, PrintStream out, PrintStream err, String... arguments) {
    return new CommandLine(new AgentCommand(environment, out, err))
        .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
        .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
        .execute(arguments);
  }

  @Command(
      description =
          "Lists the opted-in services: what they run, and how their last push ended. Exit status:"
              + " 0 if all run and every label has a meaning, 1 otherwise, 2 for wrong usage.")
  int status() throws InterruptedException, IOException {
    try (DockerSwarm swarm =
        DockerSwarm.at(AgentConfiguration.parseDockerHost(environment), RegistryCredentials.NONE)) {
      StatusReport report = StatusReport.of(swarm, swarm.records(), Clock.systemUTC());
      print(json ? report.json() : report.text());
      return report.isGood() ? GOOD : BAD;
    } catch (InvalidConfigurationException | SwarmUnavailableException wrong) {
      err.println(wrong.getMessage());
      err.println("agent doctor tells what to do.");
      return BAD;
    }
  }

  @Command(
      description =
          "Checks everything that a set-up can get wrong, and says what to do."
              + " Changes nothing. Exit status: 0 without a problem, 1 with one, 2 for wrong"
              + " usage.")
  int doctor() throws InterruptedException {
    Diagnosis diagnosis = new SetUp(environment).examine();
    print(json ? diagnosis.json() : diagnosis.text());
    return diagnosis.isGood() ? GOOD : BAD;
  }

  @Command(description = "Shows how the last pushes of a service ended, the newest first.")
  int history(@Parameters(paramLabel = "SERVICE", description = SERVICE) String service)
      throws InterruptedException, IOException {
    return records().history(service) ? GOOD : BAD;
  }

  @Command(
      description =
          "Rolls a service back to the image that it had before, or to another of its history."
              + " The image that it leaves is not tried again; redeploy does so."
              + " Waits for the end. Exit status: 0 if the service has the image, 1 otherwise.")
  int rollback(
      @Parameters(paramLabel = "SERVICE", description = SERVICE) String service,
      @Option(
              names = "--to",
              paramLabel = "TAG-OR-DIGEST",
              description =
                  "An image of the history, by its tag or its whole digest."
                      + " Default: what it had before.")
          @Nullable String to)
      throws InterruptedException, IOException {
    return records().rollback(service, to) ? GOOD : BAD;
  }

  @Command(
      description =
          "Holds a service: its pushes are recorded, and none is rolled. A rollout that has begun"
              + " goes on.")
  int hold(
      @Parameters(paramLabel = "SERVICE", description = SERVICE) String service,
      @Option(
              names = "--reason",
              paramLabel = "TEXT",
              defaultValue = "",
              description = "Why, for whoever asks agent status.")
          String reason)
      throws InterruptedException, IOException {
    return records().hold(service, reason) ? GOOD : BAD;
  }

  @Command(description = "Ends a hold: the newest push that waits is rolled.")
  int release(@Parameters(paramLabel = "SERVICE", description = SERVICE) String service)
      throws InterruptedException, IOException {
    return records().release(service) ? GOOD : BAD;
  }

  @Command(
      description =
          "Rolls the newest push of a service again, even if its image failed before."
              + " Waits for the end. Exit status: 0 if the service has the image, 1 otherwise.")
  int redeploy(@Parameters(paramLabel = "SERVICE", description = SERVICE) String service)
      throws InterruptedException, IOException {
    return records().redeploy(service) ? GOOD : BAD;
  }

  private RecordCommands records() {
    return new RecordCommands(environment, out, err, json);
  }

  private void print(String text) {
    out.print(text);
    out.flush();
  }

  /// The version of the jar.
  static final class Version implements CommandLine.IVersionProvider {

    @Override
    public String[] getVersion() {
      String version = AgentCommand.class.getPackage().getImplementationVersion();
      return new String[] {"waggle agent " + (version == null ? "(unpacked)" : version)};
    }
  }
}
