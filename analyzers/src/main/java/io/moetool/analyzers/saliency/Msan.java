package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertStatistic;

/** Mean of ‖f‖₂² over the tokens that chose the expert; 0 if none did. */
final class Msan implements SaliencyMethod {
  @Override
  public String name() {
    return "msan";
  }

  @Override
  public String description() {
    return "mean squared activation norm";
  }

  @Override
  public String source() {
    return "MAN/MSAN, arXiv 2606.15716";
  }

  @Override
  public Needs needs() {
    return Needs.DATA;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    return layer.sums().mean(ExpertStatistic.A2);
  }
}
