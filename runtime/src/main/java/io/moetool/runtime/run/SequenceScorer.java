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

  @Override
  public void close() {
    graph.close();
  }
}
