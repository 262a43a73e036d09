/// The whole chain on one machine: webhook, function, queue, agent, engine and registry, all of
/// them real.
///
/// The entry type is [dev.waggle.chain.Chain]; the demo shows it and the end-to-end tests question
/// it.
@NullMarked
package dev.waggle.chain;

import org.jspecify.annotations.NullMarked;
