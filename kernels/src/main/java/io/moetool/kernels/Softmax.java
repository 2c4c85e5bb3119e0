package io.moetool.kernels;

/**
 * Functions that turn logits into float32 scores. Each result is computed in float64 with {@link
 * StrictMath}, whose bits do not depend on the machine, and rounded once.
 */
final class Softmax {
  private Softmax() {}

  /** Writes exp(z) / sum of exp(z) over the first {@code count} logits; one of them is finite. */
  static void over(float[] logits, int count, float[] out) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      max = Math.max(max, logits[i]);
    }
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += StrictMath.exp(logits[i] - max);
    }
    for (int i = 0; i < count; i++) {
      out[i] = (float) (StrictMath.exp(logits[i] - max) / sum);
    }
  }

  /** 1 / (1 + exp(-z)). */
  static float sigmoid(float logit) {
    return (float) (1 / (1 + StrictMath.exp(-(double) logit)));
  }

  /** sqrt(log(1 + exp(z))). */
  static float sqrtSoftplus(float logit) {
    // log(1 + exp(z)) = max(z, 0) + log1p(exp(-|z|)), which never overflows.
    double softplus = Math.max(logit, 0.0) + StrictMath.log1p(StrictMath.exp(-Math.abs((double) logit)));
    return (float) Math.sqrt(softplus);
  }
}
