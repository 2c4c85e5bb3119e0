package io.moetool.kernels;

/**
 * Experts that take so many tokens of a sequence and no more (arXiv 2101.03961, section 2.2): the
 * first that choose one are taken, later ones are dropped, which is a coefficient of zero.
 */
public final class ExpertCapacity {
  private ExpertCapacity() {}

  /**
   * Drops the tokens of one sequence that come too late.
   *
   * @param selected chosen experts, {@code [tokens, K]}, tokens in the order of the sequence
   * @param weights coefficients, {@code [tokens, K]}; those of dropped tokens become zero
   * @param experts number of experts
   * @param capacity tokens that each of them takes
   */
  public static void drop(IntMatrix selected, FloatMatrix weights, int experts, int capacity) {
    int[] taken = new int[experts];
    for (int token = 0; token < selected.rows(); token++) {
      for (int slot = 0; slot < selected.columns(); slot++) {
        if (++taken[selected.get(token, slot)] > capacity) {
          weights.set(token, slot, 0);
        }
      }
    }
  }
}
