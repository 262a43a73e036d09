package dev.waggle.comparison;

import java.time.Instant;
import java.util.Optional;

/// A tool at work.
sealed interface Contender permits Waggle, BareCommand, WebhookScript, PollingLoop {

  /// Which one.
  Tool tool();

  /// Tells it of a push, in the way that it is told.
  ///
  /// @param service the service that is to be rolled
  /// @param tag the tag that was pushed
  Attempt push(String service, String tag);

  /// What a tool makes of a push.
  interface Attempt extends AutoCloseable {

    /// What it says of the push; empty if nothing in time.
    Optional<Statement> await(Instant deadline) throws InterruptedException;

    /// Ends what was begun and did not end.
    @Override
    void close();
  }
}
