package io.moetool.runtime.graph;

import io.moetool.formats.family.TensorRole;

/**
 * A weight, or some of its rows, that a piece asks for when it is run.
 *
 * @param input name of the piece's input
 * @param weight which tensor of the layer
 * @param rows which of its rows
 */
public record WeightBinding(String input, Weight weight, Rows rows) {
  /**
   * A tensor of a layer.
   *
   * @param role what it is
   * @param bias whether it is the role's bias
   */
  public record Weight(TensorRole role, boolean bias) {}

  /**
   * Rows {@code from .. to - 1}, counted along the outermost axis.
   *
   * @param from first row
   * @param to one past the last row
   */
  public record Rows(long from, long to) {}
}
