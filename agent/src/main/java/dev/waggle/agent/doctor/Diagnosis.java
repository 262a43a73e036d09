package dev.waggle.agent.doctor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.agent.doctor.Finding.Check;
import dev.waggle.agent.doctor.Finding.Grade;
import dev.waggle.agent.service.Words;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// All findings of an examination.
///
/// @param findings in the order of the checks
public record Diagnosis(List<Finding> findings) {

  private static final int GRADE = longest(Grade.values());
  private static final int CHECK = longest(Check.values());

  /// Puts them in order.
  public Diagnosis {
    findings = findings.stream().sorted(Comparator.comparing(Finding::check)).toList();
  }

  private static int longest(Object[] words) {
    return Arrays.stream(words).mapToInt(word -> word.toString().length()).max().orElseThrow();
  }

  /// Whether there is no problem; there may be warnings.
  public boolean isGood() {
    return findings.stream().noneMatch(finding -> finding.grade() == Grade.PROBLEM);
  }

  /// The findings for a person to read, a line each.
  public String text() {
    StringBuilder text = new StringBuilder();
    for (Finding finding : findings) {
      text.append(column(finding.grade().toString(), GRADE))
          .append(column(finding.check().toString(), CHECK))
          .append(Words.oneLine(finding.found()));
      if (!finding.remedy().isEmpty()) {
        text.append(" -> ").append(Words.oneLine(finding.remedy()));
      }
      text.append('\n');
    }
    return text.toString();
  }

  private static String column(String word, int width) {
    return word + " ".repeat(width + 2 - word.length());
  }

  /// The findings for a program to read: fields may be added, none will change its meaning.
  public String json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("good", isGood());
    ArrayNode list = json.putArray("findings");
    for (Finding finding : findings) {
      list.addObject()
          .put("check", finding.check().toString())
          .put("grade", finding.grade().toString())
          .put("found", finding.found())
          .put("remedy", finding.remedy());
    }
    return json.toPrettyString() + "\n";
  }
}
