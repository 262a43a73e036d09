package dev.waggle.agent.command;

import dev.waggle.agent.AgentConfiguration;
import dev.waggle.agent.AgentConfiguration.InvalidConfigurationException;
import dev.waggle.agent.doctor.Contact;
import dev.waggle.agent.doctor.Diagnosis;
import dev.waggle.agent.doctor.Doctor;
import dev.waggle.agent.doctor.Doctor.Patient;
import dev.waggle.agent.doctor.ExaminedEngine;
import dev.waggle.agent.doctor.ExaminedQueue;
import dev.waggle.agent.doctor.Finding;
import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.inbox.QueueUnavailableException;
import dev.waggle.agent.inbox.SqsExamination;
import dev.waggle.agent.service.SwarmUnavailableException;
import dev.waggle.agent.status.StatusReport;
import dev.waggle.agent.swarm.DockerSwarm;
import dev.waggle.agent.swarm.RegistryCredentials;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// The commands of the jar. They read the agent's environment, so that they see what the agent
/// sees.
@Command(
    name = "agent",
    description = AgentCommand.AGENT,
    mixinStandardHelpOptions = true,
    versionProvider = AgentCommand.Version.class)
public final class AgentCommand implements Runnable {

  static final String AGENT =
      "Rolls Docker Swarm services when their image is pushed."
          + " Without a command: does so until it is stopped.";
  private static final String STATUS =
      "Lists the opted-in services: what they run, and how their last push ended. Exit status: 0 if"
          + " all run and every label has a meaning, 1 otherwise, 2 for wrong usage.";
  private static final String DOCTOR =
      "Checks everything that a set-up can get wrong, and says what to do."
          + " Changes nothing. Exit status: 0 without a problem, 1 with one, 2 for wrong usage.";

  private static final String SERVICE = "Its exact name, or its whole id.";
  private static final String AS_JSON = "Print JSON.";
  private static final String TO =
      "An image of the history, by its tag or its whole digest. Default: what it had before.";
  private static final String REASON = "Why, for whoever asks agent status.";
  private static final String HISTORY =
      "Shows how the last pushes of a service ended, the newest first.";
  private static final String ROLLBACK =
      "Rolls a service back to the image that it had before, or to another of its history."
          + " The image that it leaves is not tried again; redeploy does so."
          + " Waits for the end. Exit status: 0 if the service has the image, 1 otherwise.";
  private static final String HOLD =
      "Holds a service: its pushes are recorded, and none is rolled. A rollout that has begun goes"
          + " on.";
  private static final String RELEASE = "Ends a hold: the newest push that waits is rolled.";
  private static final String REDEPLOY =
      "Rolls the newest push of a service again, even if its image failed before."
          + " Waits for the end. Exit status: 0 if the service has the image, 1 otherwise.";

  private static final int GOOD = 0;
  private static final int BAD = 1;

  private final Map<String, String> environment;
  private final PrintStream out;
  private final PrintStream err;

  @Spec private @Nullable CommandSpec spec;

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

  /// Reached with nothing but options.
  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "expected a command");
    }
  }

  @Command(
      name = "status",
      description = STATUS,
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int status(@Option(names = "--json", description = "Print JSON.") boolean json)
      throws InterruptedException, IOException {
    try (DockerSwarm swarm =
        DockerSwarm.at(AgentConfiguration.dockerHost(environment), RegistryCredentials.NONE)) {
      StatusReport report = StatusReport.of(swarm, swarm.records());
      print(json ? report.json() : report.text());
      return report.isGood() ? GOOD : BAD;
    } catch (InvalidConfigurationException | SwarmUnavailableException wrong) {
      err.println(wrong.getMessage());
      err.println("agent doctor tells what to do.");
      return BAD;
    }
  }

  @Command(
      name = "doctor",
      description = DOCTOR,
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int doctor(@Option(names = "--json", description = "Print JSON.") boolean json)
      throws InterruptedException {
    List<Finding> findings = new ArrayList<>();
    Optional<AgentConfiguration> configuration = configuration(findings);
    // Left open: closing waits for calls that take too long, and the process ends anyway.
    Patient patient =
        new Patient(
            engine(configuration, findings),
            queue(findings),
            configuration.map(AgentCommand::contacts));
    findings.addAll(new Doctor(patient, Clock.systemUTC()).examine());
    Diagnosis diagnosis = new Diagnosis(findings);
    print(json ? diagnosis.json() : diagnosis.text());
    return diagnosis.isGood() ? GOOD : BAD;
  }

  @Command(
      name = "history",
      description = HISTORY,
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int history(
      @Parameters(paramLabel = "SERVICE", description = SERVICE) String service,
      @Option(names = "--json", description = AS_JSON) boolean json)
      throws InterruptedException, IOException {
    return commands().history(service, json) ? GOOD : BAD;
  }

  @Command(
      name = "rollback",
      description = ROLLBACK,
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int rollback(
      @Parameters(paramLabel = "SERVICE", description = SERVICE) String service,
      @Option(names = "--to", paramLabel = "TAG-OR-DIGEST", description = TO) @Nullable String to,
      @Option(names = "--json", description = AS_JSON) boolean json)
      throws InterruptedException, IOException {
    return commands().rollback(service, to, json) ? GOOD : BAD;
  }

  @Command(
      name = "hold",
      description = HOLD,
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int hold(
      @Parameters(paramLabel = "SERVICE", description = SERVICE) String service,
      @Option(names = "--reason", paramLabel = "TEXT", defaultValue = "", description = REASON)
          String reason,
      @Option(names = "--json", description = AS_JSON) boolean json)
      throws InterruptedException, IOException {
    return commands().hold(service, reason, json) ? GOOD : BAD;
  }

  @Command(
      name = "release",
      description = RELEASE,
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int release(
      @Parameters(paramLabel = "SERVICE", description = SERVICE) String service,
      @Option(names = "--json", description = AS_JSON) boolean json)
      throws InterruptedException, IOException {
    return commands().release(service, json) ? GOOD : BAD;
  }

  @Command(
      name = "redeploy",
      description = REDEPLOY,
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int redeploy(
      @Parameters(paramLabel = "SERVICE", description = SERVICE) String service,
      @Option(names = "--json", description = AS_JSON) boolean json)
      throws InterruptedException, IOException {
    return commands().redeploy(service, json) ? GOOD : BAD;
  }

  private RecordCommands commands() {
    return new RecordCommands(environment, out, err);
  }

  private Optional<AgentConfiguration> configuration(List<Finding> findings) {
    try {
      AgentConfiguration configuration = AgentConfiguration.from(environment);
      findings.add(Finding.ok(Check.SETTINGS, "all have a meaning"));
      return Optional.of(configuration);
    } catch (InvalidConfigurationException wrong) {
      wrong
          .problems()
          .forEach(
              problem ->
                  findings.add(
                      Finding.problem(
                          Check.SETTINGS, problem, "set it right and start the agent again")));
      return Optional.empty();
    }
  }

  /// Whatever else is wrong, the engine can be examined where its address is known.
  private Optional<ExaminedEngine> engine(
      Optional<AgentConfiguration> configuration, List<Finding> findings) {
    try {
      return Optional.of(
          DockerSwarm.at(
              AgentConfiguration.dockerHost(environment),
              configuration
                  .map(AgentConfiguration::registryCredentials)
                  .orElse(RegistryCredentials.NONE)));
    } catch (InvalidConfigurationException wrong) {
      findings.add(Finding.skipped(Check.ENGINE, "its address is wrong"));
      return Optional.empty();
    }
  }

  private Optional<ExaminedQueue> queue(List<Finding> findings) {
    try {
      return Optional.of(SqsExamination.of(AgentConfiguration.queueUrl(environment)));
    } catch (InvalidConfigurationException wrong) {
      findings.add(Finding.skipped(Check.QUEUE, "its address is wrong"));
    } catch (QueueUnavailableException noRegion) {
      findings.add(
          Finding.problem(Check.QUEUE, "no region", "set AWS_REGION to the region of the queue"));
    }
    return Optional.empty();
  }

  /// Of an address no more than this may be told.
  private static List<Contact> contacts(AgentConfiguration configuration) {
    return configuration.notifyAddresses().stream()
        .map(
            address -> {
              boolean encrypted = "https".equals(address.uri().getScheme());
              int port = address.uri().getPort();
              return new Contact(
                  address.kind() + " in line " + address.line(),
                  address.uri().getHost(),
                  port < 0 ? encrypted ? 443 : 80 : port,
                  encrypted);
            })
        .toList();
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
