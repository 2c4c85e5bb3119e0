package io.moetool.kernels;

/** Routes one token at a time. Holds scratch memory, so an instance belongs to one thread. */
sealed interface RowRouter permits TopScoresRow, SparseMixerRow {
  /**
   * Routes one token.
   *
   * @param logits [experts], without NaN or +∞, at least one finite
   * @param selected receives K experts, best first
   * @param weights receives their K coefficients
   * @param scores receives the score of every expert, [experts]
   */
  void route(float[] logits, int[] selected, float[] weights, float[] scores);
}
