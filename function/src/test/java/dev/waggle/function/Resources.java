package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;

/// The files beside the tests.
final class Resources {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Resources() {}

  static String text(String name) {
    try (InputStream stream = Resources.class.getResourceAsStream("/" + name)) {
      if (stream == null) {
        throw new AssertionError("no test resource " + name);
      }
      return new String(stream.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The names of all that Docker Hub is known to have sent.
  static Stream<String> payloads() {
    try {
      File folder =
          new File(Objects.requireNonNull(Resources.class.getResource("/payloads")).toURI());
      return Arrays.stream(Objects.requireNonNull(folder.list()))
          .filter(name -> name.endsWith(".json"))
          .map(name -> "payloads/" + name);
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static JsonNode json(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
