package dev.waggle.function;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Events as an HTTP API hands them to Lambda, with real deliveries in them.
final class Events {
  private static final String DELIVERY = "payloads/2022-12-17-bluebrown-busybox-manifest-list.json";

  private Events() {}

  /// A request for `POST /hooks/{token}`.
  static ObjectNode event(String token, @Nullable String body, String requestId) {
    ObjectNode event = (ObjectNode) Resources.json(Resources.text("event.json"));
    event.put("routeKey", "POST /hooks/{token}").put("body", body);
    event.put("rawPath", "/hooks/" + token);
    event.putObject("pathParameters").put("token", token);
    event.withObject("requestContext").put("requestId", requestId);
    return event;
  }

  /// A push to `bluebrown/busybox` that was made now: a delivery of old is refused. But for the tag
  /// and the time it is a real one.
  static ObjectNode delivery(String tag) {
    ObjectNode delivery = (ObjectNode) Resources.json(Resources.text(DELIVERY));
    delivery
        .withObject("push_data")
        .put("tag", tag)
        .put("pushed_at", Instant.now().getEpochSecond());
    return delivery;
  }
}
