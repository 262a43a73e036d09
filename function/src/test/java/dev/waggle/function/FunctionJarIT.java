package dev.waggle.function;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/// The jar that is deployed.
class FunctionJarIT {
    private static final Path JAR = Path.of("target", "function.jar");

    private static List<String> entries() throws IOException {
        try (var jar = new JarFile(JAR.toFile())) {
            return jar.stream()
                    .filter(entry -> !entry.isDirectory())
                    .map(ZipEntry::getName)
                    .toList();
        }
    }

    @Test
    void isSmall() throws IOException {
        assertThat(Files.size(JAR)).isLessThan(7L << 20);
    }

    @Test
    void holdsWhatIsNeededAndNothingElse() throws IOException {
        assertThat(entries()).contains(
                "dev/waggle/function/WebhookHandler.class",
                "com/amazonaws/services/lambda/runtime/events/APIGatewayV2HTTPEvent.class",
                "software/amazon/awssdk/http/urlconnection/UrlConnectionHttpClient.class")
                .allSatisfy(
                        name -> assertThat(name).matches(
                                "(dev/waggle/function|com/amazonaws/services/lambda/runtime"
                                        + "|com/fasterxml/jackson/core|org/reactivestreams|org/slf4j"
                                        + "|software/amazon/awssdk|software/amazon/eventstream"
                                        + "|META-INF/services)/.*|META-INF/[^/]+"))
                .noneMatch(
                        name -> name.matches(".*/(nio/netty|http/apache|http/apache5|http/crt)/.*"))
                .noneMatch(name -> name.matches(".*/lambda/runtime/events/(?!APIGatewayV2HTTP).*"))
                .noneMatch(name -> name.contains("module-info") || name.contains("codegen"));
    }
}
