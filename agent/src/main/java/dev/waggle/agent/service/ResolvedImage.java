package dev.waggle.agent.service;

import dev.waggle.agent.push.Digest;
import dev.waggle.agent.push.ImageReference;
import java.util.List;
import java.util.Objects;

/// An image that the engine has seen at the registry.
///
/// @param reference repository, tag and digest
/// @param platforms the platforms that the image was built for, empty if the registry did not say
public record ResolvedImage(ImageReference reference, List<Platform> platforms) {

  /// A platform in Swarm's terms.
  ///
  /// @param architecture `amd64`, `arm64`, ...; empty if any will do
  /// @param os `linux`, `windows`; empty if any will do
  public record Platform(String architecture, String os) {}

  /// @throws IllegalArgumentException if the reference has no digest
  public ResolvedImage {
    if (reference.digest() == null) {
      throw new IllegalArgumentException("a resolved image has a digest");
    }
    platforms = List.copyOf(platforms);
  }

  public Digest digest() {
    return Objects.requireNonNull(reference.digest());
  }
}
