package io.moetool.analyzers.redundancy;

import io.moetool.analyzers.statistics.SumMatrix;
import java.util.ArrayList;
import java.util.Comparator;
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
    List<Pair> pairs = new ArrayList<>();
    double sum = 0;
    for (int i = 0; i < products.rows(); i++) {
      for (int j = i + 1; j < products.rows(); j++) {
        double cosine = products.cosine(i, j);
        sum += cosine;
        pairs.add(new Pair(i, j, cosine));
      }
    }
    return new ExpertSimilarity(
        pairs.isEmpty() ? 0 : sum / pairs.size(),
        pairs.stream()
            .sorted(Comparator.comparingDouble(Pair::similarity).reversed())
            .limit(PAIRS)
            .toList());
  }
}
