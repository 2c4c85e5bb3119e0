package io.moetool.runtime.linalg;

import io.moetool.kernels.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The singular value decomposition A = U diag(s) Vᵀ of a matrix {@code [m, n]}, with k = min(m, n)
 * (LAPACK's divide and conquer, {@code gesdd}), float32. The signs of a pair of vectors are not
 * determined.
 */
public final class ThinSvd {
  private final FloatMatrix left;
  private final float[] values;
  private final FloatMatrix right;

  private ThinSvd(FloatMatrix left, float[] values, FloatMatrix right) {
    this.left = left;
    this.values = values;
    this.right = right;
  }

  /**
   * Decomposes a matrix, which stays as it is.
   *
   * @param arena where the factors live
   * @throws IllegalArgumentException if it holds NaN or infinite values
   * @throws ArithmeticException if the iteration does not converge
   */
  public static ThinSvd of(Arena arena, FloatMatrix matrix) {
    int rows = matrix.rows();
    int columns = matrix.columns();
    int rank = Math.min(rows, columns);
    FloatMatrix left = FloatMatrix.allocate(arena, rows, rank);
    FloatMatrix right = FloatMatrix.allocate(arena, rank, columns);
    if (rank == 0) {
      return new ThinSvd(left, new float[0], right);
    }
    try (Arena scratch = Arena.ofConfined()) {
      FloatMatrix destroyed = FloatMatrix.allocate(scratch, rows, columns);
      destroyed.segment().copyFrom(matrix.segment());
      MemorySegment values = scratch.allocate(ValueLayout.JAVA_FLOAT, rank);
      // The library sees the transposed matrix, whose left factor is the right one here.
      int info = decompose(destroyed, values, right, left);
      if (info < 0) {
        throw new IllegalArgumentException(matrix + " holds NaN or infinite values");
      }
      if (info > 0) {
        throw new ArithmeticException("the singular values of " + matrix + " do not converge");
      }
      return new ThinSvd(left, values.toArray(ValueLayout.JAVA_FLOAT), right);
    }
  }

  /** U, {@code [m, k]}, orthonormal columns. */
  public FloatMatrix left() {
    return left;
  }

  /** s, {@code [k]}, not negative, descending. */
  public float[] values() {
    return values.clone();
  }

  /** Vᵀ, {@code [k, n]}, orthonormal rows. */
  public FloatMatrix right() {
    return right;
  }

  private static int decompose(
      FloatMatrix matrix, MemorySegment values, FloatMatrix right, FloatMatrix left) {
    try {
      return (int)
          OpenBlas.library()
              .singularValues()
              .invokeExact(
                  OpenBlas.COLUMN_MAJOR,
                  (byte) 'S',
                  matrix.columns(),
                  matrix.rows(),
                  matrix.segment(),
                  matrix.columns(),
                  values,
                  right.segment(),
                  right.columns(),
                  left.segment(),
                  left.columns());
    } catch (Throwable e) {
      throw OpenBlas.rethrown(e);
    }
  }
}
