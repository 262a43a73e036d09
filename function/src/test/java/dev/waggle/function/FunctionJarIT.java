package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

    @Test
    void takesAPushFromItsEventToTheQueueWithoutAnyOtherLibrary() throws Exception {
        var digest = new Digest("sha256:" + "a".repeat(64));
        try (var queue = new LocalQueue();
                var registry = new FakeRegistry().holding("bluebrown/busybox", "latest", digest);
                var loader = new URLClassLoader(new URL[]{JAR.toUri().toURL()},
                        ClassLoader.getPlatformClassLoader())) {
            var environment = new HashMap<>(queue.environment());
            environment.putAll(
                    Map.of(
                            "WAGGLE_TOKEN_SHA256",
                            Sha256.hex("token"),
                            "WAGGLE_REPOSITORIES",
                            "bluebrown/busybox",
                            "WAGGLE_QUEUE_URL",
                            queue.url().toString(),
                            "WAGGLE_REGISTRY_URL",
                            registry.base().toString(),
                            "WAGGLE_HUB_URL",
                            "none"));
            var event = Events.event("token", Events.delivery("latest").toString(), "id");
            var log = new ByteArrayOutputStream();
            var output = new ByteArrayOutputStream();
            var handler = loader.loadClass(WebhookHandler.class.getName());
            var function = handler.getMethod("fromEnvironment", Map.class, PrintStream.class)
                    .invoke(null, environment, new PrintStream(log, true, UTF_8));
            handler.getMethod(
                    "handleRequest",
                    InputStream.class,
                    OutputStream.class,
                    loader.loadClass("com.amazonaws.services.lambda.runtime.Context"))
                    .invoke(
                            function,
                            new ByteArrayInputStream(event.toString().getBytes(UTF_8)),
                            output,
                            null);
            assertThat(Resources.json(output.toString(UTF_8)).get("statusCode").asInt())
                    .isEqualTo(202);
            assertThat(log.toString(UTF_8).lines()).singleElement()
                    .asString()
                    .contains("push accepted", digest.value());
            assertThat(queue.drain()).singleElement()
                    .satisfies(
                            message -> assertThat(message.body()).contains(digest.value()));
        }
    }

}
