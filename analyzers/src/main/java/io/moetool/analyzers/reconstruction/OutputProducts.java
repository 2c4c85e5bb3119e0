package io.moetool.analyzers.reconstruction;

import io.moetool.kernels.FloatMatrix;
import java.lang.foreign.Arena;

/**
 * Inner products of the outputs of every two experts, token by token, in float32: all that is
 * needed to know how far two weighted sums of outputs lie apart, in E(E+1)/2 numbers a token
 * instead of E·H.
 */
public final class OutputProducts {
  private final int experts;
  private final FloatMatrix products;

  private OutputProducts(int experts, FloatMatrix products) {
    this.experts = experts;
    this.products = products;
  }

  /** Products of zero. */
  public OutputProducts(Arena arena, int tokens, int experts) {
    this(experts, FloatMatrix.allocate(arena, tokens, Math.toIntExact(perToken(experts))));
  }

  /** A copy of those of some tokens. */
  public OutputProducts of(Arena arena, int[] tokens) {
    OutputProducts some = new OutputProducts(arena, tokens.length, experts);
    for (int row = 0; row < tokens.length; row++) {
      some.products.copyRowFrom(row, products, tokens[row]);
    }
    return some;
  }

  /** Numbers a token takes. */
  public static long perToken(int experts) {
    return (long) experts * (experts + 1) / 2;
  }

  /** Number of tokens. */
  public int tokens() {
    return products.rows();
  }

  /** Number of experts, E. */
  public int experts() {
    return experts;
  }

  /** Sets f_i · f_j of a token. */
  public void set(int token, int i, int j, double product) {
    products.set(token, place(i, j), (float) product);
  }

  /** f_i · f_j of a token. */
  public double get(int token, int i, int j) {
    return products.get(token, place(i, j));
  }

  /** ‖Σ_k w_k f_k‖² of a token over the first {@code count} of some experts, each named once. */
  double squaredLength(int token, int[] named, double[] weights, int count) {
    double sum = 0;
    for (int a = 0; a < count; a++) {
      sum += weights[a] * weights[a] * get(token, named[a], named[a]);
      for (int b = 0; b < a; b++) {
        sum += 2 * weights[a] * weights[b] * get(token, named[a], named[b]);
      }
    }
    return Math.max(sum, 0);
  }

  private int place(int i, int j) {
    int low = Math.min(i, j);
    int high = Math.max(i, j);
    return low * experts - low * (low - 1) / 2 + high - low;
  }
}
