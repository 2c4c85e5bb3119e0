package io.moetool.analyzers.statistics;

import java.util.Locale;

/**
 * What is summed for every expert of a layer, {@code [E]}, over the tokens of a domain.
 *
 * <p>g is the coefficient that multiplies an expert's output, f the output before that, both of a
 * token that chose the expert; z are router logits.
 */
public enum ExpertStatistic {
  /** Tokens that chose the expert. */
  N,
  /** Σ of the expert's share in the router's full score distribution, over all tokens. */
  SOFT,
  /** Σ g. */
  GSUM,
  /** Σ g². */
  GSQ,
  /** Σ ‖f‖₂. */
  A1,
  /** Σ ‖f‖₂². */
  A2,
  /** Σ g ‖f‖₂. */
  R1,
  /** Σ g² ‖f‖₂². */
  R2,
  /** Largest component of |f|; the largest counts, it is not summed. */
  MX,
  /**
   * Σ g ‖f‖₂ m, where m = max(0, 1 - cos(h, h + r)) of the hidden state h before the block and the
   * routed experts' weighted sum r: tokens they hardly turn count less (EASY-EP, arXiv 2504.06792).
   */
  EASY,
  /**
   * Σ of the expert's share in the router's full score distribution, over the tokens whose K
   * largest logits hold the expert's, if its part in the softmax over those K is at least half of
   * 1/K (TCESS of PreMoe, arXiv 2505.17639, with scores in place of raw logits, which may be
   * negative).
   */
  TCESS,
  /** Σ z, over all tokens. */
  ZSUM,
  /**
   * Σ (g ‖f‖₂ / ‖o‖₂)² with the hidden state o after the block: how far the expert moves the tokens
   * that chose it, as a share of what they are. 0 where o is all zeros.
   */
  SHIFT;

  /** Name in files. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Two values of this statistic as one. */
  double combine(double a, double b) {
    return this == MX ? Math.max(a, b) : a + b;
  }

  /** Whether a value below zero makes sense. */
  boolean mayBeNegative() {
    return this == ZSUM;
  }
}
