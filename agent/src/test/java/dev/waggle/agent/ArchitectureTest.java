package dev.waggle.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

  private static final JavaClasses AGENT =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.waggle.agent");

  @Test
  void arrowsRunOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("process")
        .definedBy("dev.waggle.agent")
        .layer("queue")
        .definedBy("dev.waggle.agent.queue")
        .layer("rollout")
        .definedBy("dev.waggle.agent.rollout")
        .layer("swarm")
        .definedBy("dev.waggle.agent.swarm")
        .layer("report")
        .definedBy("dev.waggle.agent.report")
        .layer("logging")
        .definedBy("dev.waggle.agent.logging")
        .layer("status")
        .definedBy("dev.waggle.agent.status")
        .layer("doctor")
        .definedBy("dev.waggle.agent.doctor")
        .whereLayer("process")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("queue")
        .mayOnlyBeAccessedByLayers("process")
        .whereLayer("swarm")
        .mayOnlyBeAccessedByLayers("process")
        .whereLayer("report")
        .mayOnlyBeAccessedByLayers("process")
        .whereLayer("logging")
        .mayOnlyBeAccessedByLayers("process")
        .whereLayer("status")
        .mayOnlyBeAccessedByLayers("process")
        .whereLayer("doctor")
        .mayOnlyBeAccessedByLayers("process", "queue", "swarm")
        .whereLayer("rollout")
        .mayOnlyBeAccessedByLayers("process", "queue", "swarm", "report", "status", "doctor")
        .check(AGENT);
  }

  @Test
  void eachSdkIsKnownToOneAdapter() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("dev.waggle.agent.queue.SqsPushQueue")
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
        .haveNameNotMatching("dev\\.waggle\\.agent\\.AgentCommand.*")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("picocli..")
        .check(AGENT);
  }

  @Test
  void oneClassTalksToTheAddressesOutside() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("dev.waggle.agent.report.Post")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.net.HttpURLConnection")
        .orShould()
        .dependOnClassesThat()
        .resideInAPackage("java.net.http..")
        .check(AGENT);
  }
}
