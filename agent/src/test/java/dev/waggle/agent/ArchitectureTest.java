package dev.waggle.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

  private static final JavaClasses AGENT =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.waggle.agent");

  /// Push, service and record are what all speak of; inbox, rollout and outbox do not know each
  /// other.
  @Test
  void arrowsRunOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("process")
        .definedBy("dev.waggle.agent")
        .layer("command")
        .definedBy("dev.waggle.agent.command")
        .layer("configuration")
        .definedBy("dev.waggle.agent.configuration")
        .layer("push")
        .definedBy("dev.waggle.agent.push")
        .layer("service")
        .definedBy("dev.waggle.agent.service")
        .layer("record")
        .definedBy("dev.waggle.agent.record")
        .layer("inbox")
        .definedBy("dev.waggle.agent.inbox")
        .layer("rollout")
        .definedBy("dev.waggle.agent.rollout")
        .layer("outbox")
        .definedBy("dev.waggle.agent.outbox")
        .layer("status")
        .definedBy("dev.waggle.agent.status")
        .layer("swarm")
        .definedBy("dev.waggle.agent.swarm")
        .layer("doctor")
        .definedBy("dev.waggle.agent.doctor")
        .layer("logging")
        .definedBy("dev.waggle.agent.logging")
        .ensureAllClassesAreContainedInArchitecture()
        .whereLayer("push")
        .mayNotAccessAnyLayer()
        .whereLayer("service")
        .mayOnlyAccessLayers("push")
        .whereLayer("record")
        .mayOnlyAccessLayers("push", "service")
        .whereLayer("inbox")
        .mayOnlyAccessLayers("push", "service", "record", "doctor")
        .whereLayer("rollout")
        .mayOnlyAccessLayers("push", "service", "record")
        .whereLayer("outbox")
        .mayOnlyAccessLayers("push", "service", "record")
        .whereLayer("status")
        .mayOnlyAccessLayers("push", "service", "record")
        .whereLayer("swarm")
        .mayOnlyAccessLayers("push", "service", "record", "doctor")
        .whereLayer("doctor")
        .mayOnlyAccessLayers("push", "service", "record")
        .whereLayer("logging")
        .mayNotAccessAnyLayer()
        .whereLayer("configuration")
        .mayOnlyAccessLayers("service", "record", "outbox", "swarm")
        .whereLayer("configuration")
        .mayOnlyBeAccessedByLayers("process", "command")
        .whereLayer("swarm")
        .mayOnlyBeAccessedByLayers("process", "command", "configuration")
        .whereLayer("rollout")
        .mayOnlyBeAccessedByLayers("process")
        .whereLayer("inbox")
        .mayOnlyBeAccessedByLayers("process", "command")
        .whereLayer("outbox")
        .mayOnlyBeAccessedByLayers("process", "command", "configuration")
        .whereLayer("status")
        .mayOnlyBeAccessedByLayers("command")
        .whereLayer("doctor")
        .mayOnlyBeAccessedByLayers("command", "inbox", "swarm")
        .whereLayer("logging")
        .mayOnlyBeAccessedByLayers("process")
        .whereLayer("command")
        .mayOnlyBeAccessedByLayers("process")
        .whereLayer("process")
        .mayNotBeAccessedByAnyLayer()
        .check(AGENT);
  }

  /// The process is a package, too: `dev.waggle.agent` itself.
  @Test
  void noPackageComesBackToItself() {
    slices().matching("dev.waggle.(**)").should().beFreeOfCycles().check(AGENT);
  }

  @Test
  void eachSdkIsKnownToOnePackage() {
    noClasses()
        .that()
        .haveNameNotMatching("dev\\.waggle\\.agent\\.inbox\\.Sqs.*")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("software.amazon.awssdk..")
        .check(AGENT);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.waggle.agent.swarm")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.github.dockerjava..")
        .check(AGENT);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.waggle.agent.command")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("picocli..")
        .check(AGENT);
  }

  @Test
  void oneClassTalksToTheAddressesOutside() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("dev.waggle.agent.outbox.Post")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.net.HttpURLConnection")
        .orShould()
        .dependOnClassesThat()
        .resideInAPackage("java.net.http..")
        .check(AGENT);
  }
}
