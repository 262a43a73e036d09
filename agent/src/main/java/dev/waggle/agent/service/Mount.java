package dev.waggle.agent.service;

import com.fasterxml.jackson.databind.JsonNode;

/// Something of the host that a service's containers see.
///
/// @param type `bind`, `volume`, `tmpfs` or what later engines know
/// @param source the host's directory or the volume's name, empty if there is none
/// @param target where a container sees it
/// @param readOnly whether a container cannot write to it
public record Mount(String type, String source, String target, boolean readOnly) {

  static Mount of(JsonNode mount) {
    return new Mount(
        mount.path("Type").asText(),
        mount.path("Source").asText(""),
        mount.path("Target").asText(),
        mount.path("ReadOnly").asBoolean());
  }
}
