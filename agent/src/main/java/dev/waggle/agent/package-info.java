/// The droplet's side of Waggle: receives pushes from the queue and rolls Swarm services to them.
///
/// The entry type is [dev.waggle.agent.Agent]. It puts the packages below it together, and none of
/// them knows it.
@NullMarked
package dev.waggle.agent;

import org.jspecify.annotations.NullMarked;
