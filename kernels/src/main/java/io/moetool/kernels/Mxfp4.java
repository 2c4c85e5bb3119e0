package io.moetool.kernels;

import io.moetool.formats.DType;
import java.lang.foreign.MemorySegment;

/**
 * Four bit weights as gpt-oss stores them (OCP Microscaling Formats 1.0, MXFP4): 32 consecutive
 * elements of a row share one scale 2^(b - 127); a byte holds two E2M1 elements, the lower half
 * first.
 */
public final class Mxfp4 {
  /** Elements that share a scale. */
  public static final int BLOCK = 32;

  /** 1 sign, 2 exponent (bias 1), 1 fraction bit. */
  private static final float[] E2M1 = {
    0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6
  };

  private Mxfp4() {}

  /**
   * Decodes the matrix of one expert.
   *
   * @param blocks [out, in / 32, 16] bytes
   * @param scales [out, in / 32] bytes
   * @param out receives the values, [out, in]; rows stay in stored order
   * @throws IllegalArgumentException if the sizes do not fit
   */
  public static void decode(MemorySegment blocks, MemorySegment scales, FloatMatrix out) {
    long values = (long) out.rows() * out.columns();
    if (out.columns() % BLOCK != 0
        || scales.byteSize() != values / BLOCK
        || blocks.byteSize() != values / 2) {
      throw new IllegalArgumentException(
          "%d bytes of elements and %d scales do not make %s"
              .formatted(blocks.byteSize(), scales.byteSize(), out));
    }
    float[] powers = Float8.values(DType.F8_E8M0);
    for (long block = 0; block < scales.byteSize(); block++) {
      float scale = powers[scales.get(Layouts.BYTE, block) & 0xff];
      for (int pair = 0; pair < BLOCK / 2; pair++) {
        int bits = blocks.get(Layouts.BYTE, block * (BLOCK / 2) + pair);
        long first = block * BLOCK + 2L * pair;
        out.segment().setAtIndex(Layouts.FLOAT, first, E2M1[bits & 0xf] * scale);
        out.segment().setAtIndex(Layouts.FLOAT, first + 1, E2M1[(bits >> 4) & 0xf] * scale);
      }
    }
  }
}
