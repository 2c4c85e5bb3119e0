package io.moetool.runtime.linalg;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** The factor A = L Lᵀ of a symmetric positive definite matrix {@code [n, n]}, float64. */
public final class Cholesky {
  private final double[] lower;
  private final int n;

  private Cholesky(double[] lower, int n) {
    this.lower = lower;
    this.n = n;
  }

  /**
   * Factors a matrix, which stays as it is.
   *
   * @param matrix row-major, {@code [n, n]}; of the part above the diagonal nothing is read
   * @throws IllegalArgumentException if it holds NaN or infinite values
   * @throws ArithmeticException if it is not positive definite: add to its diagonal
   */
  public static Cholesky of(double[] matrix, int n) {
    requireSquare(matrix, n);
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment factor = scratch.allocateFrom(ValueLayout.JAVA_DOUBLE, matrix);
      int info = factor(factor, n);
      if (info < 0) {
        throw new IllegalArgumentException("a symmetric matrix holds NaN or infinite values");
      }
      if (info > 0) {
        throw new ArithmeticException(
            "a matrix is not positive definite: its leading minor of order %d is not"
                .formatted(info));
      }
      double[] lower = factor.toArray(ValueLayout.JAVA_DOUBLE);
      for (int row = 0; row < n; row++) {
        Arrays.fill(lower, row * n + row + 1, (row + 1) * n, 0);
      }
      return new Cholesky(lower, n);
    }
  }

  static void requireSquare(double[] matrix, int n) {
    if (n < 0 || matrix.length != Math.multiplyExact(n, n)) {
      throw new IllegalArgumentException(
          "%d values are no matrix of %d rows and columns".formatted(matrix.length, n));
    }
  }

  /** L, row-major {@code [n, n]}, zero above the diagonal. */
  public double[] lower() {
    return lower.clone();
  }

  /**
   * The X of A X = B.
   *
   * @param rightHandSides the columns of B one after the other, {@code [columns, n]}
   * @return the columns of X one after the other, {@code [columns, n]}
   */
  public double[] solve(double[] rightHandSides) {
    if (n == 0 || rightHandSides.length % n != 0) {
      throw new IllegalArgumentException(
          "%d values are no columns of %d".formatted(rightHandSides.length, n));
    }
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment factor = scratch.allocateFrom(ValueLayout.JAVA_DOUBLE, lower);
      MemorySegment columns = scratch.allocateFrom(ValueLayout.JAVA_DOUBLE, rightHandSides);
      int info = solve(factor, n, columns, rightHandSides.length / n);
      if (info != 0) {
        throw new IllegalArgumentException("right-hand sides hold NaN or infinite values");
      }
      return columns.toArray(ValueLayout.JAVA_DOUBLE);
    }
  }

  private static int factor(MemorySegment matrix, int n) {
    try {
      // Column by column, a row-major lower triangle is an upper one.
      return (int)
          OpenBlas.library()
              .cholesky()
              .invokeExact(OpenBlas.COLUMN_MAJOR, (byte) 'U', n, matrix, Math.max(1, n));
    } catch (Throwable e) {
      throw OpenBlas.rethrown(e);
    }
  }

  private static int solve(MemorySegment factor, int n, MemorySegment columns, int count) {
    try {
      return (int)
          OpenBlas.library()
              .choleskySolve()
              .invokeExact(OpenBlas.COLUMN_MAJOR, (byte) 'U', n, count, factor, n, columns, n);
    } catch (Throwable e) {
      throw OpenBlas.rethrown(e);
    }
  }
}
