package io.moetool.kernels;

/**
 * Functions that turn logits into float32 scores. Each result is computed in float64, with the same
 * bits on every machine ({@link Exponential}), and rounded once.
 */
final class Softmax {
  private Softmax() {}

  /** Writes exp(z) / sum of exp(z) over the first {@code count} logits; one of them is finite. */
  static void over(float[] logits, int count, float[] out) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      max = Math.max(max, logits[i]);
    }
    double[] exponentials = new double[count];
    double sum = 0;
    for (int i = 0; i < count; i++) {
      exponentials[i] = Exponential.of(logits[i] - max);
      sum += exponentials[i];
    }
    for (int i = 0; i < count; i++) {
      out[i] = (float) (exponentials[i] / sum);
    }
  }

  /** 1 / (1 + exp(-z)). */
  static float sigmoid(float logit) {
    double small = Exponential.of(-Math.abs((double) logit));
    return (float) ((logit < 0 ? small : 1) / (1 + small));
  }

  /** sqrt(log(1 + exp(z))). */
  static float sqrtSoftplus(float logit) {
    // log(1 + exp(z)) = max(z, 0) + log1p(exp(-|z|)), which never overflows.
    double small = Exponential.of(-Math.abs((double) logit));
    return (float) Math.sqrt(Math.max(logit, 0.0) + StrictMath.log1p(small));
  }
}
