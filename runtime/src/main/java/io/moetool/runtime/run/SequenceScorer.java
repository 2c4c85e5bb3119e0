package io.moetool.runtime.run;

import io.moetool.runtime.graph.Scoring;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.ort.OrtInputs;
import io.moetool.runtime.ort.OrtOutput;
import io.moetool.runtime.text.TokenSequence;

/** Losses of one model; may be used by several threads. */
public final class SequenceScorer implements AutoCloseable {
  private final OrtGraph graph;

  /** A scorer for logits of this width. */
  public SequenceScorer(OrtEngine engine, int vocabulary) {
    graph = engine.graph(Scoring.loss(vocabulary));
  }

  /** Sum of the losses of all predicted tokens, in nats; 0 for a sequence of one token. */
  public double loss(Logits logits, TokenSequence sequence) {
    double sum = 0;
    for (ScoredBlock block : ScoredBlock.of(sequence)) {
      try (OrtInputs inputs = graph.inputs()) {
        inputs
            .with(Scoring.LOGITS, logits.rows(block.from(), block.to()))
            .with(Scoring.TARGETS, block.targets(sequence), block.rows(), 1);
        try (OrtOutput scores = graph.run(inputs, Scoring.SCORES)) {
          float[] losses = scores.floats();
          for (int i = 0; i < block.predicted(sequence); i++) {
            sum += losses[i];
          }
        }
      }
    }
    return sum;
  }

  /**
   * Sum of the losses of tokens {@code from} and following, in nats.
   *
   * @param logits of a sequence that begins with all {@code tokens} but the last
   * @param from at least 1: the first token follows nothing
   */
  public double loss(Logits logits, int[] tokens, int from) {
    double sum = 0;
    for (ScoredBlock block : ScoredBlock.between(from - 1, tokens.length - 1)) {
      // One row alone is computed with other rounding, so an uncounted one is put before it.
      int first = block.rows() == 1 ? Math.max(0, block.from() - 1) : block.from();
      long[] targets = new long[block.to() - first];
      for (int i = 0; i < targets.length; i++) {
        targets[i] = tokens[first + i + 1];
      }
      try (OrtInputs inputs = graph.inputs()) {
        inputs
            .with(Scoring.LOGITS, logits.rows(first, block.to()))
            .with(Scoring.TARGETS, targets, targets.length, 1);
        try (OrtOutput scores = graph.run(inputs, Scoring.SCORES)) {
          float[] losses = scores.floats();
          for (int i = block.from() - first; i < losses.length; i++) {
            sum += losses[i];
          }
        }
      }
    }
    return sum;
  }

  @Override
  public void close() {
    graph.close();
  }
}
