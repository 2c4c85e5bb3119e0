package io.moetool.analyzers.statistics;

import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.RowNorms;
import io.moetool.runtime.run.SampledExperts;
import java.lang.foreign.Arena;

/**
 * Linear centred kernel alignment of the outputs of every two experts over the same m tokens (arXiv
 * 1905.00414): ⟨K_i, K_j⟩ / (‖K_i‖ ‖K_j‖) of the centred kernels K = C Y Yᵀ C. It does not see
 * rotations, translations and lengths of the outputs. A kernel of zeros is aligned with nothing.
 */
final class OutputAlignment {
  private final SampledExperts experts;
  private final int[] tokens;

  private OutputAlignment(SampledExperts experts, int[] tokens) {
    this.experts = experts;
    this.tokens = tokens;
  }

  /** The alignments, {@code [E, E]}. */
  static SumMatrix of(SampledExperts experts, int[] tokens) {
    return new OutputAlignment(experts, tokens).compute();
  }

  private SumMatrix compute() {
    int all = experts.experts();
    try (Arena arena = Arena.ofShared()) {
      FloatMatrix kernels =
          FloatMatrix.allocate(arena, all, tokens.length * (tokens.length + 1) / 2);
      experts.pool().forEach(all, expert -> kernel(expert, kernels));
      return alignments(kernels);
    }
  }

  private void kernel(int expert, FloatMatrix kernels) {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix outputs = FloatMatrix.allocate(arena, tokens.length, experts.hidden());
      experts.outputs(expert, tokens, outputs);
      kernels.setRow(expert, centredKernel(outputs));
    }
  }

  /**
   * The kernel's lower triangle, off the diagonal times √2: inner products of such rows are those
   * of whole kernels.
   */
  static float[] centredKernel(FloatMatrix outputs) {
    int count = outputs.rows();
    double[][] kernel = new double[count][count];
    double[] means = new double[count];
    double mean = 0;
    for (int i = 0; i < count; i++) {
      for (int j = 0; j <= i; j++) {
        kernel[i][j] = RowNorms.dot(outputs.row(i), outputs.row(j));
        kernel[j][i] = kernel[i][j];
      }
    }
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < count; j++) {
        means[i] += kernel[i][j] / count;
      }
      mean += means[i] / count;
    }
    float[] triangle = new float[count * (count + 1) / 2];
    int place = 0;
    for (int i = 0; i < count; i++) {
      for (int j = 0; j <= i; j++) {
        double centred = kernel[i][j] - means[i] - means[j] + mean;
        triangle[place++] = (float) (i == j ? centred : Math.sqrt(2) * centred);
      }
    }
    return triangle;
  }

  private SumMatrix alignments(FloatMatrix kernels) {
    int all = kernels.rows();
    double[] lengths = RowNorms.l2(kernels);
    double[] values = new double[Math.multiplyExact(all, all)];
    experts
        .pool()
        .forEach(
            all,
            i -> {
              for (int j = 0; j <= i; j++) {
                double both = lengths[i] * lengths[j];
                double product = both == 0 ? 0 : RowNorms.dot(kernels.row(i), kernels.row(j));
                double aligned = both == 0 ? 0 : Math.clamp(product / both, 0.0, 1.0);
                values[i * all + j] = aligned;
                values[j * all + i] = aligned;
              }
            });
    return SumMatrix.over(all, all, values);
  }
}
