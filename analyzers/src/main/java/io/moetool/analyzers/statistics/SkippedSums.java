package io.moetool.analyzers.statistics;

/** What {@link MatrixStatistic#SKIPPED} holds, while it grows. */
final class SkippedSums {
  private final double[] sums = new double[SkipRule.ROWS * SkipRule.COLUMNS];

  /**
   * Counts a token in.
   *
   * @param weights coefficients of the chosen experts, best first
   * @param logits their logits
   * @param scores their scores
   * @param totalScore scores of all experts, added up
   * @param lengths ‖g f‖ of each
   * @param added ‖o‖ of what they add together
   */
  void add(
      double[] weights,
      double[] logits,
      double[] scores,
      double totalScore,
      double[] lengths,
      double added) {
    double largest = 0;
    for (double weight : weights) {
      largest = Math.max(largest, weight);
    }
    for (int rank = 0; rank < weights.length; rank++) {
      double bound = added == 0 ? 0 : lengths[rank] / added;
      double ratio = largest == 0 ? 1 : weights[rank] / largest;
      double better = totalScore == 0 ? 0 : better(scores, rank) / totalScore;
      add(SkipRule.RANK, SkipRule.ofRank(rank), weights[rank], bound);
      add(SkipRule.SHARE, SkipRule.ofShare(better), weights[rank], bound);
      add(SkipRule.RATIO, SkipRule.ofRatio(ratio), weights[rank], bound);
      add(SkipRule.LOGIT, SkipRule.ofLogit(logits[rank]), weights[rank], bound);
    }
  }

  /** Scores that are larger, or as large and before it. */
  private static double better(double[] scores, int rank) {
    double sum = 0;
    for (int other = 0; other < scores.length; other++) {
      if (scores[other] > scores[rank] || (scores[other] == scores[rank] && other < rank)) {
        sum += scores[other];
      }
    }
    return sum;
  }

  private void add(SkipRule rule, int step, double weight, double bound) {
    int place = rule.row(step) * SkipRule.COLUMNS;
    sums[place]++;
    sums[place + 1] += weight;
    sums[place + 2] += bound;
  }

  /** Counts other sums in. */
  void add(SkippedSums other) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += other.sums[i];
    }
  }

  SumMatrix toMatrix() {
    return SumMatrix.over(SkipRule.ROWS, SkipRule.COLUMNS, sums.clone());
  }
}
