/// The Lambda: a request in, a verdict out, one message on the queue.
///
/// A request that knows the address, has the shape of a Docker Hub delivery and is about a
/// repository of ours becomes a [dev.waggle.function.PushMessage] once the registry has been asked
/// which digest its tag has. Entered at [dev.waggle.function.WebhookHandler], decided in
/// [dev.waggle.function.Judge], ended in a [dev.waggle.function.Verdict].
///
/// Refuses to know Swarm, services and rollouts, and holds no credential of any registry.
@NullMarked
package dev.waggle.function;

import org.jspecify.annotations.NullMarked;
