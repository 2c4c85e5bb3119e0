package io.moetool.kernels;

import java.util.Arrays;

/**
 * The linear assignment problem: a permutation of the columns of a square cost matrix with the
 * smallest sum of costs (shortest augmenting paths with dual prices, as by Jonker and Volgenant,
 * Computing 38, 1987). Exact up to float64 rounding, O(n³). Of equally good next steps the one with
 * the lowest column is taken, so the same costs give the same assignment everywhere.
 */
public final class LinearAssignment {
  private static final int NOBODY = -1;

  private final FloatMatrix costs;
  private final int size;
  private final double[] rowPrices;
  private final double[] columnPrices;
  private final int[] rowOfColumn;

  private LinearAssignment(FloatMatrix costs) {
    this.costs = costs;
    this.size = costs.rows();
    this.rowPrices = new double[size];
    this.columnPrices = new double[size];
    this.rowOfColumn = new int[size];
    Arrays.fill(rowOfColumn, NOBODY);
  }

  /**
   * The best assignment.
   *
   * @param costs finite, {@code [n, n]}
   * @return the column of every row, each column once
   * @throws IllegalArgumentException if the matrix is not square, or a cost is not finite
   */
  public static int[] of(FloatMatrix costs) {
    if (costs.rows() != costs.columns()) {
      throw new IllegalArgumentException(costs + " is not square");
    }
    LinearAssignment problem = new LinearAssignment(costs);
    float[] row = new float[problem.size];
    for (int i = 0; i < problem.size; i++) {
      costs.copyRowTo(i, row);
      requireFinite(i, row);
      problem.assign(i);
    }
    int[] columns = new int[problem.size];
    for (int column = 0; column < problem.size; column++) {
      columns[problem.rowOfColumn[column]] = column;
    }
    return columns;
  }

  private static void requireFinite(int index, float[] row) {
    for (int column = 0; column < row.length; column++) {
      if (!Float.isFinite(row[column])) {
        throw new IllegalArgumentException(
            "cost [%d,%d] is %s".formatted(index, column, row[column]));
      }
    }
  }

  /** Finds the cheapest chain of reassignments that gives a further row a column. */
  private void assign(int newRow) {
    double[] distance = new double[size];
    int[] before = new int[size];
    boolean[] reached = new boolean[size];
    Arrays.fill(distance, Double.POSITIVE_INFINITY);
    Arrays.fill(before, NOBODY);
    float[] costsOfRow = new float[size];
    int row = newRow;
    int column = NOBODY;
    double base = 0;
    do {
      costs.copyRowTo(row, costsOfRow);
      int next = NOBODY;
      for (int j = 0; j < size; j++) {
        if (reached[j]) {
          continue;
        }
        double candidate = base + costsOfRow[j] - rowPrices[row] - columnPrices[j];
        if (candidate < distance[j]) {
          distance[j] = candidate;
          before[j] = column;
        }
        if (next == NOBODY || distance[j] < distance[next]) {
          next = j;
        }
      }
      column = next;
      base = distance[column];
      reached[column] = true;
      row = rowOfColumn[column];
    } while (row != NOBODY);
    raisePrices(newRow, base, distance, reached, column);
    while (column != NOBODY) {
      int previous = before[column];
      rowOfColumn[column] = previous == NOBODY ? newRow : rowOfColumn[previous];
      column = previous;
    }
  }

  private void raisePrices(
      int newRow, double length, double[] distance, boolean[] reached, int last) {
    rowPrices[newRow] += length;
    for (int j = 0; j < size; j++) {
      if (reached[j] && j != last) {
        rowPrices[rowOfColumn[j]] += length - distance[j];
        columnPrices[j] -= length - distance[j];
      }
    }
  }
}
