/// The droplet's side of Waggle: receives pushes from the queue and rolls Swarm services to them.
///
/// The entry type is [dev.waggle.agent.Agent]. Arrows run one way: `queue` hands pushes to
/// `rollout`, which decides and drives; `swarm` and `report` implement what `rollout` asks for.
@NullMarked
package dev.waggle.agent;

import org.jspecify.annotations.NullMarked;
