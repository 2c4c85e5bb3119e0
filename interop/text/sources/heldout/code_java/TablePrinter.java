package org.example.text;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Prints rows of cells in columns that line up.
 *
 * <p>A column is as wide as its widest cell. Cells are aligned to the left, unless every cell of the
 * column below the heading is a number.
 */
public class TablePrinter {
    private final List<String> headings;
    private final List<List<String>> rows = new ArrayList<>();

    private TablePrinter(List<String> headings) {
        this.headings = headings;
    }

    /** Returns a printer for a table with the given headings and no rows. */
    public static TablePrinter withHeadings(String... headings) {
        List<String> copy = new ArrayList<>();
        Collections.addAll(copy, headings);
        return new TablePrinter(copy);
    }

    /**
     * Adds a row below the others.
     *
     * @param cells the cells, of which {@code null} is printed as a dash
     * @return this printer
     * @throws IllegalArgumentException if there are more or fewer cells than headings
     */
    public TablePrinter addRow(Object... cells) {
        if (cells.length != headings.size()) {
            throw new IllegalArgumentException(
                "row has " + cells.length + " cells, table has " + headings.size() + " columns");
        }
        List<String> row = new ArrayList<>(cells.length);
        for (Object cell : cells) {
            row.add(cell == null ? "-" : cell.toString());
        }
        rows.add(row);
        return this;
    }

    /**
     * Writes the table.
     *
     * @param out where to write it
     * @throws IOException if {@code out} throws it
     */
    public void printTo(Appendable out) throws IOException {
        printRow(out, headings);
        for (List<String> row : rows) {
            printRow(out, row);
        }
    }

    private void printRow(Appendable out, List<String> row) throws IOException {
        for (int column = 0; column < row.size(); column++) {
            String cell = row.get(column);
            String padding = " ".repeat(width(column) - cell.length());
            if (column > 0) {
                out.append("  ");
            }
            out.append(isNumeric(column) ? padding + cell : cell + padding);
        }
        out.append('\n');
    }

    private int width(int column) {
        int width = headings.get(column).length();
        for (List<String> row : rows) {
            width = Math.max(width, row.get(column).length());
        }
        return width;
    }

    private boolean isNumeric(int column) {
        for (List<String> row : rows) {
            if (!row.get(column).matches("[-+]?[0-9]+(\\.[0-9]+)?")) {
                return false;
            }
        }
        return !rows.isEmpty();
    }
}
