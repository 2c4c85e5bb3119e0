package io.moetool.transforms.validate;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Percentile bootstrap of means per token (Efron and Tibshirani, An Introduction to the Bootstrap,
 * 1993, chapter 13). Sequences are drawn with replacement, because tokens of one sequence are not
 * independent; within each domain, because how many sequences a domain has was chosen and not
 * found. A domain of one sequence therefore adds nothing to the width. The same input gives the
 * same bounds.
 */
final class Bootstrap {
  static final double CONFIDENCE = 0.95;
  static final int RESAMPLES = 2000;
  static final long SEED = 0;

  private final List<int[]> domains;
  private final double[] tokens;
  private final int resamples;

  /**
   * A bootstrap of these sequences.
   *
   * @param domains the sequences of each domain
   * @param tokens predicted tokens of each sequence
   */
  Bootstrap(List<int[]> domains, double[] tokens, int resamples) {
    this.domains = List.copyOf(domains);
    this.tokens = tokens.clone();
    this.resamples = resamples;
  }

  /**
   * Intervals of quantities per token.
   *
   * @param sums of each quantity, the sum over the tokens of each sequence
   */
  List<Interval> intervals(List<double[]> sums) {
    double[][] means = new double[sums.size()][resamples];
    double[] drawn = new double[sums.size()];
    SplittableRandom random = new SplittableRandom(SEED);
    for (int resample = 0; resample < resamples; resample++) {
      double count = 0;
      Arrays.fill(drawn, 0);
      for (int[] domain : domains) {
        for (int draw = 0; draw < domain.length; draw++) {
          int sequence = domain[random.nextInt(domain.length)];
          count += tokens[sequence];
          for (int quantity = 0; quantity < drawn.length; quantity++) {
            drawn[quantity] += sums.get(quantity)[sequence];
          }
        }
      }
      for (int quantity = 0; quantity < drawn.length; quantity++) {
        means[quantity][resample] = drawn[quantity] / count;
      }
    }
    return IntStream.range(0, drawn.length).mapToObj(quantity -> inner(means[quantity])).toList();
  }

  private static Interval inner(double[] values) {
    Arrays.sort(values);
    double tail = (1 - CONFIDENCE) / 2;
    return new Interval(quantile(values, tail), quantile(values, 1 - tail));
  }

  /** Between the two values whose ranks are nearest, in proportion. */
  static double quantile(double[] sorted, double share) {
    double rank = share * (sorted.length - 1);
    int below = (int) rank;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
  }
}
