package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertStatistic;

/**
 * Adds up an expert's share in the router's full score distribution over all tokens, chosen or not.
 */
final class SoftCount implements SaliencyMethod {
  @Override
  public String name() {
    return "soft_count";
  }

  @Override
  public String description() {
    return "sum of the expert's share in the router's scores over all tokens";
  }

  @Override
  public String source() {
    return "SEER-MoE (soft counts), arXiv 2404.05089; Unified Expert Drop, arXiv 2406.02500";
  }

  @Override
  public Needs needs() {
    return Needs.DATA;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    return layer.sums().toArray(ExpertStatistic.SOFT);
  }
}
