/// Tells how rollouts ended: in the log, and to addresses outside.
///
/// The entry type is [dev.waggle.agent.outbox.Outbox]. Log and notifications use the words of one
/// `Report`. What a service is set to, its environment above all, is not known here.
@NullMarked
package dev.waggle.agent.outbox;

import org.jspecify.annotations.NullMarked;
