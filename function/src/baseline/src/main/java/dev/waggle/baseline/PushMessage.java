package dev.waggle.baseline;

/// What travels to the agent.
///
/// @param version of this format
/// @param deliveryId of the request
/// @param repository with its namespace
/// @param tag that was pushed
/// @param digest of the image
/// @param pushedAt when it was pushed
/// @param acceptedAt when it was accepted
record PushMessage(
    int version,
    String deliveryId,
    String repository,
    String tag,
    String digest,
    String pushedAt,
    String acceptedAt) {}
