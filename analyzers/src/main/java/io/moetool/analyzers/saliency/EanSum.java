package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertStatistic;

/** Σ ‖f‖₂ over the tokens that chose the expert. */
final class EanSum implements SaliencyMethod {
  @Override
  public String name() {
    return "ean_sum";
  }

  @Override
  public String description() {
    return "sum of the output norms";
  }

  @Override
  public String source() {
    return "REAP (expert activation norm), arXiv 2510.13999";
  }

  @Override
  public Needs needs() {
    return Needs.DATA;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    return layer.sums().toArray(ExpertStatistic.A1);
  }
}
