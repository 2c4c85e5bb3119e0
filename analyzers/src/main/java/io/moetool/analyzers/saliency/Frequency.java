package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertStatistic;

/**
 * Counts the tokens that chose an expert. A baseline: it is blind to what an expert does to them.
 */
final class Frequency implements SaliencyMethod {
  @Override
  public String name() {
    return "frequency";
  }

  @Override
  public String description() {
    return "tokens that chose the expert";
  }

  @Override
  public String source() {
    return "SEER-MoE (hard counts), arXiv 2404.05089";
  }

  @Override
  public Needs needs() {
    return Needs.DATA;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    return layer.sums().toArray(ExpertStatistic.N);
  }
}
