package io.moetool.runtime.linalg;

import io.moetool.kernels.FloatMatrix;

/** Products of dense matrices, float32. */
public final class MatrixProduct {
  private MatrixProduct() {}

  /**
   * C = A B.
   *
   * @param a {@code [m, k]}
   * @param b {@code [k, n]}
   * @param c receives the product, {@code [m, n]}
   */
  public static void multiply(FloatMatrix a, FloatMatrix b, FloatMatrix c) {
    require(a.columns() == b.rows() && fits(c, a.rows(), b.columns()), a, b, c);
    product(a, false, b, false, c, a.columns());
  }

  /**
   * C = A Bᵀ.
   *
   * @param a {@code [m, k]}
   * @param b {@code [n, k]}
   * @param c receives the product, {@code [m, n]}
   */
  public static void multiplyByTransposed(FloatMatrix a, FloatMatrix b, FloatMatrix c) {
    require(a.columns() == b.columns() && fits(c, a.rows(), b.rows()), a, b, c);
    product(a, false, b, true, c, a.columns());
  }

  /**
   * C = Aᵀ B.
   *
   * @param a {@code [k, m]}
   * @param b {@code [k, n]}
   * @param c receives the product, {@code [m, n]}
   */
  public static void multiplyTransposed(FloatMatrix a, FloatMatrix b, FloatMatrix c) {
    require(a.rows() == b.rows() && fits(c, a.columns(), b.columns()), a, b, c);
    product(a, true, b, false, c, a.rows());
  }

  private static boolean fits(FloatMatrix c, int rows, int columns) {
    return c.rows() == rows && c.columns() == columns;
  }

  private static void require(boolean fits, FloatMatrix a, FloatMatrix b, FloatMatrix c) {
    if (!fits) {
      throw new IllegalArgumentException("%s is no such product of %s and %s".formatted(c, a, b));
    }
  }

  private static void product(
      FloatMatrix a,
      boolean aTransposed,
      FloatMatrix b,
      boolean bTransposed,
      FloatMatrix c,
      int k) {
    try {
      OpenBlas.library()
          .multiply()
          .invokeExact(
              OpenBlas.ROW_MAJOR,
              aTransposed ? OpenBlas.TRANSPOSED : OpenBlas.PLAIN,
              bTransposed ? OpenBlas.TRANSPOSED : OpenBlas.PLAIN,
              c.rows(),
              c.columns(),
              k,
              1f,
              a.segment(),
              Math.max(1, a.columns()),
              b.segment(),
              Math.max(1, b.columns()),
              0f,
              c.segment(),
              Math.max(1, c.columns()));
    } catch (Throwable e) {
      throw OpenBlas.rethrown(e);
    }
  }
}
