package io.moetool.runtime.run;

import io.moetool.formats.family.Architecture;

/**
 * How a run divides what memory it may take.
 *
 * @param rows tokens that go through a layer together
 * @param rangeBytes outputs of all experts for a range of a sample's tokens
 * @param heapBytes what the JVM's heap may take
 * @param limited whether there is a limit, so that everything is given back as soon as it is used
 * @param onDisk whether hidden states lie in a file
 */
record MemoryPlan(int rows, long rangeBytes, long heapBytes, boolean limited, boolean onDisk) {
  /** Outputs of all experts for a range take at most this many bytes, unless that is few tokens. */
  private static final long RANGE_BYTES = 512L << 20;

  /** As fast as it goes. */
  static MemoryPlan unlimited(Architecture architecture, int longest, long tokens) {
    return new MemoryPlan(
        TileBuffers.rows(architecture, longest, tokens), RANGE_BYTES, Long.MAX_VALUE, false, false);
  }

  /**
   * Within a limit.
   *
   * @throws io.moetool.formats.BadInputException if it is too small
   */
  static MemoryPlan within(long limit, MemoryNeed need) {
    need.require(limit);
    boolean onDisk = need.least(false) > limit;
    long left = limit - need.least(onDisk);
    return new MemoryPlan(
        need.rows(left / 2),
        Math.min(RANGE_BYTES, need.rangeBytes(left / 2)),
        need.heapBytes(),
        true,
        onDisk);
  }
}
