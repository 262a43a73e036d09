/// What a Swarm service is and asks for: its specification as the engine describes it, its labels,
/// its tasks and nodes.
///
/// The entry type is [dev.waggle.agent.service.ServiceState]; [dev.waggle.agent.service.Swarm] is
/// what an engine can be asked. Nothing here decides what is rolled.
@NullMarked
package dev.waggle.agent.service;

import org.jspecify.annotations.NullMarked;
