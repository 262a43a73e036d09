package dev.waggle.function;

import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What follows a push through every log line and on to the agent.
///
/// @param value at most 64 letters, digits, `=`, `_` and `-`
record DeliveryId(String value) {
  private static final Pattern GRAMMAR = Pattern.compile("[A-Za-z0-9=_-]{1,64}");

  DeliveryId {
    if (!GRAMMAR.matcher(value).matches()) {
      throw new IllegalArgumentException("not a delivery id");
    }
  }

  /// Returns the id of API Gateway's request, so that its access log can be followed too, or a
  /// random one where that is missing or of another form.
  static DeliveryId of(@Nullable String requestId) {
    return requestId != null && GRAMMAR.matcher(requestId).matches()
        ? new DeliveryId(requestId)
        : new DeliveryId(UUID.randomUUID().toString());
  }

  @Override
  public String toString() {
    return value;
  }
}
