package dev.waggle.chain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.waggle.testhost.EngineHttp;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;

/// A service that sets every field that the Engine API documents; an engine leaves out those that
/// are newer than itself. It has no replicas, since no single node satisfies all of it.
public final class TortureService {

  private static final JsonMapper JSON = new JsonMapper();

  private TortureService() {}

  /// Its specification, named `torture`, for an engine that is given its secret and its
  /// configuration with it.
  public static JsonNode specification(EngineHttp api, String image) {
    try (InputStream json =
        Objects.requireNonNull(TortureService.class.getResourceAsStream("/torture-service.json"))) {
      String spec = new String(json.readAllBytes(), StandardCharsets.UTF_8);
      return JSON.readTree(
          spec.replace("IMAGE", image)
              .replace("SECRET", create(api, "/secrets/create", "torture-secret"))
              .replace("CONFIG", create(api, "/configs/create", "torture-config")));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static String create(EngineHttp api, String path, String name) {
    String content = Base64.getEncoder().encodeToString("content".getBytes(StandardCharsets.UTF_8));
    return api.post(path, JSON.createObjectNode().put("Name", name).put("Data", content))
        .path("ID")
        .asText();
  }
}
