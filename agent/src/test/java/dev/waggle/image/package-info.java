/// The agent's image: the rehearsal in its build, and tests of what comes out.
@NullMarked
package dev.waggle.image;

import org.jspecify.annotations.NullMarked;
