package dev.waggle.function;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// What a registry keeps under a digest, by the OCI image specification: an image, or something
/// else that has the form of one, such as a signature, an attestation or a chart.
final class Manifest {
  private static final Set<String> CONFIGS_OF_IMAGES =
      Set.of(
          "application/vnd.oci.image.config.v1+json",
          "application/vnd.docker.container.image.v1+json");

  /// With what the types of an image's layers begin; how a layer is packed and compressed follows.
  private static final List<String> LAYERS_OF_IMAGES =
      List.of("application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.");

  private Manifest() {}

  /// Tells whether a manifest is an image's. What does not say is one, so that no push is lost:
  /// also what cannot be read, and an index, unless it has an artifact's type.
  static boolean isImage(byte[] manifest) throws IOException {
    try (JsonParser json = Json.STRANGE.createParser(manifest)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return true;
      }
      String artifact = "";
      String config = "";
      List<String> layers = List.of();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "artifactType" -> artifact = text(json);
          case "config" -> config = mediaType(json);
          case "layers" -> layers = mediaTypes(json);
          default -> json.skipChildren();
        }
      }
      return artifact.isEmpty()
          && (config.isEmpty() || CONFIGS_OF_IMAGES.contains(config))
          && (layers.isEmpty() || layers.stream().anyMatch(Manifest::isLayerOfAnImage));
    } catch (JacksonException _) {
      return true;
    }
  }

  private static boolean isLayerOfAnImage(String mediaType) {
    return mediaType.isEmpty() || LAYERS_OF_IMAGES.stream().anyMatch(mediaType::startsWith);
  }

  /// Empty where it is no text.
  private static String text(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_STRING) {
      return json.getText();
    }
    json.skipChildren();
    return "";
  }

  /// The media type in a descriptor; empty where there is none.
  private static String mediaType(JsonParser json) throws IOException {
    String mediaType = "";
    if (json.currentToken() != JsonToken.START_OBJECT) {
      json.skipChildren();
      return mediaType;
    }
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      boolean named = json.currentName().equals("mediaType");
      json.nextToken();
      if (named) {
        mediaType = text(json);
      } else {
        json.skipChildren();
      }
    }
    return mediaType;
  }

  private static List<String> mediaTypes(JsonParser json) throws IOException {
    List<String> mediaTypes = new ArrayList<>();
    if (json.currentToken() != JsonToken.START_ARRAY) {
      json.skipChildren();
      return mediaTypes;
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      mediaTypes.add(mediaType(json));
    }
    return mediaTypes;
  }
}
