package io.moetool.kernels;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Σ_t z_t z_tᵀ of float32 rows, [columns, columns], accumulated in float64 row after row. The
 * products are exact, so the matrix is exactly symmetric. The order of rows is the only thing the
 * bits depend on.
 */
public final class Gram {
  private final int columns;

  /** Row i holds columns i and above; the rest follows by symmetry. */
  private final double[][] upper;

  /** A matrix of zeros over rows of {@code columns} values. */
  public Gram(int columns) {
    this.columns = columns;
    this.upper = new double[columns][];
    for (int i = 0; i < columns; i++) {
      upper[i] = new double[columns - i];
    }
  }

  /** Extent of the matrix. */
  public int columns() {
    return columns;
  }

  /**
   * Adds z zᵀ for every row, in order.
   *
   * @param rows [tokens, columns]
   */
  public void add(FloatMatrix rows) {
    requireColumns(rows.columns());
    Kernels kernels = Kernels.best();
    // A row of the matrix stays in the cache while all rows are added to it.
    for (int i = 0; i < columns; i++) {
      long from = (long) i * Float.BYTES;
      for (int row = 0; row < rows.rows(); row++) {
        kernels.addScaled(upper[i], 0, rows.row(row).asSlice(from), rows.get(row, i));
      }
    }
  }

  /**
   * Adds z zᵀ.
   *
   * @param row z, float32, [columns]
   */
  public void add(MemorySegment row) {
    requireColumns(Layouts.count(row));
    Kernels kernels = Kernels.best();
    for (int i = 0; i < columns; i++) {
      double factor = row.getAtIndex(Layouts.FLOAT, i);
      kernels.addScaled(upper[i], 0, row.asSlice((long) i * Float.BYTES), factor);
    }
  }

  /** A copy of row i from its diagonal on, [columns - i]. */
  double[] upper(int i) {
    return upper[i].clone();
  }

  /** Adds another sum; add partial sums in a fixed order to get fixed bits. */
  public void add(Gram other) {
    requireColumns(other.columns);
    for (int i = 0; i < columns; i++) {
      for (int j = 0; j < upper[i].length; j++) {
        upper[i][j] += other.upper[i][j];
      }
    }
  }

  /** Σ z_i z_j. */
  public double get(int i, int j) {
    Objects.checkIndex(i, columns);
    Objects.checkIndex(j, columns);
    return i <= j ? upper[i][j - i] : upper[j][i - j];
  }

  /**
   * Cosine of columns i and j over all rows, within [-1, 1]; 0 if either is all zeros. The distance
   * of the normalised columns is √(2 - 2·cosine).
   */
  public double cosine(int i, int j) {
    double squares = Math.sqrt(get(i, i)) * Math.sqrt(get(j, j));
    return squares == 0 ? 0 : Math.clamp(get(i, j) / squares, -1.0, 1.0);
  }

  private void requireColumns(int given) {
    if (given != columns) {
      throw new IllegalArgumentException(
          "%d columns do not fit a Gram matrix of %d".formatted(given, columns));
    }
  }
}
