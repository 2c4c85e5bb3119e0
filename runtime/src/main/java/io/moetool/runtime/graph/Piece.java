package io.moetool.runtime.graph;

import java.util.Arrays;
import java.util.List;

/** A graph that computes one part of a layer, and the weights it asks for. */
public final class Piece {
  private final byte[] model;
  private final List<WeightBinding> weights;

  Piece(byte[] model, List<WeightBinding> weights) {
    this.model = model;
    this.weights = List.copyOf(weights);
  }

  /** The graph as protobuf. */
  public byte[] model() {
    return model.clone();
  }

  /** Weights, in the order of the graph's inputs. */
  public List<WeightBinding> weights() {
    return weights;
  }

  /** Layers with equal pieces share a session. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Piece piece
        && Arrays.equals(model, piece.model)
        && weights.equals(piece.weights);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(model);
  }
}
