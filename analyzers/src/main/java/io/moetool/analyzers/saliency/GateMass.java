package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertStatistic;

/** Adds up the coefficients g that multiplied an expert's outputs. */
final class GateMass implements SaliencyMethod {
  @Override
  public String name() {
    return "gate_mass";
  }

  @Override
  public String description() {
    return "sum of the coefficients that multiplied the expert's outputs";
  }

  @Override
  public String source() {
    return "REAP (weighted_frequency_sum), arXiv 2510.13999";
  }

  @Override
  public Needs needs() {
    return Needs.DATA;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    return layer.sums().toArray(ExpertStatistic.GSUM);
  }
}
