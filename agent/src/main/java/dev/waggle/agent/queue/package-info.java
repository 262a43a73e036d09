/// Brings pushes from the queue to their rollouts, and decides what becomes of each message.
///
/// The entry type is [dev.waggle.agent.queue.PushConsumer]. Nothing here knows what a service is.
@NullMarked
package dev.waggle.agent.queue;

import org.jspecify.annotations.NullMarked;
