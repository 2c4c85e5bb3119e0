package io.moetool.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Rows of float32 for tests. */
final class Rows {
  /** Around the lane counts of 128 to 512 bit registers, and around the 16 accumulators. */
  private static final int[] SIZES = {0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 100, 1023};

  private Rows() {}

  static IntStream sizes() {
    return IntStream.of(SIZES);
  }

  static MemorySegment of(float... values) {
    MemorySegment row = Arena.ofAuto().allocate((long) values.length * Float.BYTES, 64);
    MemorySegment.copy(values, 0, row, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values.length);
    return row;
  }

  /** The same values one byte off every boundary, as in a mapped file. */
  static MemorySegment unaligned(float... values) {
    long bytes = (long) values.length * Float.BYTES;
    MemorySegment row = Arena.ofAuto().allocate(bytes + 64, 64).asSlice(1, bytes);
    MemorySegment.copy(values, 0, row, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values.length);
    return row;
  }

  /** Values of magnitudes from 2^-10 to 2^10, both signs. */
  static float[] random(long seed, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] =
          (float) ((random.nextDouble() * 2 - 1) * Math.scalb(1.0, random.nextInt(21) - 10));
    }
    return values;
  }

  /** Values between -range and range. */
  static float[] uniform(long seed, int count, double range) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) ((random.nextDouble() * 2 - 1) * range);
    }
    return values;
  }

  static FloatMatrix matrix(float[]... rows) {
    return FloatMatrix.copyOf(Arena.ofAuto(), rows);
  }

  static FloatMatrix zeros(int rows, int columns) {
    return FloatMatrix.allocate(Arena.ofAuto(), rows, columns);
  }

  static float[] toArray(MemorySegment row) {
    return row.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }
}
