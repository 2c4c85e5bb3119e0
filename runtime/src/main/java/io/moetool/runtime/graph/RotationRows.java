package io.moetool.runtime.graph;

import io.moetool.formats.family.Rope;
import io.moetool.formats.family.RopeScaling;
import java.util.List;

/**
 * Rows of a stored rotation table. Where the length of a sequence decides on its rotation, the
 * table of short sequences stands above that of long ones.
 *
 * @param rope a rotation that does not depend on length
 * @param positions rows: positions 0 to {@code positions - 1}
 */
public record RotationRows(Rope rope, int positions) {

  /** The parts of a table for sequences up to {@code maxPositions} tokens, from top to bottom. */
  public static List<RotationRows> of(Rope rope, int maxPositions) {
    if (rope.scaling() instanceof RopeScaling.LongRope scaling) {
      return List.of(
          new RotationRows(rope.forLength(scaling.original()), scaling.original()),
          new RotationRows(rope.forLength(scaling.original() + 1), maxPositions));
    }
    return List.of(new RotationRows(rope, maxPositions));
  }
}
