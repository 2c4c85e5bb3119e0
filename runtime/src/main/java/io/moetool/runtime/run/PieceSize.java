package io.moetool.runtime.run;

import io.moetool.formats.Shape;
import io.moetool.runtime.graph.Piece;
import io.moetool.runtime.graph.WeightBinding;

/**
 * What the weights of a piece take.
 *
 * @param elements numbers in all of them
 * @param widths rows of all of them together: the width of everything they project to
 */
record PieceSize(long elements, long widths) {
  static PieceSize of(Piece piece, LayerWeights weights) {
    long elements = 0;
    long widths = 0;
    for (WeightBinding binding : piece.weights()) {
      Shape shape = weights.shape(binding.weight().role(), binding.weight().bias());
      elements += shape.elements();
      widths += shape.rank() == 0 ? 1 : shape.dim(0);
    }
    return new PieceSize(elements, widths);
  }

  /** In float32. */
  long bytes() {
    return Float.BYTES * elements;
  }
}
