package io.moetool.analyzers.statistics;

import io.moetool.kernels.ColumnSums;
import io.moetool.kernels.RowNorms;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * How far the routed experts turn a token: m = max(0, 1 - cos(h, h + r)) of the hidden state h
 * before the block and the experts' weighted sum r, without a shared expert (EASY-EP, arXiv
 * 2504.06792).
 */
final class TokenTurn {
  private TokenTurn() {}

  /**
   * Between 0 (no turn) and 2 (opposite direction); 1 if either state is all zeros.
   *
   * @param hidden h, float32, {@code [H]}
   * @param routed r
   */
  static double of(MemorySegment hidden, ColumnSums routed) {
    double before = RowNorms.sumOfSquares(hidden);
    double after = 0;
    double product = 0;
    for (int column = 0; column < routed.columns(); column++) {
      double h = hidden.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, column);
      double sum = h + routed.get(column);
      after += sum * sum;
      product += h * sum;
    }
    double lengths = Math.sqrt(before) * Math.sqrt(after);
    double cosine = lengths == 0 ? 0 : product / lengths;
    return Math.max(0, 1 - Math.max(-1, cosine));
  }
}
