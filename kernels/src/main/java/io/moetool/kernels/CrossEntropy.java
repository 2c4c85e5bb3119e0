package io.moetool.kernels;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** How surprised a row of logits is by what really came next. */
public final class CrossEntropy {
  private CrossEntropy() {}

  /**
   * Negative log-likelihood of {@code target} under the softmax of the logits, in nats: log Σ
   * exp(z) - z[target], in float64. NaN where {@link LogSumExp} is, +∞ if the target's logit is -∞.
   *
   * @param logits float32, [vocabulary]
   * @param target index into the row
   */
  public static double nll(MemorySegment logits, int target) {
    Objects.checkIndex(target, Layouts.count(logits));
    return LogSumExp.of(logits) - logits.getAtIndex(Layouts.FLOAT, target);
  }
}
