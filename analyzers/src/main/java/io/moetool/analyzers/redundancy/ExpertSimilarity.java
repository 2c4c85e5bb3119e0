package io.moetool.analyzers.redundancy;

import io.moetool.analyzers.statistics.SumMatrix;
import java.util.List;

/**
 * How alike the experts of one layer are by one measure, between -1 and 1.
 *
 * @param mean over all pairs of different experts; 0 if there is only one expert
 * @param closest the most similar pairs, most similar first
 */
public record ExpertSimilarity(double mean, List<Pair> closest) {
  private static final int PAIRS = 8;

  public ExpertSimilarity {
    closest = List.copyOf(closest);
  }

  /**
   * Two experts.
   *
   * @param first the lower index
   * @param second the higher index
   * @param similarity between -1 and 1
   */
  public record Pair(int first, int second, double similarity) {}

  /** Cosines between the vectors of experts whose inner products are given, {@code [E, E]}. */
  static ExpertSimilarity ofCosines(SumMatrix products) {
    return of(products, products::cosine);
  }

  /** Similarities of the experts that a matrix has rows of. */
  static ExpertSimilarity of(SumMatrix rows, SumMatrix.PairValue similarity) {
    double sum = 0;
    long pairs = 0;
    for (int i = 0; i < rows.rows(); i++) {
      for (int j = i + 1; j < rows.rows(); j++) {
        sum += similarity.of(i, j);
        pairs++;
      }
    }
    return new ExpertSimilarity(
        pairs == 0 ? 0 : sum / pairs,
        rows.largestPairs(PAIRS, similarity).stream()
            .map(pair -> new Pair(pair.first(), pair.second(), pair.value()))
            .toList());
  }
}
