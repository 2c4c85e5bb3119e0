package io.moetool.runtime.run;

import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.runtime.graph.Piece;
import io.moetool.runtime.graph.Pieces;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.ort.OrtInputs;
import io.moetool.runtime.ort.OrtOutput;
import java.lang.foreign.Arena;

/**
 * Final hidden states of a checkpoint; the head is applied to a sequence when its logits are
 * wanted.
 */
final class CheckpointPredictions implements Predictions {
  private static final int RANK = 2;

  private final LayerWeights weights;
  private final Piece piece;
  private final OrtGraph graph;
  private final HiddenStates hidden;
  private final Arena arena;

  /** Takes over {@code arena}, which holds the hidden states. */
  CheckpointPredictions(
      TensorStore store,
      Architecture architecture,
      OrtEngine engine,
      HiddenStates hidden,
      Arena arena) {
    this.weights = new LayerWeights(store, architecture, 0);
    this.piece = new Pieces(architecture).head(weights);
    this.graph = engine.graph(piece.model());
    this.hidden = hidden;
    this.arena = arena;
  }

  @Override
  public OrtOutput logits(int sequence) {
    try (OrtInputs inputs = graph.inputs()) {
      weights.bind(piece, inputs.with(Pieces.HIDDEN, hidden.of(sequence)));
      return graph.run(inputs, Pieces.OUTPUT);
    }
  }

  @Override
  public int rank() {
    return RANK;
  }

  @Override
  public void close() {
    graph.close();
    weights.close();
    arena.close();
  }
}
