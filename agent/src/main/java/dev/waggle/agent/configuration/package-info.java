/// The settings of the agent.
///
/// The entry type is [dev.waggle.agent.configuration.AgentConfiguration]. The agent reads it when
/// it starts, and each command again, so that a command sees what the agent sees.
@NullMarked
package dev.waggle.agent.configuration;

import org.jspecify.annotations.NullMarked;
