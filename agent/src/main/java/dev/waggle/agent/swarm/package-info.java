/// The swarm as the local Docker engine shows it: the one adapter over docker-java's transport.
///
/// The entry type is [dev.waggle.agent.swarm.DockerSwarm]. It decides nothing: it turns calls into
/// requests and answers into values.
@NullMarked
package dev.waggle.agent.swarm;

import org.jspecify.annotations.NullMarked;
