/// The commands of the jar: what a person types, and what it does.
///
/// The entry type is [dev.waggle.agent.command.AgentCommand]. The agent itself never loads these
/// classes.
@NullMarked
package dev.waggle.agent.command;

import org.jspecify.annotations.NullMarked;
