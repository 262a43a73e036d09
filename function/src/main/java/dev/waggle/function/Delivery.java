package dev.waggle.function;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What Docker Hub says about one push.
///
/// Docker Hub documents no schema and its deliveries have varied for years, so only what is used is
/// looked at, and everything else may be missing or of any type.
///
/// @param repository where the image was pushed to
/// @param tag as what it was pushed; absent in deliveries of old and for parts of an image
/// @param pushedAt when it was pushed, to the second; absent where unusable
record Delivery(Repository repository, @Nullable Tag tag, @Nullable Instant pushedAt) {

  private static final String BODY = "body";
  private static final Map<String, Set<String>> FIELDS =
      Map.of(
          "repository",
          Set.of("repo_name", "namespace", "name"),
          "push_data",
          Set.of("tag", "pushed_at"));

  /// What reading a body came to.
  sealed interface Reading {
    /// The body is a delivery.
    ///
    /// @param delivery what it says
    record Read(Delivery delivery) implements Reading {}

    /// The body is not a delivery.
    ///
    /// @param field the path of the field that is wrong, or `body` for the whole
    /// @param expected what belongs there
    record Unreadable(String field, String expected) implements Reading {}
  }

  /// Reads a delivery, with bounds on its nesting and on the lengths of its names and numbers.
  static Reading parse(String body) {
    try (JsonParser json = Json.STRANGE.createParser(body)) {
      try {
        if (json.nextToken() != JsonToken.START_OBJECT) {
          return new Reading.Unreadable(BODY, "a JSON object");
        }
        Fields fields = Fields.read(json);
        return json.nextToken() == null
            ? fields.reading()
            : new Reading.Unreadable(BODY, "nothing after the JSON object");
      } catch (StreamConstraintsException _) {
        return new Reading.Unreadable(field(json.getParsingContext()), "JSON " + Json.BOUNDS);
      } catch (JacksonException _) {
        return new Reading.Unreadable(
            field(json.getParsingContext()), "well-formed JSON with each field once");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  /// The innermost field of ours that is being read: the other names are the stranger's.
  private static String field(JsonStreamContext context) {
    Deque<String> names = new ArrayDeque<>();
    for (JsonStreamContext at = context; at != null; at = at.getParent()) {
      if (at.getCurrentName() != null) {
        names.push(at.getCurrentName());
      }
    }
    String object = names.poll();
    if (object == null || !FIELDS.containsKey(object)) {
      return BODY;
    }
    String field = names.poll();
    return field == null || !FIELDS.get(object).contains(field) ? object : object + "." + field;
  }

  /// A field that should hold text.
  private sealed interface Field {
    record Text(String value) implements Field {}

    record Missing() implements Field {}

    record OfAnotherType() implements Field {}

    Field MISSING = new Missing();

    static Field read(JsonParser json) throws IOException {
      return switch (json.currentToken()) {
        case VALUE_STRING -> json.getText().isEmpty() ? MISSING : new Text(json.getText());
        case VALUE_NULL -> MISSING;
        case null, default -> {
          json.skipChildren();
          yield new OfAnotherType();
        }
      };
    }
  }

  /// The fields that are used, as they come by.
  private static final class Fields {
    private boolean repository;
    private boolean pushData;
    private Field repoName = Field.MISSING;
    private Field namespace = Field.MISSING;
    private Field name = Field.MISSING;
    private Field tag = Field.MISSING;
    private @Nullable Instant pushedAt;

    static Fields read(JsonParser json) throws IOException {
      Fields fields = new Fields();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        boolean object = json.nextToken() == JsonToken.START_OBJECT;
        if (object && name.equals("repository")) {
          fields.readRepository(json);
        } else if (object && name.equals("push_data")) {
          fields.readPushData(json);
        } else {
          json.skipChildren();
        }
      }
      return fields;
    }

    private void readRepository(JsonParser json) throws IOException {
      repository = true;
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "repo_name" -> repoName = Field.read(json);
          case "namespace" -> namespace = Field.read(json);
          case "name" -> name = Field.read(json);
          default -> json.skipChildren();
        }
      }
    }

    private void readPushData(JsonParser json) throws IOException {
      pushData = true;
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "tag" -> tag = Field.read(json);
          case "pushed_at" -> pushedAt = instant(json);
          default -> json.skipChildren();
        }
      }
    }

    /// As a double: exact for any second that a calendar has, and never expanded as a huge exponent
    /// would be.
    private static @Nullable Instant instant(JsonParser json) throws IOException {
      if (!json.currentToken().isNumeric()) {
        json.skipChildren();
        return null;
      }
      double seconds = json.getDoubleValue();
      double endOfYear9999 = 253_402_300_800d;
      return seconds >= 1 && seconds < endOfYear9999 ? Instant.ofEpochSecond((long) seconds) : null;
    }

    Reading reading() {
      if (!repository) {
        return new Reading.Unreadable("repository", "an object");
      }
      if (!pushData) {
        return new Reading.Unreadable("push_data", "an object");
      }
      return switch (repoName) {
        case Field.Text(String text) -> withRepository("repository.repo_name", text);
        case Field.OfAnotherType() -> new Reading.Unreadable("repository.repo_name", "a string");
        case Field.Missing() ->
            namespace instanceof Field.Text(String owner)
                    && name instanceof Field.Text(String image)
                ? withRepository("repository.namespace and repository.name", owner + "/" + image)
                : new Reading.Unreadable("repository.repo_name", "a string");
      };
    }

    private Reading withRepository(String field, String text) {
      return Repository.parse(text)
          .map(this::withTag)
          .orElseGet(() -> new Reading.Unreadable(field, Repository.EXPECTED));
    }

    private Reading withTag(Repository of) {
      return switch (tag) {
        case Field.Missing() -> new Reading.Read(new Delivery(of, null, pushedAt));
        case Field.OfAnotherType() -> new Reading.Unreadable("push_data.tag", "a string");
        case Field.Text(String text) ->
            Tag.parse(text)
                .<Reading>map(parsed -> new Reading.Read(new Delivery(of, parsed, pushedAt)))
                .orElseGet(() -> new Reading.Unreadable("push_data.tag", Tag.EXPECTED));
      };
    }
  }
}
