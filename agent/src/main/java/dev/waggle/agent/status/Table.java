package dev.waggle.agent.status;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Rows of words under a head, aligned.
final class Table {

  private static final int MAX_COLUMNS = 120;
  private static final int BETWEEN = 2;

  /// A column is not cut below this: nobody could tell what it says.
  private static final int MIN_WIDTH = 16;

  private Table() {}

  /// Cuts the widest cells until the rows fit, as far as they can.
  static String of(List<List<String>> rows) {
    List<Integer> widths = widths(rows);
    StringBuilder table = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        String cell = cut(row.get(i), widths.get(i));
        line.append(cell).repeat(' ', widths.get(i) + BETWEEN - cell.length());
      }
      table.append(line.toString().stripTrailing()).append('\n');
    }
    return table.toString();
  }

  private static List<Integer> widths(List<List<String>> rows) {
    List<Integer> widths =
        IntStream.range(0, rows.getFirst().size())
            .mapToObj(i -> rows.stream().mapToInt(row -> row.get(i).length()).max().orElse(0))
            .collect(Collectors.toCollection(ArrayList::new));
    int tooMuch = widths.stream().mapToInt(width -> width + BETWEEN).sum() - BETWEEN - MAX_COLUMNS;
    while (tooMuch > 0 && Collections.max(widths) > MIN_WIDTH) {
      int widest = widths.indexOf(Collections.max(widths));
      widths.set(widest, widths.get(widest) - 1);
      tooMuch--;
    }
    return widths;
  }

  private static String cut(String cell, int width) {
    return cell.length() <= width ? cell : cell.substring(0, width - 1) + "…";
  }
}
