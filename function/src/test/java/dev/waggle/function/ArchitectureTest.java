package dev.waggle.function;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.waggle.function");

  private static DescribedPredicate<JavaClass> inFileOf(Class<?> type) {
    return DescribedPredicate.describe(
        "in the file of " + type.getSimpleName(),
        c -> c.getName().equals(type.getName()) || c.getName().startsWith(type.getName() + "$"));
  }

  private static void onlyIn(Class<?> type, String packages) {
    noClasses()
        .that(DescribedPredicate.not(inFileOf(type)))
        .should()
        .dependOnClassesThat(resideInAnyPackage(packages))
        .check(CLASSES);
  }

  @Test
  void onlyTheQueuesAdapterKnowsTheAwsSdk() {
    onlyIn(SqsPushQueue.class, "software.amazon..");
  }

  @Test
  void onlyTheEntryKnowsLambda() {
    onlyIn(WebhookHandler.class, "com.amazonaws..");
  }

  @Test
  void onlyTheConversationSpeaksHttp() {
    noClasses()
        .that(DescribedPredicate.not(inFileOf(Conversation.class)))
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.net.HttpURLConnection")
        .check(CLASSES);
  }

  @Test
  void nothingThatIsSlowToLoadIsUsed() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                "com.fasterxml.jackson.databind..",
                "java.net.http..",
                "org.slf4j..",
                "java.util.logging.."))
        .check(CLASSES);
  }
}
