package io.moetool.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * How elements lie in memory. Working memory has the machine's order, because native libraries read
 * it; stored elements are little-endian. Nothing is assumed about alignment: mapped files align
 * nothing.
 */
final class Layouts {
  static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

  static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  static final ValueLayout.OfShort STORED_16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat STORED_F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfDouble STORED_F64 =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Layouts() {}

  /** Number of float32 in a row. */
  static int count(MemorySegment row) {
    if (row.byteSize() % Float.BYTES != 0) {
      throw new IllegalArgumentException(
          "%d bytes are not a whole number of float32".formatted(row.byteSize()));
    }
    return Math.toIntExact(row.byteSize() / Float.BYTES);
  }

  /** Number of float32 in each of two rows that must be equally long. */
  static int sameCount(MemorySegment a, MemorySegment b) {
    if (a.byteSize() != b.byteSize()) {
      throw new IllegalArgumentException(
          "rows of %d and %d bytes differ in length".formatted(a.byteSize(), b.byteSize()));
    }
    return count(a);
  }

  /** Number of 16 bit elements that are to be widened into as many float32. */
  static int widenedCount(MemorySegment stored, MemorySegment out) {
    if (out.byteSize() != 2 * stored.byteSize()) {
      throw new IllegalArgumentException(
          "%d bytes of 16 bit elements do not fill %d bytes of float32"
              .formatted(stored.byteSize(), out.byteSize()));
    }
    return count(out);
  }
}
