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

  /** A scorer for logits of this rank and width. */
  public SequenceScorer(OrtEngine engine, int rank, int vocabulary) {
    graph = engine.graph(Scoring.loss(rank, vocabulary));
  }

  /** Sum of the losses of all predicted tokens, in nats; 0 for a sequence of one token. */
  public double loss(OrtOutput logits, TokenSequence sequence) {
    if (sequence.predicted() == 0) {
      return 0;
    }
    try (OrtInputs inputs = graph.inputs()) {
      inputs
          .with(Scoring.LOGITS, logits)
          .with(Scoring.TARGETS, targets(sequence), sequence.predicted(), 1);
      try (OrtOutput scores = graph.run(inputs, Scoring.SCORES)) {
        double sum = 0;
        for (float loss : scores.floats()) {
          sum += loss;
        }
        return sum;
      }
    }
  }

  static long[] targets(TokenSequence sequence) {
    long[] targets = new long[sequence.predicted()];
    for (int position = 0; position < targets.length; position++) {
      targets[position] = sequence.token(position + 1);
    }
    return targets;
  }

  @Override
  public void close() {
    graph.close();
  }
}
