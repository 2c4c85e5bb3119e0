package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.LayerWeightStatistics;
import io.moetool.analyzers.statistics.WeightStatistic;

/** Mean |w| over all entries of an expert: the baseline that any method on weights has to beat. */
final class Magnitude implements SaliencyMethod {
  @Override
  public String name() {
    return "magnitude";
  }

  @Override
  public String description() {
    return "mean magnitude of the expert's weights; needs no data";
  }

  @Override
  public String source() {
    return "baseline";
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
      scores[expert] =
          weights.get(WeightStatistic.ABS_SUM, expert) / weights.get(WeightStatistic.COUNT, expert);
    }
    return scores;
  }
}
