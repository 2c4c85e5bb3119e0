package io.moetool.kernels;

import static io.moetool.kernels.Layouts.FLOAT;
import static io.moetool.kernels.Layouts.INT;
import static io.moetool.kernels.Layouts.STORED_16;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The kernels with the Vector API. Reductions walk a row once per register of accumulators, taking
 * the elements that belong to it; rows are short enough to stay in the first cache.
 */
final class VectorKernels implements Kernels {
  /** At most 512 bits, so that a register never holds more than the 16 accumulators. */
  private static final int BITS = Math.min(512, FloatVector.SPECIES_PREFERRED.vectorBitSize());

  private static final VectorSpecies<Float> FLOATS = species(float.class, BITS);
  private static final VectorSpecies<Integer> INTS = species(int.class, BITS);
  private static final VectorSpecies<Double> DOUBLES = species(double.class, BITS);
  private static final VectorSpecies<Short> SHORTS_TO_WIDEN = species(short.class, BITS / 2);
  private static final VectorSpecies<Float> FLOATS_TO_WIDEN = species(float.class, BITS / 2);

  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
  private static final int BLOCK = FixedSum.ACCUMULATORS;

  private static <T> VectorSpecies<T> species(Class<T> element, int bits) {
    return VectorSpecies.of(element, VectorShape.forBitSize(Math.max(bits, 64)));
  }

  /** Whether vectors are long enough to be halved. */
  static boolean supported() {
    return BITS >= 128;
  }

  @Override
  public String name() {
    return "vector" + BITS;
  }

  @Override
  public double dot(MemorySegment a, MemorySegment b) {
    int count = Layouts.sameCount(a, b);
    int blocksEnd = count - count % BLOCK;
    double[] sums = new double[BLOCK];
    for (int first = 0; first < BLOCK; first += DOUBLES.length()) {
      DoubleVector register = DoubleVector.zero(DOUBLES);
      for (int i = first; i < blocksEnd; i += BLOCK) {
        register = register.add(widen(a, i).mul(widen(b, i)));
      }
      register.intoArray(sums, first);
    }
    for (int i = blocksEnd; i < count; i++) {
      sums[i % BLOCK] += (double) a.getAtIndex(FLOAT, i) * (double) b.getAtIndex(FLOAT, i);
    }
    return FixedSum.total(sums);
  }

  @Override
  public float max(MemorySegment x) {
    int count = Layouts.count(x);
    int end = FLOATS.loopBound(count);
    FloatVector register = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < end; i += FLOATS.length()) {
      register = register.max(load(x, i));
    }
    float max = register.reduceLanes(VectorOperators.MAX);
    for (int i = end; i < count; i++) {
      max = Math.max(max, x.getAtIndex(FLOAT, i));
    }
    return max;
  }

  @Override
  public float maxAbs(MemorySegment x) {
    int count = Layouts.count(x);
    int end = FLOATS.loopBound(count);
    FloatVector register = FloatVector.zero(FLOATS);
    for (int i = 0; i < end; i += FLOATS.length()) {
      register = register.max(load(x, i).abs());
    }
    float max = register.reduceLanes(VectorOperators.MAX);
    for (int i = end; i < count; i++) {
      max = Math.max(max, Math.abs(x.getAtIndex(FLOAT, i)));
    }
    return max;
  }

  @Override
  public double sumExp(MemorySegment x, double shift) {
    int count = Layouts.count(x);
    int blocksEnd = count - count % BLOCK;
    double[] sums = new double[BLOCK];
    for (int first = 0; first < BLOCK; first += DOUBLES.length()) {
      DoubleVector register = DoubleVector.zero(DOUBLES);
      for (int i = first; i < blocksEnd; i += BLOCK) {
        register = register.add(exp(widen(x, i).sub(shift)));
      }
      register.intoArray(sums, first);
    }
    for (int i = blocksEnd; i < count; i++) {
      sums[i % BLOCK] += Exponential.of(x.getAtIndex(FLOAT, i) - shift);
    }
    return FixedSum.total(sums);
  }

  @Override
  public double sumExpTimesDifference(MemorySegment x, MemorySegment y, double shift) {
    int count = Layouts.sameCount(x, y);
    int blocksEnd = count - count % BLOCK;
    double[] sums = new double[BLOCK];
    for (int first = 0; first < BLOCK; first += DOUBLES.length()) {
      DoubleVector register = DoubleVector.zero(DOUBLES);
      for (int i = first; i < blocksEnd; i += BLOCK) {
        DoubleVector value = widen(x, i);
        VectorMask<Double> impossible = value.compare(VectorOperators.EQ, Double.NEGATIVE_INFINITY);
        DoubleVector product = exp(value.sub(shift)).mul(value.sub(widen(y, i)));
        register = register.add(product.blend(0, impossible));
      }
      register.intoArray(sums, first);
    }
    for (int i = blocksEnd; i < count; i++) {
      sums[i % BLOCK] +=
          ScalarKernels.expTimesDifference(x.getAtIndex(FLOAT, i), y.getAtIndex(FLOAT, i), shift);
    }
    return FixedSum.total(sums);
  }

  /** {@link Exponential#of}, step by step. */
  private static DoubleVector exp(DoubleVector x) {
    DoubleVector bounded = x.max(Exponential.LOWEST);
    DoubleVector rounded = bounded.mul(Exponential.LOG2_E).add(Exponential.ROUNDER);
    DoubleVector k = rounded.sub(Exponential.ROUNDER);
    DoubleVector r = bounded.sub(k.mul(Exponential.LOG_2_HIGH)).sub(k.mul(Exponential.LOG_2_LOW));
    DoubleVector sum = DoubleVector.broadcast(DOUBLES, Exponential.C13);
    sum = sum.mul(r).add(Exponential.C12);
    sum = sum.mul(r).add(Exponential.C11);
    sum = sum.mul(r).add(Exponential.C10);
    sum = sum.mul(r).add(Exponential.C9);
    sum = sum.mul(r).add(Exponential.C8);
    sum = sum.mul(r).add(Exponential.C7);
    sum = sum.mul(r).add(Exponential.C6);
    sum = sum.mul(r).add(Exponential.C5);
    sum = sum.mul(r).add(Exponential.C4);
    sum = sum.mul(r).add(Exponential.C3);
    sum = sum.mul(r).add(Exponential.C2);
    sum = sum.mul(r).add(1);
    sum = sum.mul(r).add(1);
    LongVector powerOfTwo =
        rounded.reinterpretAsLongs().add(1023).lanewise(VectorOperators.LSHL, 52);
    return sum.mul(powerOfTwo.reinterpretAsDoubles());
  }

  @Override
  public void addScaled(MemorySegment sums, MemorySegment x, float factor) {
    int count = Layouts.sameCount(sums, x);
    int end = FLOATS.loopBound(count);
    for (int i = 0; i < end; i += FLOATS.length()) {
      load(sums, i).add(load(x, i).mul(factor)).intoMemorySegment(sums, 4L * i, NATIVE);
    }
    for (int i = end; i < count; i++) {
      float product = factor * x.getAtIndex(FLOAT, i);
      sums.setAtIndex(FLOAT, i, sums.getAtIndex(FLOAT, i) + product);
    }
  }

  @Override
  public void addScaled(double[] sums, int from, MemorySegment x, double factor) {
    int count = Layouts.count(x);
    int end = DOUBLES.loopBound(count);
    for (int i = 0; i < end; i += DOUBLES.length()) {
      DoubleVector old = DoubleVector.fromArray(DOUBLES, sums, from + i);
      old.add(widen(x, i).mul(factor)).intoArray(sums, from + i);
    }
    for (int i = end; i < count; i++) {
      sums[from + i] += factor * x.getAtIndex(FLOAT, i);
    }
  }

  @Override
  public void addScaledSquares(double[] sums, MemorySegment x, double factor) {
    int count = Layouts.count(x);
    int end = DOUBLES.loopBound(count);
    for (int i = 0; i < end; i += DOUBLES.length()) {
      DoubleVector value = widen(x, i);
      DoubleVector old = DoubleVector.fromArray(DOUBLES, sums, i);
      old.add(value.mul(value).mul(factor)).intoArray(sums, i);
    }
    for (int i = end; i < count; i++) {
      double value = x.getAtIndex(FLOAT, i);
      sums[i] += factor * (value * value);
    }
  }

  @Override
  public void decodeBf16(MemorySegment stored, MemorySegment out) {
    int count = Layouts.widenedCount(stored, out);
    int end = INTS.loopBound(count);
    for (int i = 0; i < end; i += INTS.length()) {
      widenBits(stored, i)
          .lanewise(VectorOperators.LSHL, 16)
          .intoMemorySegment(out, 4L * i, NATIVE);
    }
    for (int i = end; i < count; i++) {
      out.setAtIndex(INT, i, ScalarKernels.bf16ToFloatBits(stored.getAtIndex(STORED_16, i)));
    }
  }

  @Override
  public void decodeF16(MemorySegment stored, MemorySegment out) {
    int count = Layouts.widenedCount(stored, out);
    int end = INTS.loopBound(count);
    for (int i = 0; i < end; i += INTS.length()) {
      f16ToFloatBits(widenBits(stored, i)).intoMemorySegment(out, 4L * i, NATIVE);
    }
    for (int i = end; i < count; i++) {
      out.setAtIndex(INT, i, ScalarKernels.f16ToFloatBits(stored.getAtIndex(STORED_16, i)));
    }
  }

  /** {@link ScalarKernels#f16ToFloatBits}, step by step. */
  private static IntVector f16ToFloatBits(IntVector bits) {
    IntVector sign = bits.and(0x8000).lanewise(VectorOperators.LSHL, 16);
    IntVector magnitude = bits.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
    VectorMask<Integer> special = bits.and(0x7c00).compare(VectorOperators.EQ, 0x7c00);
    IntVector finite = magnitude.reinterpretAsFloats().mul(0x1p112f).reinterpretAsInts();
    return finite.blend(magnitude.or(0x7f80_0000), special).or(sign);
  }

  private static FloatVector load(MemorySegment x, int index) {
    return FloatVector.fromMemorySegment(FLOATS, x, 4L * index, NATIVE);
  }

  private static DoubleVector widen(MemorySegment x, int index) {
    return (DoubleVector)
        FloatVector.fromMemorySegment(FLOATS_TO_WIDEN, x, 4L * index, NATIVE)
            .convertShape(VectorOperators.F2D, DOUBLES, 0);
  }

  private static IntVector widenBits(MemorySegment stored, int index) {
    return (IntVector)
        ShortVector.fromMemorySegment(SHORTS_TO_WIDEN, stored, 2L * index, ByteOrder.LITTLE_ENDIAN)
            .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
  }
}
