package io.moetool.kernels;

import static io.moetool.kernels.Layouts.FLOAT;
import static io.moetool.kernels.Layouts.INT;
import static io.moetool.kernels.Layouts.STORED_16;

import java.lang.foreign.MemorySegment;

/** The kernels in plain Java; they say what {@link VectorKernels} has to compute. */
final class ScalarKernels implements Kernels {

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public double dot(MemorySegment a, MemorySegment b) {
    int count = Layouts.sameCount(a, b);
    double[] sums = new double[FixedSum.ACCUMULATORS];
    for (int i = 0; i < count; i++) {
      sums[i % FixedSum.ACCUMULATORS] +=
          (double) a.getAtIndex(FLOAT, i) * (double) b.getAtIndex(FLOAT, i);
    }
    return FixedSum.total(sums);
  }

  @Override
  public float max(MemorySegment x) {
    int count = Layouts.count(x);
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      max = Math.max(max, x.getAtIndex(FLOAT, i));
    }
    return max;
  }

  @Override
  public float maxAbs(MemorySegment x) {
    int count = Layouts.count(x);
    float max = 0;
    for (int i = 0; i < count; i++) {
      max = Math.max(max, Math.abs(x.getAtIndex(FLOAT, i)));
    }
    return max;
  }

  @Override
  public double sumExp(MemorySegment x, double shift) {
    int count = Layouts.count(x);
    double[] sums = new double[FixedSum.ACCUMULATORS];
    for (int i = 0; i < count; i++) {
      sums[i % FixedSum.ACCUMULATORS] += Exponential.of(x.getAtIndex(FLOAT, i) - shift);
    }
    return FixedSum.total(sums);
  }

  @Override
  public double sumExpTimesDifference(MemorySegment x, MemorySegment y, double shift) {
    int count = Layouts.sameCount(x, y);
    double[] sums = new double[FixedSum.ACCUMULATORS];
    for (int i = 0; i < count; i++) {
      sums[i % FixedSum.ACCUMULATORS] +=
          expTimesDifference(x.getAtIndex(FLOAT, i), y.getAtIndex(FLOAT, i), shift);
    }
    return FixedSum.total(sums);
  }

  static double expTimesDifference(double x, double y, double shift) {
    return x == Double.NEGATIVE_INFINITY ? 0 : Exponential.of(x - shift) * (x - y);
  }

  @Override
  public void addScaled(MemorySegment sums, MemorySegment x, float factor) {
    int count = Layouts.sameCount(sums, x);
    for (int i = 0; i < count; i++) {
      float product = factor * x.getAtIndex(FLOAT, i);
      sums.setAtIndex(FLOAT, i, sums.getAtIndex(FLOAT, i) + product);
    }
  }

  @Override
  public void addScaled(double[] sums, int from, MemorySegment x, double factor) {
    int count = Layouts.count(x);
    for (int i = 0; i < count; i++) {
      sums[from + i] += factor * x.getAtIndex(FLOAT, i);
    }
  }

  @Override
  public void addScaledSquares(double[] sums, MemorySegment x, double factor) {
    int count = Layouts.count(x);
    for (int i = 0; i < count; i++) {
      double value = x.getAtIndex(FLOAT, i);
      sums[i] += factor * (value * value);
    }
  }

  @Override
  public void decodeBf16(MemorySegment stored, MemorySegment out) {
    int count = Layouts.widenedCount(stored, out);
    for (int i = 0; i < count; i++) {
      out.setAtIndex(INT, i, bf16ToFloatBits(stored.getAtIndex(STORED_16, i)));
    }
  }

  /** BF16 is the upper half of float32. */
  static int bf16ToFloatBits(short stored) {
    return stored << 16;
  }

  @Override
  public void decodeF16(MemorySegment stored, MemorySegment out) {
    int count = Layouts.widenedCount(stored, out);
    for (int i = 0; i < count; i++) {
      out.setAtIndex(INT, i, f16ToFloatBits(stored.getAtIndex(STORED_16, i)));
    }
  }

  /**
   * Binary16 has 5 exponent bits with bias 15 and 10 fraction bits, float32 has 8 with bias 127 and
   * 23. {@link Float#float16ToFloat} is no alternative: whether it keeps a signalling NaN depends
   * on the CPU.
   */
  static int f16ToFloatBits(short stored) {
    int sign = (stored & 0x8000) << 16;
    int magnitude = (stored & 0x7fff) << 13;
    if ((stored & 0x7c00) == 0x7c00) {
      return sign | 0x7f80_0000 | magnitude;
    }
    // Multiplying by 2^(127 - 15) corrects the bias, and normalises what was subnormal.
    return sign | Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) * 0x1p112f);
  }
}
