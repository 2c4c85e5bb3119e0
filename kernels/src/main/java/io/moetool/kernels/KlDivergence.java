package io.moetool.kernels;

import java.lang.foreign.MemorySegment;

/** How far one distribution over tokens is from another. */
public final class KlDivergence {
  private KlDivergence() {}

  /**
   * KL(p ‖ q) = Σ p·log(p / q) in nats, p and q being the softmax of two rows of logits, in
   * float64. Never negative; exactly 0 for equal rows; +∞ if q rules out what p allows; NaN where
   * {@link LogSumExp} is.
   *
   * @param reference logits of p, float32, [vocabulary]
   * @param candidate logits of q, float32, [vocabulary]
   * @throws IllegalArgumentException if the rows differ in length
   */
  public static double of(MemorySegment reference, MemorySegment candidate) {
    Layouts.sameCount(reference, candidate);
    double referenceNormaliser = LogSumExp.of(reference);
    double candidateNormaliser = LogSumExp.of(candidate);
    // log p - log q = (x - y) - (log Σ exp x - log Σ exp y), and Σ p = 1.
    double meanDifference =
        Kernels.best().sumExpTimesDifference(reference, candidate, referenceNormaliser);
    // Rounding can push a divergence of almost 0 below it.
    return Math.max(0, meanDifference - (referenceNormaliser - candidateNormaliser));
  }
}
