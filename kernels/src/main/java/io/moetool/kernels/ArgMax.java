package io.moetool.kernels;

import java.lang.foreign.MemorySegment;

/** Where the largest element of a float32 row is. */
public final class ArgMax {
  private ArgMax() {}

  /**
   * Index of the largest element; among equals the lowest.
   *
   * @throws IllegalArgumentException if the row is empty or holds NaN
   */
  public static int of(MemorySegment row) {
    float max = Kernels.best().max(row);
    int count = Layouts.count(row);
    for (int index = 0; index < count; index++) {
      if (row.getAtIndex(Layouts.FLOAT, index) == max) {
        return index;
      }
    }
    throw new IllegalArgumentException(
        count == 0
            ? "an empty row has no largest element"
            : "NaN among %d values".formatted(count));
  }
}
