/// What the command `status` tells: the opted-in services, what they run and how their last rollout
/// ended.
///
/// The entry type is [dev.waggle.agent.status.StatusReport]. It is made from what the engine says
/// of services, and changes nothing.
@NullMarked
package dev.waggle.agent.status;

import org.jspecify.annotations.NullMarked;
