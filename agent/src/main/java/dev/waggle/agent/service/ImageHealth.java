package dev.waggle.agent.service;

/// What is known of an image's own health check.
public enum ImageHealth {
  /// It has one.
  CHECKED,
  /// It has none.
  UNCHECKED,
  /// The engine does not tell, as where it does not have the image.
  UNKNOWN
}
