package dev.waggle.function;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/// JSON as it is written and read here: streamed, without data binding, which costs 150 ms of a
/// cold start.
final class Json {
  /// For what the platform or this module wrote.
  static final JsonFactory TRUSTED = new JsonFactory();

  /// How deep an answer to us may nest; real ones have 3.
  private static final int MAX_DEPTH = 32;

  private static final int MAX_NUMBER = 64;
  private static final int MAX_NAME = 256;

  /// How deep a delivery may nest, which is Jackson's own bound; real ones have 3.
  private static final int MAX_DELIVERY_DEPTH = 1_000;

  /// What is demanded of a delivery beside good form.
  static final String BOUNDS = "nested at most " + MAX_DELIVERY_DEPTH + " deep";

  /// For what a server answers: bounded in every direction, each field once, and without a symbol
  /// table that names that others choose could fill.
  static final JsonFactory STRANGE =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(MAX_NUMBER)
                  .maxNameLength(MAX_NAME)
                  .maxStringLength(Body.MAX_BYTES)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  /// For what a stranger wrote and we use little of: bounded in depth, and by the body in all else.
  static final JsonFactory LENIENT =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DELIVERY_DEPTH)
                  .maxNumberLength(Body.MAX_BYTES)
                  .maxNameLength(Body.MAX_BYTES)
                  .maxStringLength(Body.MAX_BYTES)
                  .build())
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private Json() {}

  /// What an object holds.
  @FunctionalInterface
  interface Fields {
    /// Writes the object's fields in their order.
    void write(JsonGenerator json) throws IOException;
  }

  /// Returns one object on one line.
  static String object(Fields fields) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = TRUSTED.createGenerator(text)) {
      json.writeStartObject();
      fields.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return text.toString();
  }

  /// Writes a field unless there is no value for it.
  static void optional(JsonGenerator json, String name, @Nullable Object value) throws IOException {
    if (value != null) {
      json.writeStringField(name, value.toString());
    }
  }
}
