package io.moetool.analyzers.saliency;

import io.moetool.analyzers.statistics.LayerSample;
import io.moetool.analyzers.statistics.SampleStatistic;
import io.moetool.formats.BadInputException;

/**
 * Scores an expert by what becomes of a sample of tokens without it: they are routed again, exactly
 * as the model would, and other experts take its place.
 *
 * @param name on the command line and in files
 * @param formula the score
 * @param description one line for people
 * @param source where the method comes from
 */
record Replacement(String name, Formula formula, String description, String source)
    implements SaliencyMethod {

  /** A score from what a sample showed. */
  @FunctionalInterface
  interface Formula {
    /** The score of one expert. */
    double of(LayerSample layer, int expert);
  }

  /** Squared error of the layer's output without the expert, per token and component. */
  static double leaveOneOut(LayerSample layer, int expert) {
    return layer.meanSquaredErrorWithout(expert);
  }

  /** Step at which the expert is eliminated, later than all steps if it never is. */
  static double eliminated(LayerSample layer, int expert) {
    return step(layer, expert, SampleStatistic.STEP);
  }

  /** Step at which the expert is voted out, later than all steps if it never is. */
  static double votedOut(LayerSample layer, int expert) {
    return step(layer, expert, SampleStatistic.VOTE_STEP);
  }

  private static double step(LayerSample layer, int expert, SampleStatistic statistic) {
    if (!layer.extent().ofOnePass()) {
      throw new BadInputException(
          "layer " + layer.layer(),
          "statistics of %d passes were added, and the order of elimination is no sum"
              .formatted(layer.extent().passes()),
          "analyze all data in one pass, or choose another method");
    }
    double step = layer.matrix(statistic).get(0, expert);
    return step == 0 ? layer.experts() : step;
  }

  @Override
  public Needs needs() {
    return Needs.DATA;
  }

  @Override
  public boolean needsSample() {
    return true;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    LayerSample sample = layer.requireSample();
    double[] scores = new double[layer.experts()];
    for (int expert = 0; expert < scores.length; expert++) {
      scores[expert] = formula.of(sample, expert);
    }
    return scores;
  }
}
