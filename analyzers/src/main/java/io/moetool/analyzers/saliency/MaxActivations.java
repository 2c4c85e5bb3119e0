package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertStatistic;

/** The largest component of |f| that any token saw. */
final class MaxActivations implements SaliencyMethod {
  @Override
  public String name() {
    return "max_activations";
  }

  @Override
  public String description() {
    return "largest absolute output";
  }

  @Override
  public String source() {
    return "REAP (max_activations), arXiv 2510.13999";
  }

  @Override
  public Needs needs() {
    return Needs.DATA;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    return layer.sums().toArray(ExpertStatistic.MX);
  }
}
