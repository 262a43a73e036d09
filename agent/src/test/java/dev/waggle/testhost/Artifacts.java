package dev.waggle.testhost;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Pushes what no `docker build` of this machine makes, straight to the registry.
public final class Artifacts {

  private static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final String DOCKER_MANIFEST =
      "application/vnd.docker.distribution.manifest.v2+json";
  private static final JsonMapper JSON = new JsonMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private final URI repository;

  /// @param registry the registry's address
  /// @param repository such as `vorce/playlistlog`
  public Artifacts(URI registry, String repository) {
    this.repository = registry.resolve("/v2/" + repository + "/");
  }

  /// Pushes an image that is there as one for another architecture; returns its digest.
  public String pushFor(String architecture, String tag, String as) {
    try {
      ObjectNode manifest = object(get("manifests/" + tag, DOCKER_MANIFEST));
      ObjectNode config =
          object(get("blobs/" + manifest.at("/config/digest").asText(), "*/*"))
              .put("architecture", architecture);
      manifest.withObject("/config").setAll(blob(config.toString()));
      return put(as, DOCKER_MANIFEST, manifest);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /// Pushes a chart, as Helm does; returns its digest.
  public String pushChart(String tag) {
    ObjectNode manifest =
        JSON.createObjectNode().put("schemaVersion", 2).put("mediaType", OCI_MANIFEST);
    manifest
        .putObject("config")
        .put("mediaType", "application/vnd.cncf.helm.config.v1+json")
        .setAll(blob("{\"name\":\"playlistlog\",\"version\":\"1.0.0\"}"));
    manifest
        .putArray("layers")
        .addObject()
        .put("mediaType", "application/vnd.cncf.helm.chart.content.v1.tar+gzip")
        .setAll(blob("a chart"));
    return put(tag, OCI_MANIFEST, manifest);
  }

  private static ObjectNode object(String text) throws IOException {
    JsonNode node = JSON.readTree(text);
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw new IOException("no JSON object: " + text);
  }

  /// Uploads content; returns what a manifest says of it.
  private ObjectNode blob(String content) {
    HttpResponse<String> begun =
        send(
            HttpRequest.newBuilder(repository.resolve("blobs/uploads/"))
                .POST(HttpRequest.BodyPublishers.noBody()));
    URI upload = repository.resolve(begun.headers().firstValue("Location").orElseThrow());
    String digest = digest(content);
    HttpResponse<String> _ =
        send(
            HttpRequest.newBuilder(URI.create(upload + "&digest=" + digest))
                .header("Content-Type", "application/octet-stream")
                .PUT(HttpRequest.BodyPublishers.ofString(content)));
    return JSON.createObjectNode()
        .put("size", content.getBytes(StandardCharsets.UTF_8).length)
        .put("digest", digest);
  }

  private String put(String tag, String mediaType, ObjectNode manifest) {
    String text = manifest.toString();
    HttpResponse<String> _ =
        send(
            HttpRequest.newBuilder(repository.resolve("manifests/" + tag))
                .header("Content-Type", mediaType)
                .PUT(HttpRequest.BodyPublishers.ofString(text)));
    return digest(text);
  }

  private String get(String path, String accept) {
    return send(HttpRequest.newBuilder(repository.resolve(path)).header("Accept", accept).GET())
        .body();
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response =
          http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() / 100 != 2) {
        throw new IllegalStateException(response + ": " + response.body());
      }
      return response;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while asking the registry", e);
    }
  }

  private static String digest(String content) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
      return "sha256:" + HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
