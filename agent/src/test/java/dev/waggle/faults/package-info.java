/// What the whole chain does while its parts fail: runs that a seed determines, and what must be
/// true after each.
///
/// The entry type is [dev.waggle.faults.FaultCampaignIT]. A [dev.waggle.faults.Planner] makes a
/// plan from a seed, a [dev.waggle.faults.Lane] carries it out, and [dev.waggle.faults.Invariants]
/// judges what was observed from the outside.
@NullMarked
package dev.waggle.faults;

import org.jspecify.annotations.NullMarked;
