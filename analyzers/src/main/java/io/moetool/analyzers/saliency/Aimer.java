package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.LayerWeightStatistics;
import io.moetool.analyzers.statistics.WeightStatistic;

/**
 * Minus the ratio of mean magnitude to root mean square over all entries of an expert, between -1
 * (all magnitudes equal) and 0: experts whose weights have heavy tails are kept, flat ones go. An
 * expert of zeros scores 0 in the paper's orientation, where the highest goes first; here as there
 * it would stay, so it is given the lowest score instead.
 */
final class Aimer implements SaliencyMethod {
  private static final double FLATTEST = -1;

  @Override
  public String name() {
    return "aimer";
  }

  @Override
  public String description() {
    return "heaviness of the tails of the expert's weights; needs no data";
  }

  @Override
  public String source() {
    return "AIMER, arXiv 2603.18492 (orientation inverted: higher is kept)";
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
      double squares = weights.get(WeightStatistic.SQUARE_SUM, expert);
      double mean = weights.get(WeightStatistic.ABS_SUM, expert) / count;
      scores[expert] = squares == 0 ? FLATTEST : -mean / Math.sqrt(squares / count);
    }
    return scores;
  }
}
