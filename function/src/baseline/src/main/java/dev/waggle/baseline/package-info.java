/// The function as a tutorial would have it: a typed handler, data binding, the JDK's and the SDK's
/// own HTTP clients, made while initialising, and nothing done for a cold start beyond that. It
/// proves and sends the same pushes as Waggle's, with the same calls to the outside.
///
/// Entered at [dev.waggle.baseline.BaselineHandler]. Here to be measured against; never deployed.
@NullMarked
package dev.waggle.baseline;

import org.jspecify.annotations.NullMarked;
