package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertStatistic;

/** Σ g ‖f‖₂: like {@link Reap}, but experts that are chosen often count more. */
final class WeightedEanSum implements SaliencyMethod {
  @Override
  public String name() {
    return "weighted_ean_sum";
  }

  @Override
  public String description() {
    return "sum of the norms of what the expert adds";
  }

  @Override
  public String source() {
    return "REAP (weighted_ean_sum), arXiv 2510.13999";
  }

  @Override
  public Needs needs() {
    return Needs.DATA;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    return layer.sums().toArray(ExpertStatistic.R1);
  }
}
