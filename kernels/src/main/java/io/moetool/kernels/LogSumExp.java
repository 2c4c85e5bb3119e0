package io.moetool.kernels;

import java.lang.foreign.MemorySegment;

/**
 * log Σ exp(z) of a row of float32 logits, the normaliser of its softmax. Computed in float64 from
 * the largest logit downwards, so nothing overflows.
 */
public final class LogSumExp {
  private LogSumExp() {}

  /**
   * log Σ exp(z); NaN if a logit is NaN or +∞, or if none is finite.
   *
   * @throws IllegalArgumentException if the row is empty
   */
  public static double of(MemorySegment logits) {
    if (logits.byteSize() == 0) {
      throw new IllegalArgumentException("no logits");
    }
    Kernels kernels = Kernels.best();
    double max = kernels.max(logits);
    // An infinite maximum makes the sum NaN, as it should.
    return max + StrictMath.log(kernels.sumExp(logits, max));
  }
}
