/// Logs as JSON lines on standard output: the SLF4J provider of this program.
///
/// SLF4J finds [dev.waggle.agent.logging.JsonLogging] as a service. The provider is our own because
/// those that write key-value pairs as JSON fields are larger than all of the agent's own code, and
/// the small ones put the pairs into the message.
@NullMarked
package dev.waggle.agent.logging;

import org.jspecify.annotations.NullMarked;
