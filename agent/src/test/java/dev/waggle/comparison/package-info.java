/// Waggle beside other ways to the same end, on one private engine: a command typed by hand, a
/// webhook with a script, and a loop that looks for news.
///
/// The entry type is [dev.waggle.comparison.Comparison], which `agent/compare` starts. What is
/// measured goes into [dev.waggle.comparison.Results], and from there alone into tables and plots.
@NullMarked
package dev.waggle.comparison;

import org.jspecify.annotations.NullMarked;
