package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/// The jar that is deployed.
class FunctionJarIT {
  private static final Path JAR = Path.of("target", "function.jar");

  private static List<String> entries() throws IOException {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      return jar.stream().filter(entry -> !entry.isDirectory()).map(ZipEntry::getName).toList();
    }
  }

  @Test
  void isSmall() throws IOException {
    assertThat(Files.size(JAR)).isLessThan(2_000_000);
  }

  @Test
  void holdsWhatIsNeededAndNothingElse() throws IOException {
    assertThat(entries())
        .contains(
            "dev/waggle/function/WebhookHandler.class",
            "com/amazonaws/services/lambda/runtime/events/APIGatewayV2HTTPEvent.class",
            "software/amazon/awssdk/http/auth/aws/signer/AwsV4HttpSigner.class")
        .allSatisfy(
            name ->
                assertThat(name)
                    .matches(
                        "(dev/waggle/function|com/amazonaws/services/lambda/runtime"
                            + "|com/fasterxml/jackson/core|org/reactivestreams|org/slf4j"
                            + "|software/amazon/awssdk|software/amazon/eventstream"
                            + "|META-INF/services)/.*|META-INF/[^/]+"))
        .noneMatch(name -> name.matches(".*/(nio/netty|http/apache|http/apache5|http/crt)/.*"))
        .noneMatch(name -> name.matches(".*/lambda/runtime/events/(?!APIGatewayV2HTTP).*"))
        .noneMatch(name -> name.contains("module-info") || name.contains("codegen"));
  }

  @Test
  void explainsADeliveryFromTheCommandLine() throws Exception {
    try (FakeRegistry registry =
        new FakeRegistry().holding("bluebrown/busybox", "latest", Verdicts.DIGEST)) {
      Ending accepted = explain(registry, Events.delivery("latest").toString());
      assertThat(accepted.output).contains("registry    passed: the tag names " + Verdicts.DIGEST);
      assertThat(accepted.status).isZero();
      Ending ignored = explain(registry, Events.delivery("gone").toString());
      assertThat(ignored.output).contains("verdict     ignored: tag not in the registry");
      assertThat(ignored.status).isEqualTo(1);
    }
  }

  private record Ending(int status, String output) {}

  private static Ending explain(FakeRegistry registry, String delivery) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    ProcessBuilder builder =
        new ProcessBuilder(java, "-jar", JAR.toString(), "explain").redirectErrorStream(true);
    builder
        .environment()
        .putAll(
            Map.of("WAGGLE_REGISTRY_URL", registry.base().toString(), "WAGGLE_HUB_URL", "none"));
    Process process = builder.start();
    try (BufferedWriter in = process.outputWriter()) {
      in.write(delivery);
    }
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Ending(process.waitFor(), output);
  }
}
