package dev.waggle.agent.queue;

import java.io.Serial;

/// The queue did not do what it was asked: it is out of reach, refuses us, or no longer knows
/// a receipt.
public final class QueueUnavailableException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    /// Tells of a call that failed.
    ///
    /// @param message what was asked, and the queue's own words
    /// @param cause what happened
    public QueueUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
