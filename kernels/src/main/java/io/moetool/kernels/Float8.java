package io.moetool.kernels;

import io.moetool.formats.DType;

/**
 * The 256 values of each 8 bit element type (OCP 8-bit Floating Point Specification 1.0; OCP MX
 * 1.0).
 */
final class Float8 {
  /** 1 sign, 4 exponent (bias 7), 3 fraction bits; no infinities, NaN is all ones. */
  private static final float[] E4M3 = new float[256];

  /** 1 sign, 5 exponent (bias 15), 2 fraction bits; infinities and NaN as in IEEE 754. */
  private static final float[] E5M2 = new float[256];

  /** 2^(bits - 127), NaN is all ones; a scale without sign. */
  private static final float[] E8M0 = new float[256];

  static {
    for (int bits = 0; bits < 256; bits++) {
      float sign = bits < 0x80 ? 1 : -1;
      E4M3[bits] = sign * e4m3Magnitude(bits & 0x7f);
      // The upper byte of binary16.
      E5M2[bits] = Float.intBitsToFloat(ScalarKernels.f16ToFloatBits((short) (bits << 8)));
      E8M0[bits] = bits == 0xff ? Float.NaN : Math.scalb(1f, bits - 127);
    }
  }

  private Float8() {}

  private static float e4m3Magnitude(int bits) {
    if (bits == 0x7f) {
      return Float.NaN;
    }
    int exponent = bits >> 3;
    int fraction = bits & 7;
    return exponent == 0
        ? Math.scalb((float) fraction, -6 - 3)
        : Math.scalb((float) (8 + fraction), exponent - 7 - 3);
  }

  /** The values of {@code dtype}, by bit pattern; not to be changed. */
  static float[] values(DType dtype) {
    return switch (dtype) {
      case F8_E4M3 -> E4M3;
      case F8_E5M2 -> E5M2;
      case F8_E8M0 -> E8M0;
      default -> throw new IllegalArgumentException(dtype + " is not an 8 bit float");
    };
  }
}
