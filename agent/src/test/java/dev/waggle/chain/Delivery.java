package dev.waggle.chain;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Objects;

/// What Docker Hub posts after a push: a delivery that it really made, with repository, tag and
/// time set.
///
/// @param json the body
public record Delivery(String json) {

  private static final String REAL = "/payloads/2022-12-17-bluebrown-busybox-manifest-list.json";

  /// The delivery for a push.
  ///
  /// @param repository `namespace/name`
  /// @param tag the tag that was pushed
  /// @param pushedAt when, to the second
  public static Delivery of(String repository, String tag, Instant pushedAt) {
    try (InputStream real = Objects.requireNonNull(Delivery.class.getResourceAsStream(REAL))) {
      ObjectNode delivery = new JsonMapper().readValue(real, ObjectNode.class);
      delivery.withObject("/push_data").put("tag", tag).put("pushed_at", pushedAt.getEpochSecond());
      delivery
          .withObject("/repository")
          .put("repo_name", repository)
          .put("namespace", repository.substring(0, repository.indexOf('/')))
          .put("name", repository.substring(repository.indexOf('/') + 1));
      return new Delivery(delivery.toPrettyString());
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
