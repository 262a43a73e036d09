package dev.waggle.function;

import org.jspecify.annotations.Nullable;

/// What of an HTTP request is looked at.
///
/// @param deliveryId names the request in logs and answers
/// @param token what stood in the path where the token belongs
/// @param body as API Gateway hands it over
/// @param base64 whether API Gateway encoded the body
record Request(
    DeliveryId deliveryId, @Nullable String token, @Nullable String body, boolean base64) {
  @Override
  public String toString() {
    return "Request[" + deliveryId + ", redacted]";
  }
}
