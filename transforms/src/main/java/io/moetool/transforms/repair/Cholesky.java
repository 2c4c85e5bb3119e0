package io.moetool.transforms.repair;

/** A symmetric positive definite matrix as L Lᵀ, to solve equations with it. */
final class Cholesky {
  private final Matrix lower;

  private Cholesky(Matrix lower) {
    this.lower = lower;
  }

  /**
   * Factors a matrix.
   *
   * @param matrix symmetric and positive definite; its lower half is read
   */
  static Cholesky of(Matrix matrix) {
    int size = matrix.rows();
    Matrix lower = new Matrix(size, size);
    for (int i = 0; i < size; i++) {
      for (int j = 0; j <= i; j++) {
        double rest = matrix.get(i, j);
        for (int k = 0; k < j; k++) {
          rest -= lower.get(i, k) * lower.get(j, k);
        }
        if (i == j && !(rest > 0)) {
          throw new IllegalArgumentException(
              "not positive definite: pivot %d is %s".formatted(i, rest));
        }
        lower.set(i, j, i == j ? Math.sqrt(rest) : rest / lower.get(j, j));
      }
    }
    return new Cholesky(lower);
  }

  /** X with X A = B, row by row. */
  Matrix solveRows(Matrix b) {
    int size = lower.rows();
    Matrix solved = new Matrix(b.rows(), size);
    for (int row = 0; row < b.rows(); row++) {
      for (int i = 0; i < size; i++) {
        double rest = b.get(row, i);
        for (int k = 0; k < i; k++) {
          rest -= lower.get(i, k) * solved.get(row, k);
        }
        solved.set(row, i, rest / lower.get(i, i));
      }
      for (int i = size - 1; i >= 0; i--) {
        double rest = solved.get(row, i);
        for (int k = i + 1; k < size; k++) {
          rest -= lower.get(k, i) * solved.get(row, k);
        }
        solved.set(row, i, rest / lower.get(i, i));
      }
    }
    return solved;
  }
}
