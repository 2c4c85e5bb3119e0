package io.moetool.runtime.run;

import io.moetool.runtime.graph.Scoring;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.ort.OrtInputs;
import io.moetool.runtime.ort.OrtOutput;
import io.moetool.runtime.text.TokenSequence;

/** Two models on the same sequence; may be used by several threads. */
public final class SequenceComparer implements AutoCloseable {
  private static final int COLUMNS = 6;

  private final OrtGraph graph;

  /** A comparer for logits of this width. */
  public SequenceComparer(OrtEngine engine, int vocabulary) {
    graph = engine.graph(Scoring.comparison(vocabulary));
  }

  /**
   * Sums over the predicted tokens of a sequence.
   *
   * @param baseLoss loss of the base model, in nats
   * @param candidateLoss loss of the candidate, in nats
   * @param divergence KL divergence of the candidate from the base, in nats
   * @param agreements tokens for which both find the same continuation most likely
   * @param sharedBest sum of the shares of a token's five most likely continuations that both have
   * @param overlap sum of the probabilities that both distributions over a token have in common
   */
  public record Sums(
      double baseLoss,
      double candidateLoss,
      double divergence,
      long agreements,
      double sharedBest,
      double overlap) {}

  /** Compares the logits of both models. */
  public Sums compare(Logits base, Logits candidate, TokenSequence sequence) {
    double[] sums = new double[COLUMNS];
    for (ScoredBlock block : ScoredBlock.of(sequence)) {
      try (OrtInputs inputs = graph.inputs()) {
        inputs
            .with(Scoring.LOGITS, base.rows(block.from(), block.to()))
            .with(Scoring.OTHER_LOGITS, candidate.rows(block.from(), block.to()))
            .with(Scoring.TARGETS, block.targets(sequence), block.rows(), 1);
        try (OrtOutput scores = graph.run(inputs, Scoring.SCORES)) {
          float[] values = scores.floats();
          for (int i = 0; i < block.predicted(sequence) * COLUMNS; i++) {
            sums[i % COLUMNS] += values[i];
          }
        }
      }
    }
    return new Sums(sums[0], sums[1], sums[2], Math.round(sums[3]), sums[4], sums[5]);
  }

  @Override
  public void close() {
    graph.close();
  }
}
