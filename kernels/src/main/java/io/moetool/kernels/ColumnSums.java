package io.moetool.kernels;

import java.lang.foreign.MemorySegment;

/**
 * Σ_t w_t x_t or Σ_t w_t x_t⊙x_t of float32 rows, [columns], accumulated in float64 row after row.
 */
public final class ColumnSums {
  private final double[] sums;

  /** Zeros for rows of {@code columns} values. */
  public ColumnSums(int columns) {
    this.sums = new double[columns];
  }

  /** Length of the rows. */
  public int columns() {
    return sums.length;
  }

  /**
   * Adds every row, in order.
   *
   * @param rows [tokens, columns]
   */
  public void add(FloatMatrix rows) {
    for (int row = 0; row < rows.rows(); row++) {
      add(rows.row(row), 1);
    }
  }

  /**
   * Adds weight·x.
   *
   * @param row x, float32, [columns]
   */
  public void add(MemorySegment row, double weight) {
    requireColumns(Layouts.count(row));
    Kernels.best().addScaled(sums, 0, row, weight);
  }

  /**
   * Adds weight·x⊙x.
   *
   * @param row x, float32, [columns]
   */
  public void addSquares(MemorySegment row, double weight) {
    requireColumns(Layouts.count(row));
    Kernels.best().addScaledSquares(sums, row, weight);
  }

  /** Adds other sums; add partial sums in a fixed order to get fixed bits. */
  public void add(ColumnSums other) {
    requireColumns(other.sums.length);
    for (int column = 0; column < sums.length; column++) {
      sums[column] += other.sums[column];
    }
  }

  /** The sum of one column. */
  public double get(int column) {
    return sums[column];
  }

  /** A copy of all sums, [columns]. */
  public double[] toArray() {
    return sums.clone();
  }

  private void requireColumns(int given) {
    if (given != sums.length) {
      throw new IllegalArgumentException(
          "a row of %d values does not fit %d column sums".formatted(given, sums.length));
    }
  }
}
