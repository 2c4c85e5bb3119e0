package io.moetool.runtime.graph;

import io.moetool.formats.family.Rope;
import io.moetool.formats.family.TensorRole;

/** Where the elements of an exported tensor come from. */
public sealed interface StoredContent {
  /** A tensor of the checkpoint, element for element. */
  record Tensor(String name) implements StoredContent {}

  /** A slice of a tensor of the checkpoint along its outermost axis. */
  record Slice(String name, int index) implements StoredContent {}

  /** Projections of experts of one layer, one after the other, each {@code [out, in]}. */
  sealed interface Projections extends StoredContent {}

  /**
   * The first projections of all experts of a layer, {@code [E, 2I, H]}: row 2i of an expert is row
   * i of its gate projection, row 2i + 1 of its up projection.
   */
  record InterleavedGateUp(int layer) implements Projections {}

  /** The down projections of all experts of a layer, {@code [E, H, I]}. */
  record StackedDown(int layer) implements Projections {}

  /** One projection of one expert. */
  record Projection(TensorRole role, int layer, int expert) implements Projections {}

  /**
   * Projections as integers.
   *
   * @param block columns that share a scale; 0 if the whole row does
   * @param signed whether they are stored as they are; otherwise less the least of them
   */
  record Integers(Projections of, ExpertIntegers type, int block, boolean signed)
      implements StoredContent {}

  /** What the integers of projections are multiplied by, row by row, block by block. */
  record Scales(Projections of, ExpertIntegers type, int block) implements StoredContent {}

  /** Cosines of a rotation, {@code [rows, rotaryDim / 2]}; see {@link RotationRows}. */
  record Cosines(Rope rope) implements StoredContent {}

  /** Sines of a rotation, {@code [rows, rotaryDim / 2]}; see {@link RotationRows}. */
  record Sines(Rope rope) implements StoredContent {}
}
