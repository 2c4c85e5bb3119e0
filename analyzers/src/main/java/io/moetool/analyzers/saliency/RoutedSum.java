package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.ExpertStatistic;

/**
 * Scores an expert by a sum over calibration tokens, or by its mean over the tokens that chose the
 * expert; 0 if none did. The formulas are those of {@link ExpertStatistic}: g is the coefficient
 * that the model's own router gives, f the expert's output before it.
 *
 * @param name on the command line and in files
 * @param statistic what was summed
 * @param isMean whether the sum is divided by the tokens that chose the expert
 * @param description one line for people
 * @param source where the method comes from
 */
record RoutedSum(
    String name, ExpertStatistic statistic, boolean isMean, String description, String source)
    implements SaliencyMethod {

  static RoutedSum total(
      String name, ExpertStatistic statistic, String description, String source) {
    return new RoutedSum(name, statistic, false, description, source);
  }

  static RoutedSum mean(String name, ExpertStatistic statistic, String description, String source) {
    return new RoutedSum(name, statistic, true, description, source);
  }

  @Override
  public Needs needs() {
    return Needs.DATA;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    return isMean ? layer.sums().mean(statistic) : layer.sums().toArray(statistic);
  }
}
