package dev.waggle.agent.swarm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// What the engine is handed to log in to a registry with; never printed.
///
/// @param header the value of `X-Registry-Auth`
record RegistryAuth(String header) {

  static RegistryAuth of(ObjectNode authConfig) {
    // Engines refuse it without padding.
    return new RegistryAuth(
        Base64.getUrlEncoder()
            .encodeToString(authConfig.toString().getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public String toString() {
    return "RegistryAuth[redacted]";
  }
}
