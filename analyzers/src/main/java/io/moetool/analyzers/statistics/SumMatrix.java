package io.moetool.analyzers.statistics;

import java.util.Objects;

/** A {@code [rows, columns]} matrix of float64 sums. Immutable. */
public final class SumMatrix {
  private final int rows;
  private final int columns;
  private final double[] values;

  private SumMatrix(int rows, int columns, double[] values) {
    this.rows = rows;
    this.columns = columns;
    this.values = values;
  }

  /** Takes over row-major values, which the caller no longer changes. */
  static SumMatrix over(int rows, int columns, double[] values) {
    if (values.length != Math.multiplyExact(rows, columns)) {
      throw new IllegalArgumentException(
          "%d values for [%d,%d]".formatted(values.length, rows, columns));
    }
    return new SumMatrix(rows, columns, values);
  }

  /** Number of rows. */
  public int rows() {
    return rows;
  }

  /** Length of a row. */
  public int columns() {
    return columns;
  }

  /** One value. */
  public double get(int row, int column) {
    return values[Objects.checkIndex(row, rows) * columns + Objects.checkIndex(column, columns)];
  }

  /**
   * Where this matrix holds inner products of vectors: the cosine of two of them, within [-1, 1]; 0 if
   * either is all zeros.
   */
  public double cosine(int i, int j) {
    double lengths = Math.sqrt(get(i, i)) * Math.sqrt(get(j, j));
    return lengths == 0 ? 0 : Math.clamp(get(i, j) / lengths, -1.0, 1.0);
  }

  /** All values, row after row, not to be changed. */
  double[] values() {
    return values;
  }

  SumMatrix plus(SumMatrix other) {
    double[] sums = new double[values.length];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = values[i] + other.values[i];
    }
    return new SumMatrix(rows, columns, sums);
  }
}
