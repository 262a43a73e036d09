package dev.waggle.agent.status;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/// Rows of words under a head, aligned.
final class Table {

  private static final int MOST_COLUMNS = 120;
  private static final int BETWEEN = 2;

  /// A column is not cut below this: nobody could tell what it says.
  private static final int LEAST = 16;

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
    Integer[] widths = new Integer[rows.getFirst().size()];
    Arrays.fill(widths, 0);
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    List<Integer> fitting = new ArrayList<>(List.of(widths));
    int tooMuch =
        fitting.stream().mapToInt(width -> width + BETWEEN).sum() - BETWEEN - MOST_COLUMNS;
    while (tooMuch > 0 && Collections.max(fitting) > LEAST) {
      int widest = fitting.indexOf(Collections.max(fitting));
      fitting.set(widest, fitting.get(widest) - 1);
      tooMuch--;
    }
    return fitting;
  }

  private static String cut(String cell, int width) {
    return cell.length() <= width ? cell : cell.substring(0, width - 1) + "…";
  }
}
