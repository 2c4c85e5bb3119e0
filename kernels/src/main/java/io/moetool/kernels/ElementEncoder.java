package io.moetool.kernels;

import io.moetool.formats.DType;
import java.lang.foreign.MemorySegment;

/**
 * Float32 as stored elements, rounded to the nearest value, ties to even; magnitudes beyond the
 * largest finite value become infinite. NaN stays NaN, made quiet.
 */
public final class ElementEncoder {
  private ElementEncoder() {}

  /** Whether elements of this type can be written. */
  public static boolean supports(DType dtype) {
    return dtype == DType.F32 || dtype == DType.BF16 || dtype == DType.F16;
  }

  /**
   * Encodes elements.
   *
   * @param dtype F32, BF16 or F16
   * @param values float32 in the machine's order
   * @param stored receives as many little-endian elements
   * @throws IllegalArgumentException if the type is not supported or the sizes do not fit
   */
  public static void encode(DType dtype, MemorySegment values, MemorySegment stored) {
    if (!supports(dtype)) {
      throw new IllegalArgumentException("cannot encode " + dtype);
    }
    long count = values.byteSize() / Float.BYTES;
    if (values.byteSize() != count * Float.BYTES || stored.byteSize() != dtype.byteSize(count)) {
      throw new IllegalArgumentException(
          "%d bytes of float32 do not fill %d bytes of %s"
              .formatted(values.byteSize(), stored.byteSize(), dtype));
    }
    if (dtype == DType.F32) {
      MemorySegment.copy(values, Layouts.FLOAT, 0, stored, Layouts.STORED_F32, 0, count);
      return;
    }
    for (long i = 0; i < count; i++) {
      int bits = values.getAtIndex(Layouts.INT, i);
      stored.setAtIndex(Layouts.STORED_16, i, dtype == DType.BF16 ? bf16(bits) : f16(bits));
    }
  }

  private static short bf16(int floatBits) {
    if (isNaN(floatBits)) {
      return (short) ((floatBits >>> 16) | 0x0040);
    }
    int lowestKeptBit = (floatBits >>> 16) & 1;
    return (short) ((floatBits + 0x7fff + lowestKeptBit) >>> 16);
  }

  private static short f16(int floatBits) {
    if (isNaN(floatBits)) {
      // By hand, because which payload the JDK keeps depends on the CPU.
      return (short) (((floatBits >>> 16) & 0x8000) | 0x7e00 | ((floatBits >>> 13) & 0x03ff));
    }
    return Float.floatToFloat16(Float.intBitsToFloat(floatBits));
  }

  private static boolean isNaN(int floatBits) {
    return (floatBits & 0x7fff_ffff) > 0x7f80_0000;
  }
}
