package io.moetool.kernels;

/**
 * A symmetric positive definite matrix as Uᵀ U, in float64. Elements are computed in one order, so
 * the same matrix gives the same bits everywhere.
 */
public final class Cholesky {
  /** Row i holds columns i and above. */
  private final double[][] upper;

  private Cholesky(double[][] upper) {
    this.upper = upper;
  }

  /**
   * Factors a matrix.
   *
   * @param matrix row i holds columns i and above; becomes the factor
   * @throws IllegalArgumentException if it is not positive definite
   */
  public static Cholesky of(double[][] matrix) {
    for (int k = 0; k < matrix.length; k++) {
      double[] row = matrix[k];
      if (!(row[0] > 0 && row[0] < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "no positive definite matrix: pivot %d of %d is %s"
                .formatted(k, matrix.length, row[0]));
      }
      double pivot = Math.sqrt(row[0]);
      for (int j = 0; j < row.length; j++) {
        row[j] /= pivot;
      }
      for (int i = 1; i < row.length; i++) {
        subtract(matrix[k + i], row[i], row, i);
      }
    }
    return new Cholesky(matrix);
  }

  /**
   * Solves Uᵀ U X = B.
   *
   * @param rows B, {@code [n, m]}; becomes X
   */
  public void solve(double[][] rows) {
    int size = upper.length;
    for (int i = 0; i < size; i++) {
      divide(rows[i], upper[i][0]);
      for (int j = 1; j < upper[i].length; j++) {
        subtract(rows[i + j], upper[i][j], rows[i], 0);
      }
    }
    for (int i = size - 1; i >= 0; i--) {
      for (int j = 1; j < upper[i].length; j++) {
        subtract(rows[i], upper[i][j], rows[i + j], 0);
      }
      divide(rows[i], upper[i][0]);
    }
  }

  private static void divide(double[] row, double divisor) {
    for (int i = 0; i < row.length; i++) {
      row[i] /= divisor;
    }
  }

  /** target[i] -= factor · row[from + i]. */
  private static void subtract(double[] target, double factor, double[] row, int from) {
    for (int i = 0; i < target.length; i++) {
      target[i] -= factor * row[from + i];
    }
  }
}
