/// Says how pushes ended: in the log, by [dev.waggle.agent.report.OutcomeLog], and to addresses
/// outside, by [dev.waggle.agent.report.Notifications]. Both say it in the words of one
/// [dev.waggle.agent.report.Report]. What a service is set to, its environment above all, is not
/// known here.
@NullMarked
package dev.waggle.agent.report;

import org.jspecify.annotations.NullMarked;
