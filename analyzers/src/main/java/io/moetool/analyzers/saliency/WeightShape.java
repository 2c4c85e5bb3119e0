package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.LayerWeightStatistics;
import io.moetool.analyzers.statistics.WeightStatistic;

/**
 * Scores an expert by how large its weights are, all entries of all its matrices taken together.
 *
 * @param name on the command line and in files
 * @param formula the score
 * @param description one line for people
 * @param source where the method comes from
 */
record WeightShape(String name, Formula formula, String description, String source)
    implements SaliencyMethod {
  private static final double FLATTEST = -1;

  /** A score from two means over the entries w of an expert. */
  @FunctionalInterface
  interface Formula {
    /**
     * The score.
     *
     * @param mean of |w|
     * @param rootMeanSquare root of the mean of w²
     */
    double of(double mean, double rootMeanSquare);
  }

  /**
   * Minus the ratio of mean magnitude to root mean square, between -1 (all magnitudes equal) and 0:
   * experts whose weights have heavy tails are kept, flat ones go. An expert of zeros scores 0 in
   * the paper's orientation, where the highest goes first; here as there it would stay, so it is
   * given the lowest score instead.
   */
  static double aimer(double mean, double rootMeanSquare) {
    return rootMeanSquare == 0 ? FLATTEST : -mean / rootMeanSquare;
  }

  /** The baseline that any method on weights has to beat. */
  static double magnitude(double mean, double rootMeanSquare) {
    return mean;
  }

  @Override
  public Needs needs() {
    return Needs.WEIGHTS;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    LayerWeightStatistics weights = layer.requireWeights();
    double[] scores = new double[layer.experts()];
    for (int expert = 0; expert < scores.length; expert++) {
      double count = weights.get(WeightStatistic.COUNT, expert);
      scores[expert] =
          formula.of(
              weights.get(WeightStatistic.ABS_SUM, expert) / count,
              Math.sqrt(weights.get(WeightStatistic.SQUARE_SUM, expert) / count));
    }
    return scores;
  }
}
