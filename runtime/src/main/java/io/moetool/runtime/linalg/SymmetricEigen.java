package io.moetool.runtime.linalg;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix {@code [n, n]} (LAPACK's divide and conquer,
 * {@code syevd}), float64. The sign of a vector is not determined.
 */
public final class SymmetricEigen {
  private final double[] values;
  private final double[] vectors;

  private SymmetricEigen(double[] values, double[] vectors) {
    this.values = values;
    this.vectors = vectors;
  }

  /**
   * Decomposes a matrix, which stays as it is.
   *
   * @param matrix row-major, {@code [n, n]}; of the part above the diagonal nothing is read
   * @throws IllegalArgumentException if it holds NaN or infinite values
   * @throws ArithmeticException if the iteration does not converge
   */
  public static SymmetricEigen of(double[] matrix, int n) {
    Cholesky.requireSquare(matrix, n);
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment vectors = scratch.allocateFrom(ValueLayout.JAVA_DOUBLE, matrix);
      MemorySegment values = scratch.allocate(ValueLayout.JAVA_DOUBLE, n);
      int info = decompose(vectors, n, values);
      if (info < 0) {
        throw new IllegalArgumentException("a symmetric matrix holds NaN or infinite values");
      }
      if (info > 0) {
        throw new ArithmeticException("the eigenvalues of a symmetric matrix do not converge");
      }
      return new SymmetricEigen(
          values.toArray(ValueLayout.JAVA_DOUBLE), vectors.toArray(ValueLayout.JAVA_DOUBLE));
    }
  }

  /** The eigenvalues, {@code [n]}, ascending. */
  public double[] values() {
    return values.clone();
  }

  /** The eigenvectors, {@code [n, n]}, row i belongs to value i; orthonormal. */
  public double[] vectors() {
    return vectors.clone();
  }

  private static int decompose(MemorySegment matrix, int n, MemorySegment values) {
    try {
      // Column by column, a row-major lower triangle is an upper one.
      return (int)
          OpenBlas.library()
              .eigenvalues()
              .invokeExact(
                  OpenBlas.COLUMN_MAJOR, (byte) 'V', (byte) 'U', n, matrix, Math.max(1, n), values);
    } catch (Throwable e) {
      throw OpenBlas.rethrown(e);
    }
  }
}
