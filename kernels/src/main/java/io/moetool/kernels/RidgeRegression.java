package io.moetool.kernels;

import java.util.Arrays;

/**
 * Least squares with a ridge: the matrix D that minimises Σ ‖r - D p‖² + λ ‖D‖² over pairs of rows
 * p, [I], and r, [O]. It is C (G + λ)⁻¹ with G = Σ p pᵀ and C = Σ r pᵀ. Sums are float64, added up
 * row after row: the order of rows is the only thing the bits depend on.
 */
public final class RidgeRegression {
  private final Gram gram;

  /** Row i holds Σ p_i r. */
  private final double[][] products;

  private final int outputs;
  private double energy;

  /** No rows yet. */
  public RidgeRegression(int inputs, int outputs) {
    this.gram = new Gram(inputs);
    this.products = new double[inputs][outputs];
    this.outputs = outputs;
  }

  /** The best matrix, and what it is worth. */
  public static final class Solution {
    private final double[][] transposed;
    private final double errorBefore;
    private final double errorAfter;

    private Solution(double[][] transposed, double errorBefore, double errorAfter) {
      this.transposed = transposed;
      this.errorBefore = errorBefore;
      this.errorAfter = errorAfter;
    }

    /** An element of D. */
    public double get(int output, int input) {
      return transposed[input][output];
    }

    /** Σ ‖r‖². */
    public double errorBefore() {
      return errorBefore;
    }

    /** Σ ‖r - D p‖²; never larger. */
    public double errorAfter() {
      return errorAfter;
    }
  }

  /**
   * Adds pairs of rows, in order.
   *
   * @param p float32, {@code [rows, I]}
   * @param r float32, {@code [rows, O]}
   */
  public void add(FloatMatrix p, FloatMatrix r) {
    if (p.rows() != r.rows() || p.columns() != gram.columns() || r.columns() != outputs) {
      throw new IllegalArgumentException(
          "%s and %s are no pairs of %d and %d values".formatted(p, r, gram.columns(), outputs));
    }
    Kernels kernels = Kernels.best();
    gram.add(p);
    for (int i = 0; i < products.length; i++) {
      for (int row = 0; row < p.rows(); row++) {
        kernels.addScaled(products[i], 0, r.row(row), p.get(row, i));
      }
    }
    for (int row = 0; row < r.rows(); row++) {
      energy += kernels.dot(r.row(row), r.row(row));
    }
  }

  /**
   * Solves for D.
   *
   * @param ridge λ as a share of the mean of G's diagonal, above 0
   */
  public Solution solve(double ridge) {
    double[][] solution = Arrays.stream(products).map(double[]::clone).toArray(double[][]::new);
    double lambda = ridge * trace() / products.length;
    if (lambda == 0) {
      // Without inputs there is nothing to fit: C is zero, too.
      return new Solution(solution, energy, energy);
    }
    double[][] upper = new double[products.length][];
    for (int i = 0; i < upper.length; i++) {
      upper[i] = gram.upper(i);
      upper[i][0] += lambda;
    }
    Cholesky.of(upper).solve(solution);
    return new Solution(solution, energy, Math.max(0, energy - explained(solution, lambda)));
  }

  private double trace() {
    double trace = 0;
    for (int i = 0; i < products.length; i++) {
      trace += gram.get(i, i);
    }
    return trace;
  }

  /** 2 ⟨D, C⟩ - ⟨D G, D⟩, where D G = C - λ D. */
  private double explained(double[][] solution, double lambda) {
    double sum = 0;
    for (int i = 0; i < solution.length; i++) {
      for (int o = 0; o < outputs; o++) {
        sum += solution[i][o] * (products[i][o] + lambda * solution[i][o]);
      }
    }
    return sum;
  }
}
