package io.moetool.analyzers.superexperts;

import java.util.Arrays;

/** Quantiles with linear interpolation at rank q·(n - 1), as NumPy has them by default. */
final class Quantile {
  private Quantile() {}

  /**
   * The quantile of at least one value.
   *
   * @param q between 0 and 1
   */
  static double of(double[] values, double q) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double rank = q * (sorted.length - 1);
    int below = (int) rank;
    if (below == sorted.length - 1) {
      return sorted[below];
    }
    return sorted[below] + (rank - below) * (sorted[below + 1] - sorted[below]);
  }
}
