package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertStatistic;

/** Mean of g² ‖f‖₂² over the tokens that chose the expert; 0 if none did. */
final class ReapL2 implements SaliencyMethod {
  @Override
  public String name() {
    return "reap_l2";
  }

  @Override
  public String description() {
    return "mean squared norm of what the expert adds";
  }

  @Override
  public String source() {
    return "REAP (reap_l2), arXiv 2510.13999";
  }

  @Override
  public Needs needs() {
    return Needs.DATA;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    return layer.sums().mean(ExpertStatistic.R2);
  }
}
