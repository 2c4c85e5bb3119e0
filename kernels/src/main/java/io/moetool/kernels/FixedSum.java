package io.moetool.kernels;

/**
 * The order in which this package adds. Element i of a row goes to accumulator i % 16, in ascending
 * order; then the upper half of the accumulators is added to the lower half, 16 → 8 → 4 → 2 → 1.
 * Sixteen float64 accumulators are two, four or eight vector registers of 512, 256 or 128 bits, so
 * the result does not depend on the machine.
 */
final class FixedSum {
  static final int ACCUMULATORS = 16;

  private FixedSum() {}

  /** Adds the accumulators up, destroying them. */
  static double total(double[] accumulators) {
    for (int half = ACCUMULATORS / 2; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) {
        accumulators[lane] += accumulators[lane + half];
      }
    }
    return accumulators[0];
  }
}
