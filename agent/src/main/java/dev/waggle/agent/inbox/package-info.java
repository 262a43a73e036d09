/// Takes pushes from the queue into the records of the services that want them.
///
/// The entry type is [dev.waggle.agent.inbox.Inbox]. Nothing here knows how a push is rolled.
@NullMarked
package dev.waggle.agent.inbox;

import org.jspecify.annotations.NullMarked;
