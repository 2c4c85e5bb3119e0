package io.moetool.kernels;

import java.lang.foreign.MemorySegment;

/**
 * Lengths of float32 rows and angles between them. Sums are float64, in the order of {@link
 * FixedSum}; the products they add are exact, so a length is right to about 16 digits however long
 * the row is.
 *
 * <p>Rows are segments of float32 in the machine's order, such as {@link FloatMatrix#row}. NaN in a
 * row gives NaN.
 */
public final class RowNorms {
  private static final Kernels KERNELS = Kernels.best();

  private RowNorms() {}

  /** Σ x². */
  public static double sumOfSquares(MemorySegment row) {
    return KERNELS.dot(row, row);
  }

  /** ‖x‖₂, the root of Σ x². */
  public static double l2(MemorySegment row) {
    return Math.sqrt(sumOfSquares(row));
  }

  /** ‖x‖₂ of every row, [rows]. */
  public static double[] l2(FloatMatrix matrix) {
    double[] norms = new double[matrix.rows()];
    for (int row = 0; row < norms.length; row++) {
      norms[row] = l2(matrix.row(row));
    }
    return norms;
  }

  /** ‖x‖∞, the largest magnitude; 0 of an empty row. */
  public static float maxAbs(MemorySegment row) {
    return KERNELS.maxAbs(row);
  }

  /**
   * Σ a·b.
   *
   * @throws IllegalArgumentException if the rows differ in length
   */
  public static double dot(MemorySegment a, MemorySegment b) {
    return KERNELS.dot(a, b);
  }

  /**
   * Cosine of the angle between two rows, within [-1, 1]; 0 if either row is all zeros, which
   * points nowhere.
   *
   * @throws IllegalArgumentException if the rows differ in length
   */
  public static double cosine(MemorySegment a, MemorySegment b) {
    double squares = Math.sqrt(sumOfSquares(a)) * Math.sqrt(sumOfSquares(b));
    double cosine = squares == 0 ? 0 : dot(a, b) / squares;
    return Math.clamp(cosine, -1.0, 1.0);
  }
}
