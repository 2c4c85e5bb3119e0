package io.moetool.transforms.repair;

import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.run.SampledExperts;
import io.moetool.transforms.plan.Repair;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The factor on what a layer adds that brings it closest to what it added: α = ⟨z, y⟩ / ⟨y, y⟩ over
 * all tokens, z before and y after. It minimises Σ ‖z - α y‖², so it never makes that larger.
 *
 * @param zz Σ ‖z‖²
 * @param zy Σ z · y
 * @param yy Σ ‖y‖²
 */
public record ScaleFit(double zz, double zy, double yy) {
  static final ScaleFit NONE = new ScaleFit(0, 0, 0);

  /** Tokens compared at a time. */
  private static final int BLOCK = 256;

  /**
   * What the tokens of a sample get from their experts, chosen in one way and in another. Memory
   * holds blocks of tokens.
   */
  public static ScaleFit between(SampledExperts experts, RoutedChoice before, RoutedChoice after) {
    int tokens = experts.inputs().rows();
    ScaleFit[] blocks = new ScaleFit[Math.ceilDiv(tokens, BLOCK)];
    experts
        .pool()
        .forEach(
            blocks.length,
            block ->
                blocks[block] =
                    compare(
                        experts,
                        before,
                        after,
                        block * BLOCK,
                        Math.min(tokens, (block + 1) * BLOCK)));
    return Arrays.stream(blocks).reduce(NONE, ScaleFit::plus);
  }

  /** What tokens from.. to get before and after, expert by expert. */
  private static ScaleFit compare(
      SampledExperts experts, RoutedChoice before, RoutedChoice after, int from, int to) {
    int hidden = experts.hidden();
    double[][] z = new double[to - from][hidden];
    double[][] y = new double[to - from][hidden];
    boolean added = experts.scalesInputs();
    for (int e = 0; e < experts.experts(); e++) {
      int expert = e;
      int[] tokens =
          IntStream.range(from, to)
              .filter(t -> before.chooses(t, expert) || after.chooses(t, expert))
              .toArray();
      if (tokens.length > 0) {
        try (Arena arena = Arena.ofConfined()) {
          FloatMatrix outputs = FloatMatrix.allocate(arena, tokens.length, hidden);
          experts.outputs(expert, tokens, outputs);
          for (int row = 0; row < tokens.length; row++) {
            float[] output = outputs.rowToArray(row);
            add(z[tokens[row] - from], before.factor(tokens[row], expert, added), output);
            add(y[tokens[row] - from], after.factor(tokens[row], expert, added), output);
          }
        }
      }
    }
    ScaleFit sums = NONE;
    for (int row = 0; row < z.length; row++) {
      sums = sums.plus(new ScaleFit(dot(z[row], z[row]), dot(z[row], y[row]), dot(y[row], y[row])));
    }
    return sums;
  }

  private static void add(double[] sum, float factor, float[] output) {
    for (int i = 0; factor != 0 && i < sum.length; i++) {
      sum[i] += (double) factor * output[i];
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** Sums over these tokens and others. */
  ScaleFit plus(ScaleFit other) {
    return new ScaleFit(zz + other.zz, zy + other.zy, yy + other.yy);
  }

  /** The factor; 1 where what is left points away from what was there, or there is nothing. */
  double scale() {
    return zy > 0 && yy > 0 ? zy / yy : 1;
  }

  /** Squared error as a share of ‖z‖². */
  double error(double scale) {
    return zz == 0 ? 0 : Math.max(0, zz - 2 * scale * zy + scale * scale * yy) / zz;
  }

  /** What a plan says of a layer. */
  public Repair.Layer of(int layer) {
    return new Repair.Layer(layer, scale(), List.of(), error(1), error(scale()));
  }
}
