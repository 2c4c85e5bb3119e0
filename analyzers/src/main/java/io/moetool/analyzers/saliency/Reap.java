package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertStatistic;

/**
 * Mean of g ‖f‖₂ over the tokens that chose the expert, with the coefficient that the model's own
 * router gives; 0 if none did. How often the expert is chosen does not count.
 */
final class Reap implements SaliencyMethod {
  @Override
  public String name() {
    return "reap";
  }

  @Override
  public String description() {
    return "mean norm of what the expert adds, coefficient times output";
  }

  @Override
  public String source() {
    return "REAP, arXiv 2510.13999";
  }

  @Override
  public Needs needs() {
    return Needs.DATA;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    return layer.sums().mean(ExpertStatistic.R1);
  }
}
