/// What Waggle remembers of a service: which pushes it wants, what is being rolled, how the last
/// rollouts ended.
///
/// The entry type is [dev.waggle.agent.record.ServiceRecord], a pure value.
/// [dev.waggle.agent.record.Records] is where records are kept. Nothing here knows what the service
/// looks like now, nor how it is rolled.
@NullMarked
package dev.waggle.agent.record;

import org.jspecify.annotations.NullMarked;
