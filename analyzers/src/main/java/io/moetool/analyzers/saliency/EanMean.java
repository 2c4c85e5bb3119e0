package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertStatistic;

/** Mean of ‖f‖₂ over the tokens that chose the expert; 0 if none did. */
final class EanMean implements SaliencyMethod {
  @Override
  public String name() {
    return "ean_mean";
  }

  @Override
  public String description() {
    return "mean output norm over the tokens that chose the expert";
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
    return layer.sums().mean(ExpertStatistic.A1);
  }
}
