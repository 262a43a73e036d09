/// What `./demo` shows: one push from Docker Hub's delivery to the converged service, and what
/// becomes of pushes that are not so good.
///
/// The entry type is [dev.waggle.demo.Demo].
@NullMarked
package dev.waggle.demo;

import org.jspecify.annotations.NullMarked;
