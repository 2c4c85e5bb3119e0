package io.moetool.kernels;

/** Copies the rows an expert works on next to each other. */
public final class GatherRows {
  private GatherRows() {}

  /**
   * Copies the token of each of an expert's pairs: {@code out[i] = x[token(expert, i)]}.
   *
   * @param x one row per token, [tokens, hidden]
   * @param groups pairs by expert
   * @param expert whose pairs
   * @param out receives the rows, [pairs of the expert, hidden]
   * @throws IllegalArgumentException if the shapes do not fit
   */
  public static void of(FloatMatrix x, GroupByExpert groups, int expert, FloatMatrix out) {
    int count = groups.count(expert);
    if (out.rows() != count || out.columns() != x.columns()) {
      throw new IllegalArgumentException(
          "rows for expert %d are gathered into %s, expected [%d,%d]"
              .formatted(expert, out, count, x.columns()));
    }
    for (int index = 0; index < count; index++) {
      out.copyRowFrom(index, x, groups.token(expert, index));
    }
  }
}
