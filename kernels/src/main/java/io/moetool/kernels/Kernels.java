package io.moetool.kernels;

import java.lang.foreign.MemorySegment;

/**
 * The inner loops, once in plain Java and once with vectors. Both give the same bits: what is added
 * is added as {@link FixedSum} says, everything else is element by element. Products of two float32
 * are exact in float64, and no other product is fused with an addition.
 *
 * <p>Segments hold float32 in the machine's order unless said otherwise and may have any alignment.
 */
sealed interface Kernels permits ScalarKernels, VectorKernels {

  /** The fastest implementation this JVM can run. */
  static Kernels best() {
    return BestKernels.INSTANCE;
  }

  /** Which implementation this is, for messages. */
  String name();

  /** Σ a·b over two rows of the same length; float64 throughout. */
  double dot(MemorySegment a, MemorySegment b);

  /** The largest element, NaN if there is one, -∞ of an empty row. */
  float max(MemorySegment x);

  /** The largest magnitude, NaN if there is one, 0 of an empty row. */
  float maxAbs(MemorySegment x);

  /** Σ exp(x - shift); no element exceeds {@code shift}. */
  double sumExp(MemorySegment x, double shift);

  /** Σ exp(x - shift)·(x - y), 0 where x is -∞; no element of {@code x} exceeds {@code shift}. */
  double sumExpTimesDifference(MemorySegment x, MemorySegment y, double shift);

  /** sums += factor·x in float32; product and sum are rounded one after the other. */
  void addScaled(MemorySegment sums, MemorySegment x, float factor);

  /** sums[from + i] += factor·x[i] in float64. */
  void addScaled(double[] sums, int from, MemorySegment x, double factor);

  /** sums[i] += factor·x[i]² in float64. */
  void addScaledSquares(double[] sums, MemorySegment x, double factor);

  /** Widens little-endian BF16 to float32, NaN payloads included. */
  void decodeBf16(MemorySegment stored, MemorySegment out);

  /** Widens little-endian IEEE binary16 to float32, NaN payloads included. */
  void decodeF16(MemorySegment stored, MemorySegment out);
}
