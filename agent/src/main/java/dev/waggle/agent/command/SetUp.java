package dev.waggle.agent.command;

import dev.waggle.agent.configuration.AgentConfiguration;
import dev.waggle.agent.configuration.InvalidConfigurationException;
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
import dev.waggle.agent.outbox.Address;
import dev.waggle.agent.swarm.DockerSwarm;
import dev.waggle.agent.swarm.RegistryCredentials;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The set-up that the environment describes, for the doctor to examine: whatever is wrong with one
/// part, the others can be examined.
final class SetUp {

  private final Map<String, String> environment;
  private final List<Finding> findings = new ArrayList<>();

  SetUp(Map<String, String> environment) {
    this.environment = environment;
  }

  /// Examines all of it, once.
  Diagnosis examine() throws InterruptedException {
    Optional<AgentConfiguration> configuration = configuration();
    // Left open: closing waits for calls that take too long, and the process ends anyway.
    Patient patient =
        new Patient(engine(configuration), queue(), configuration.map(SetUp::contacts));
    findings.addAll(new Doctor(patient, Clock.systemUTC()).examine());
    return new Diagnosis(findings);
  }

  private Optional<AgentConfiguration> configuration() {
    try {
      AgentConfiguration configuration = AgentConfiguration.parse(environment);
      findings.add(Finding.ok(Check.SETTINGS, "all have a meaning"));
      return Optional.of(configuration);
    } catch (InvalidConfigurationException wrong) {
      for (String problem : wrong.problems()) {
        findings.add(
            Finding.problem(Check.SETTINGS, problem, "set it right and start the agent again"));
      }
      return Optional.empty();
    }
  }

  private Optional<ExaminedEngine> engine(Optional<AgentConfiguration> configuration) {
    RegistryCredentials credentials =
        configuration.map(AgentConfiguration::registryCredentials).orElse(RegistryCredentials.NONE);
    try {
      return Optional.of(
          DockerSwarm.at(AgentConfiguration.parseDockerHost(environment), credentials));
    } catch (InvalidConfigurationException wrong) {
      findings.add(Finding.skipped(Check.ENGINE, "its address is wrong"));
      return Optional.empty();
    }
  }

  private Optional<ExaminedQueue> queue() {
    try {
      return Optional.of(SqsExamination.of(AgentConfiguration.parseQueueUrl(environment)));
    } catch (InvalidConfigurationException wrong) {
      findings.add(Finding.skipped(Check.QUEUE, "its address is wrong"));
    } catch (QueueUnavailableException noRegion) {
      findings.add(
          Finding.problem(Check.QUEUE, "no region", "set AWS_REGION to the region of the queue"));
    }
    return Optional.empty();
  }

  private static List<Contact> contacts(AgentConfiguration configuration) {
    return configuration.notifyAddresses().stream().map(SetUp::contact).toList();
  }

  /// Of an address no more than this may be told.
  private static Contact contact(Address address) {
    boolean encrypted = "https".equals(address.uri().getScheme());
    int usual = encrypted ? 443 : 80;
    int port = address.uri().getPort();
    return new Contact(
        address.kind() + " in line " + address.line(),
        address.uri().getHost(),
        port < 0 ? usual : port,
        encrypted);
  }
}
