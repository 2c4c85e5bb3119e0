package io.moetool.runtime.run;

import io.moetool.runtime.graph.Scoring;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.ort.OrtInputs;
import io.moetool.runtime.ort.OrtOutput;
import io.moetool.runtime.text.TokenSequence;

/** Two models on the same sequence; may be used by several threads. */
public final class SequenceComparer implements AutoCloseable {
  private static final int COLUMNS = 4;

  private final OrtGraph graph;

  /** A comparer for logits of these ranks and this width. */
  public SequenceComparer(OrtEngine engine, int baseRank, int candidateRank, int vocabulary) {
    graph = engine.graph(Scoring.comparison(baseRank, candidateRank, vocabulary));
  }

  /**
   * Sums over the predicted tokens of a sequence.
   *
   * @param baseLoss loss of the base model, in nats
   * @param candidateLoss loss of the candidate, in nats
   * @param divergence KL divergence of the candidate from the base, in nats
   * @param agreements tokens for which both find the same continuation most likely
   */
  public record Sums(double baseLoss, double candidateLoss, double divergence, long agreements) {
    /** Sums of a sequence without predicted tokens. */
    public static final Sums ZERO = new Sums(0, 0, 0, 0);
  }

  /** Compares the logits of both models. */
  public Sums compare(OrtOutput base, OrtOutput candidate, TokenSequence sequence) {
    if (sequence.predicted() == 0) {
      return Sums.ZERO;
    }
    try (OrtInputs inputs = graph.inputs()) {
      inputs
          .with(Scoring.LOGITS, base)
          .with(Scoring.OTHER_LOGITS, candidate)
          .with(Scoring.TARGETS, SequenceScorer.targets(sequence), sequence.predicted(), 1);
      try (OrtOutput scores = graph.run(inputs, Scoring.SCORES)) {
        return sums(scores.floats());
      }
    }
  }

  private static Sums sums(float[] scores) {
    double[] sums = new double[COLUMNS];
    for (int i = 0; i < scores.length; i++) {
      sums[i % COLUMNS] += scores[i];
    }
    return new Sums(sums[0], sums[1], sums[2], Math.round(sums[3]));
  }

  @Override
  public void close() {
    graph.close();
  }
}
