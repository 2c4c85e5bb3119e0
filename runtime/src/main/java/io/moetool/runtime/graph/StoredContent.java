package io.moetool.runtime.graph;

import io.moetool.formats.family.Rope;

/** Where the elements of an exported tensor come from. */
public sealed interface StoredContent {
  /** A tensor of the checkpoint, element for element. */
  record Tensor(String name) implements StoredContent {}

  /** A slice of a tensor of the checkpoint along its outermost axis. */
  record Slice(String name, int index) implements StoredContent {}

  /**
   * The first projections of all experts of a layer, {@code [E, 2I, H]}: row 2i of an expert is row
   * i of its gate projection, row 2i + 1 of its up projection.
   */
  record InterleavedGateUp(int layer) implements StoredContent {}

  /** The down projections of all experts of a layer, {@code [E, H, I]}. */
  record StackedDown(int layer) implements StoredContent {}

  /** Cosines of a rotation, {@code [rows, rotaryDim / 2]}; see {@link RotationRows}. */
  record Cosines(Rope rope) implements StoredContent {}

  /** Sines of a rotation, {@code [rows, rotaryDim / 2]}; see {@link RotationRows}. */
  record Sines(Rope rope) implements StoredContent {}
}
