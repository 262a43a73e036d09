/// What to roll and how it ended: pure decisions over values, and the one driver that applies them.
///
/// The entry type is [dev.waggle.agent.rollout.RollPush]. This package knows nothing of the queue a
/// push came by, nor of how an engine is spoken to: it sees a swarm only through
/// [dev.waggle.agent.rollout.Swarm].
@NullMarked
package dev.waggle.agent.rollout;

import org.jspecify.annotations.NullMarked;
