package io.moetool.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Lines of text in columns; numbers are flush right. */
final class Table {
  private static final String GAP = "  ";

  private final List<List<String>> rows = new ArrayList<>();

  /** A table with these column headings. */
  static Table of(String... headings) {
    return new Table().row((Object[]) headings);
  }

  /** Appends a line. */
  Table row(Object... cells) {
    rows.add(Arrays.stream(cells).map(String::valueOf).toList());
    return this;
  }

  /** All lines, each behind {@code indent}. */
  String render(String indent) {
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    int[] widths = new int[columns];
    boolean[] numeric = new boolean[columns];
    for (int column = 0; column < columns; column++) {
      numeric[column] = true;
      for (int row = 0; row < rows.size(); row++) {
        String cell = cell(row, column);
        widths[column] = Math.max(widths[column], cell.length());
        numeric[column] &= row == 0 || cell.isEmpty() || startsLikeANumber(cell);
      }
    }
    StringBuilder text = new StringBuilder();
    for (int row = 0; row < rows.size(); row++) {
      StringBuilder line = new StringBuilder(indent);
      for (int column = 0; column < columns; column++) {
        String cell = cell(row, column);
        String padding = " ".repeat(widths[column] - cell.length());
        line.append(numeric[column] ? padding + cell : cell + padding).append(GAP);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private String cell(int row, int column) {
    List<String> cells = rows.get(row);
    return column < cells.size() ? cells.get(column) : "";
  }

  private static boolean startsLikeANumber(String cell) {
    char first = cell.charAt(0);
    return Character.isDigit(first)
        || ((first == '-' || first == '+')
            && cell.length() > 1
            && Character.isDigit(cell.charAt(1)));
  }
}
