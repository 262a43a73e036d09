/// Brings services to what their records say they want: pure decisions over values, and the threads
/// that apply them.
///
/// The entry type is [dev.waggle.agent.rollout.Reconciler]. This package knows nothing of the queue
/// a push came by, nor of how an engine is spoken to.
@NullMarked
package dev.waggle.agent.rollout;

import org.jspecify.annotations.NullMarked;
