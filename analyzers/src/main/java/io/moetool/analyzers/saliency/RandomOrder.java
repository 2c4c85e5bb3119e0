package io.moetool.analyzers.saliency;

import java.util.SplittableRandom;

/**
 * Ranks the experts of each layer by lot: 1 to E, every order as likely. The control of every
 * comparison.
 */
final class RandomOrder implements SaliencyMethod {
  private final long seed;

  /** The same seed gives the same ranks. */
  RandomOrder(long seed) {
    this.seed = seed;
  }

  @Override
  public String name() {
    return "random";
  }

  @Override
  public String description() {
    return "by lot, with a seed; a control";
  }

  @Override
  public String source() {
    return "control";
  }

  @Override
  public Needs needs() {
    return Needs.NOTHING;
  }

  @Override
  public double[] score(LayerMeasurements layer) {
    double[] scores = new double[layer.experts()];
    SplittableRandom random =
        new SplittableRandom(new SplittableRandom(seed).nextLong() + layer.layer());
    for (int expert = 0; expert < scores.length; expert++) {
      int other = random.nextInt(expert + 1);
      scores[expert] = scores[other];
      scores[other] = expert + 1;
    }
    return scores;
  }
}
