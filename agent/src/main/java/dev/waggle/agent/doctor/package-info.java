/// What the command `doctor` tells: everything that a set-up can get wrong, and what to do about
/// it.
///
/// The entry type is [dev.waggle.agent.doctor.Doctor]. It asks; the classes that end in `Check`
/// judge the answers and ask nobody. `swarm` and `inbox` implement what it asks for. It changes
/// nothing, and no secret reaches it.
@NullMarked
package dev.waggle.agent.doctor;

import org.jspecify.annotations.NullMarked;
