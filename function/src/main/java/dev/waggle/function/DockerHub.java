package dev.waggle.function;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Docker Hub's own API, asked anonymously: it tells of public repositories.
final class DockerHub implements PushRecords {
  private final URI base;

  /// Talks to one address.
  ///
  /// @param base address to which `/v2/` is appended
  DockerHub(URI base) {
    this.base = base;
  }

  /// Begins to make the first [#find] fast: connects.
  Conversation<Boolean> warmUp(Deadline deadline) {
    return Conversation.begin(
        base, deadline, talk -> talk.head(URI.create(base + "/v2/"), Map.of()).status() > 0);
  }

  @Override
  public Finding find(Repository repository, Tag tag, Deadline deadline) {
    int slash = repository.value().indexOf('/');
    URI address =
        URI.create(
            base
                + "/v2/namespaces/"
                + repository.value().substring(0, slash)
                + "/repositories"
                + repository.value().substring(slash)
                + "/tags/"
                + tag);
    try (Conversation<Finding> conversation =
        Conversation.begin(base, deadline, talk -> finding(talk.get(address)))) {
      return conversation.await(_ -> new Finding.Nothing());
    }
  }

  private static Finding finding(Conversation.Response answer) throws IOException {
    return switch (answer.status()) {
      case HttpURLConnection.HTTP_OK -> record(answer.body());
      case 429 -> new Finding.Limited();
      default -> new Finding.Nothing();
    };
  }

  private static Finding record(byte[] body) throws IOException {
    try (JsonParser json = Json.STRANGE.createParser(body)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return new Finding.Nothing();
      }
      Instant pushedAt = null;
      Digest whole = null;
      Set<Digest> parts = Set.of();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "tag_last_pushed" -> pushedAt = instant(json);
          case "digest" -> whole = digest(json);
          case "images" -> parts = digestsOfParts(json);
          default -> json.skipChildren();
        }
      }
      Set<Digest> digests = whole == null ? parts : Set.of(whole);
      return pushedAt == null ? new Finding.Nothing() : new Finding.LastPush(pushedAt, digests);
    } catch (JacksonException _) {
      return new Finding.Nothing();
    }
  }

  private static @Nullable Instant instant(JsonParser json) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      json.skipChildren();
      return null;
    }
    try {
      return Instant.parse(json.getText());
    } catch (DateTimeParseException _) {
      return null;
    }
  }

  private static @Nullable Digest digest(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_STRING) {
      return Digest.parse(json.getText()).orElse(null);
    }
    json.skipChildren();
    return null;
  }

  private static Set<Digest> digestsOfParts(JsonParser json) throws IOException {
    Set<Digest> digests = new HashSet<>();
    if (json.currentToken() != JsonToken.START_ARRAY) {
      json.skipChildren();
      return digests;
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (json.currentToken() != JsonToken.START_OBJECT) {
        json.skipChildren();
        continue;
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        boolean named = json.currentName().equals("digest");
        json.nextToken();
        Digest digest = named ? digest(json) : null;
        if (digest != null) {
          digests.add(digest);
        } else if (!named) {
          json.skipChildren();
        }
      }
    }
    return digests;
  }
}
