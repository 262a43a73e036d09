package dev.waggle.agent.queue;

import java.time.Duration;
import java.util.Optional;

/// The queue that pushes wait in.
///
/// Every method throws [QueueUnavailableException] if the queue does not do what it was asked.
public interface PushQueue {

    /// Waits for a message, twenty seconds at most: a wait that has begun cannot be cut short.
    ///
    /// @param invisible how long nobody else shall receive it
    Optional<ReceivedMessage> receive(Duration invisible);

    /// Keeps a message in flight for a time from now on; zero gives it back at once.
    void extend(ReceivedMessage message, Duration invisible);

    /// Removes a message for good.
    void delete(ReceivedMessage message);
}
