package io.moetool.kernels;

import java.lang.foreign.MemorySegment;

/**
 * Joins the outputs of the selected experts: out[t] = base[t] + Σ_k w[t,k]·f[t,k]. Float32, slot
 * after slot, every product rounded before it is added; the same bits in any batch.
 */
public final class WeightedRowSum {
  private WeightedRowSum() {}

  /**
   * Adds up the weighted slots of each token.
   *
   * @param base what the sum starts from, [tokens, hidden]; may be {@code out}
   * @param weights coefficients, [tokens, K]
   * @param slotRows expert outputs, row {@code t * K + k} for slot k of token t, [tokens * K,
   *     hidden]
   * @param out receives the sums, [tokens, hidden]
   * @throws IllegalArgumentException if the shapes do not fit
   */
  public static void of(
      FloatMatrix base, FloatMatrix weights, FloatMatrix slotRows, FloatMatrix out) {
    int tokens = out.rows();
    int k = weights.columns();
    requireShape("base", base, tokens, out.columns());
    requireShape("weights", weights, tokens, k);
    requireShape("slot rows", slotRows, (long) tokens * k, out.columns());
    Kernels kernels = Kernels.best();
    for (int token = 0; token < tokens; token++) {
      out.copyRowFrom(token, base, token);
      MemorySegment sum = out.row(token);
      for (int slot = 0; slot < k; slot++) {
        kernels.addScaled(sum, slotRows.row(token * k + slot), weights.get(token, slot));
      }
    }
  }

  private static void requireShape(String name, FloatMatrix matrix, long rows, int columns) {
    if (matrix.rows() != rows || matrix.columns() != columns) {
      throw new IllegalArgumentException(
          "%s are %s, expected [%d,%d]".formatted(name, matrix, rows, columns));
    }
  }
}
