package dev.waggle.function;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.HashSet;
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
/// @param pushedAt when it was pushed, to the second; absent where the delivery says none that can
///   be used
/// @param unusableTime whether the delivery says a time that cannot be used
record Delivery(
    Repository repository, @Nullable Tag tag, @Nullable Instant pushedAt, boolean unusableTime) {

  private static final String BODY = "body";
  private static final String REPOSITORY = "repository";
  private static final String PUSH_DATA = "push_data";

  /// The fields that are used of each object.
  private static final Map<String, Set<String>> FIELDS =
      Map.of(
          REPOSITORY, Set.of("repo_name", "namespace", "name"),
          PUSH_DATA, Set.of("tag", "pushed_at"));

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

  /// Reads a delivery: strictly what is used of it, and of all else only that it is JSON.
  static Reading parse(String body) {
    try (JsonParser json = Json.LENIENT.createParser(body)) {
      Fields fields = new Fields();
      try {
        if (json.nextToken() != JsonToken.START_OBJECT) {
          return new Reading.Unreadable(BODY, "a JSON object");
        }
        fields.read(json);
        return json.nextToken() == null
            ? fields.reading()
            : new Reading.Unreadable(BODY, "nothing after the JSON object");
      } catch (StreamConstraintsException _) {
        return new Reading.Unreadable(fields.place(json), "JSON " + Json.BOUNDS);
      } catch (JacksonException _) {
        return new Reading.Unreadable(fields.place(json), "well-formed JSON");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
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
    /// How long a time is that is read, in characters; Docker Hub's have 10.
    private static final int MAX_TIME_LENGTH = 64;

    private static final double END_OF_YEAR_9999 = 253_402_300_800d;

    private final Set<String> seen = new HashSet<>();

    /// The path of the innermost field of ours that is being read: all other names are a
    /// stranger's.
    private String place = BODY;

    /// The last name that was done with in the object that is being read.
    private String last = "";

    private @Nullable String repeated;
    private boolean repository;
    private boolean pushData;
    private Field repoName = Field.MISSING;
    private Field namespace = Field.MISSING;
    private Field name = Field.MISSING;
    private Field tag = Field.MISSING;
    private @Nullable Instant pushedAt;
    private boolean unusableTime;

    void read(JsonParser json) throws IOException {
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String object = json.currentName();
        if (FIELDS.containsKey(object)) {
          enter(object);
          readObject(object, json);
          place = BODY;
        } else {
          json.nextToken();
          json.skipChildren();
        }
        last = object;
      }
    }

    private void readObject(String object, JsonParser json) throws IOException {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        json.skipChildren();
        return;
      }
      repository |= object.equals(REPOSITORY);
      pushData |= object.equals(PUSH_DATA);
      last = "";
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        if (FIELDS.getOrDefault(object, Set.of()).contains(field)) {
          enter(object + "." + field);
          json.nextToken();
          readField(field, json);
          place = object;
        } else {
          json.nextToken();
          json.skipChildren();
        }
        last = field;
      }
    }

    /// Returns the path of the innermost field of ours in which reading ended. The parser reads the
    /// beginning of a value together with its name, so that it may have been ahead of us.
    String place(JsonParser json) {
      JsonStreamContext context = json.getParsingContext();
      String next = context.getCurrentName();
      boolean top = place.equals(BODY);
      if (next == null || next.equals(last) || context.getNestingDepth() != (top ? 1 : 2)) {
        return place;
      }
      if (top) {
        return FIELDS.containsKey(next) ? next : place;
      }
      return FIELDS.getOrDefault(place, Set.of()).contains(next) ? place + "." + next : place;
    }

    private void enter(String path) {
      place = path;
      if (!seen.add(path) && repeated == null) {
        repeated = path;
      }
    }

    private void readField(String field, JsonParser json) throws IOException {
      switch (field) {
        case "repo_name" -> repoName = Field.read(json);
        case "namespace" -> namespace = Field.read(json);
        case "name" -> name = Field.read(json);
        case "tag" -> tag = Field.read(json);
        case "pushed_at" -> {
          pushedAt = instant(json);
          unusableTime = pushedAt == null && json.currentToken() != JsonToken.VALUE_NULL;
        }
        default -> json.skipChildren();
      }
    }

    /// As a double: exact for any second that a calendar has, and never expanded as a huge exponent
    /// would be.
    private static @Nullable Instant instant(JsonParser json) throws IOException {
      if (!json.currentToken().isNumeric() || json.getTextLength() > MAX_TIME_LENGTH) {
        json.skipChildren();
        return null;
      }
      double seconds = json.getDoubleValue();
      return seconds >= 1 && seconds < END_OF_YEAR_9999
          ? Instant.ofEpochSecond((long) seconds)
          : null;
    }

    Reading reading() {
      if (repeated != null) {
        return new Reading.Unreadable(repeated, "a field that is there once");
      }
      if (!repository) {
        return new Reading.Unreadable(REPOSITORY, "an object");
      }
      if (!pushData) {
        return new Reading.Unreadable(PUSH_DATA, "an object");
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
        case Field.Missing() -> new Reading.Read(new Delivery(of, null, pushedAt, unusableTime));
        case Field.OfAnotherType() -> new Reading.Unreadable("push_data.tag", "a string");
        case Field.Text(String text) ->
            Tag.parse(text)
                .<Reading>map(
                    parsed -> new Reading.Read(new Delivery(of, parsed, pushedAt, unusableTime)))
                .orElseGet(() -> new Reading.Unreadable("push_data.tag", Tag.EXPECTED));
      };
    }
  }
}
