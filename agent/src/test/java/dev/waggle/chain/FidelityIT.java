package dev.waggle.chain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.testhost.EngineHttp;
import dev.waggle.testhost.PlaylistlogImages;
import dev.waggle.testhost.PlaylistlogImages.Health;
import dev.waggle.testhost.PrivateEngine;
import dev.waggle.testhost.SqsServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// `torture-service.json` sets every field of a service that the Engine API documents; an engine leaves out those
/// that are newer than itself. It has no replicas, since no single node satisfies all of it.
@Tag("engines")
class FidelityIT {

    private static final JsonMapper JSON = new JsonMapper();

    /// What tools that go through a typed model are known to lose, and every engine since 20.10 knows.
    private static final String[] EASILY_LOST = {"/TaskTemplate/ContainerSpec/CapabilityAdd/0",
            "/TaskTemplate/ContainerSpec/CapabilityDrop/0",
            "/TaskTemplate/ContainerSpec/Sysctls/net.core.somaxconn",
            "/TaskTemplate/ContainerSpec/Ulimits/0/Hard", "/TaskTemplate/ContainerSpec/Groups/1",
            "/TaskTemplate/Resources/Limits/Pids",
            "/TaskTemplate/Placement/Preferences/0/Spread/SpreadDescriptor",
            "/TaskTemplate/Resources/Reservations/GenericResources/1/NamedResourceSpec/Value",
            "/TaskTemplate/Networks/0/DriverOpts/com.example.option",
            "/TaskTemplate/Networks/0/Aliases/0",
            "/RollbackConfig/MaxFailureRatio", "/EndpointSpec/Ports/1/PublishMode"};

    @Test
    void changesTheImageTheOrderTheFailureActionAndTheRecordOfAServiceAndNothingElse()
            throws IOException {
        try (PrivateEngine engine = PrivateEngine.start();
                SqsServer sqs = SqsServer.start(engine);
                Chain chain = Chain.start(engine, sqs)) {
            PlaylistlogImages images = new PlaylistlogImages(engine);
            String oldImage = "vorce/playlistlog:1@" + images.push("1", Health.HEALTHY);
            String newImage = "vorce/playlistlog:2@" + images.push("2", Health.HEALTHY);
            chain.createService(torture(chain.api(), oldImage));
            JsonNode before = chain.service("torture").path("Spec");
            for (String field : EASILY_LOST) {
                assertThat(before.at(field).isMissingNode()).as(field).isFalse();
            }

            Chain.Answer answer = chain.deliver("2");
            JsonNode outcome = chain.agent().awaitOutcome(answer.deliveryId());
            assertThat(outcome.path("outcome").asText()).isEqualTo("updated");

            ObjectNode expected = before.deepCopy();
            expected.withObject("/TaskTemplate/ContainerSpec").put("Image", newImage);
            expected.withObject("/UpdateConfig")
                    .put("Order", "start-first")
                    .put("FailureAction", "rollback");
            expected.withObject("/Labels")
                    .put("waggle.push.delivery", answer.deliveryId())
                    .put("waggle.push.time", outcome.path("pushedAt").asText());
            assertThat(fields(chain.service("torture").path("Spec")))
                    .containsExactlyInAnyOrderEntriesOf(fields(expected));
        }
    }

    private static JsonNode torture(EngineHttp api, String image) throws IOException {
        try (InputStream json = Objects
                .requireNonNull(FidelityIT.class.getResourceAsStream("/torture-service.json"))) {
            String spec = new String(json.readAllBytes(), StandardCharsets.UTF_8);
            return JSON.readTree(
                    spec.replace("IMAGE", image)
                            .replace("SECRET", create(api, "/secrets/create", "torture-secret"))
                            .replace("CONFIG", create(api, "/configs/create", "torture-config")));
        }
    }

    private static String create(EngineHttp api, String path, String name) {
        String content = Base64.getEncoder()
                .encodeToString("content".getBytes(StandardCharsets.UTF_8));
        return api.post(path, JSON.createObjectNode().put("Name", name).put("Data", content))
                .path("ID")
                .asText();
    }

    /// Every leaf by its pointer, so that a difference is told by its name.
    private static Map<String, JsonNode> fields(JsonNode tree) {
        Map<String, JsonNode> fields = new TreeMap<>();
        collect("", tree, fields);
        return fields;
    }

    private static void collect(String pointer, JsonNode node, Map<String, JsonNode> fields) {
        if (node.isObject() && !node.isEmpty()) {
            node.properties()
                    .forEach(
                            field -> collect(
                                    pointer + "/" + field.getKey(),
                                    field.getValue(),
                                    fields));
        } else if (node.isArray() && !node.isEmpty()) {
            for (int i = 0; i < node.size(); i++) {
                collect(pointer + "/" + i, node.get(i), fields);
            }
        } else {
            fields.put(pointer, node);
        }
    }
}
