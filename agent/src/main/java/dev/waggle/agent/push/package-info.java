/// What a push is: a repository, a tag, a digest and a time. Values without any behaviour towards
/// the outside.
///
/// The entry type is [dev.waggle.agent.push.Push].
@NullMarked
package dev.waggle.agent.push;

import org.jspecify.annotations.NullMarked;
