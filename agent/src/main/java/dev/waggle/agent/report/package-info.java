/// Says how pushes ended. The entry type is [dev.waggle.agent.report.OutcomeLog].
@NullMarked
package dev.waggle.agent.report;

import org.jspecify.annotations.NullMarked;
