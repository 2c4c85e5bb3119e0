package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertStatistic;

/** Σ g² ‖f‖₂². */
final class WeightedEanSumL2 implements SaliencyMethod {
  @Override
  public String name() {
    return "weighted_ean_sum_l2";
  }

  @Override
  public String description() {
    return "sum of the squared norms of what the expert adds";
  }

  @Override
  public String source() {
    return "REAP (weighted_ean_sum_l2), arXiv 2510.13999";
  }

  @Override
  public Needs needs() {
    return Needs.DATA;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    return layer.sums().toArray(ExpertStatistic.R2);
  }
}
