package dev.waggle.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;

/// The files beside the tests.
final class Resources {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Resources() {}

    static String text(String name) {
        try (var stream = Resources.class.getResourceAsStream("/" + name)) {
            if (stream == null) {
                throw new AssertionError("no test resource " + name);
            }
            return new String(stream.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
