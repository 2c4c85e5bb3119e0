package io.moetool.runtime.run;

import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.graph.Piece;
import io.moetool.runtime.graph.Pieces;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.ort.OrtInputs;
import java.lang.foreign.Arena;

/**
 * Final hidden states of a checkpoint; the head is applied to a sequence when its logits are
 * wanted.
 */
final class CheckpointPredictions implements Predictions {
  private final LayerWeights weights;
  private final Piece piece;
  private final OrtGraph graph;
  private final HiddenStates hidden;
  private final int vocabulary;
  private final boolean frugal;
  private final Arena arena;

  /**
   * Takes over {@code arena}, which holds the hidden states.
   *
   * @param frugal whether pages of mapped files are given back as soon as they were used
   */
  CheckpointPredictions(
      TensorStore store,
      Architecture architecture,
      OrtEngine engine,
      HiddenStates hidden,
      boolean frugal,
      Arena arena) {
    this.frugal = frugal;
    this.weights = new LayerWeights(store, architecture, 0, frugal);
    this.piece = new Pieces(architecture).head(weights);
    this.graph = engine.graph(piece.model());
    this.hidden = hidden;
    this.vocabulary = architecture.vocabulary();
    this.arena = arena;
  }

  @Override
  public Logits logits(int sequence) {
    FloatMatrix states = hidden.of(sequence);
    return new Logits() {
      private Arena memory = Arena.ofConfined();

      @Override
      public FloatMatrix rows(int from, int to) {
        memory.close();
        memory = Arena.ofConfined();
        FloatMatrix logits = FloatMatrix.allocate(memory, to - from, vocabulary);
        try (OrtInputs inputs = graph.inputs();
            OrtInputs results = graph.inputs()) {
          weights.bind(piece, inputs.with(Pieces.HIDDEN, states.rows(from, to)));
          graph.run(inputs, results.with(Pieces.OUTPUT, logits));
        }
        return logits;
      }

      @Override
      public void close() {
        memory.close();
        if (frugal) {
          hidden.release(sequence, sequence + 1);
        }
      }
    };
  }

  @Override
  public void close() {
    graph.close();
    weights.close();
    arena.close();
  }
}
