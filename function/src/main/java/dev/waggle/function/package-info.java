/// The Lambda: a request in, a verdict out, one message on the queue.
///
/// A request that knows the address, has the shape of a Docker Hub delivery and is about a
/// repository of ours becomes a [dev.waggle.function.PushMessage] once the registry has been asked
/// which digest its tag has, and Docker Hub when it was pushed. Entered at
/// [dev.waggle.function.WebhookHandler], decided in [dev.waggle.function.Judge], ended in a
/// [dev.waggle.function.Verdict]; [dev.waggle.function.Explain] goes the same way from the command
/// line.
///
/// Refuses to know Swarm, services and rollouts, and holds no credential of any registry.
@NullMarked
package dev.waggle.function;

import org.jspecify.annotations.NullMarked;
