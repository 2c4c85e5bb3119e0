package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertStatistic;

/**
 * Mean of ‖f‖₂ over the tokens that chose the expert: {@link EanMean} under the name of another
 * paper.
 */
final class Man implements SaliencyMethod {
  @Override
  public String name() {
    return "man";
  }

  @Override
  public String description() {
    return "mean activation norm, the same number as ean_mean";
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
    return layer.sums().mean(ExpertStatistic.A1);
  }
}
