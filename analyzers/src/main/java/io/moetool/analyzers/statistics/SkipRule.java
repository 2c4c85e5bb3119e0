package io.moetool.analyzers.statistics;

import java.util.function.IntPredicate;

/**
 * Rules that let a token do without some of the experts it chose. A rule gives every chosen expert
 * a step from 0 to 64 and skips it if its step is on the wrong side of a limit; sums by step
 * therefore answer for every limit.
 */
public enum SkipRule {
  /**
   * Fewer experts per token: the step is the place of the expert among the chosen, best first, from
   * 0; skipped if it is not below the limit.
   */
  RANK(0),
  /**
   * Dynamic top-p (arXiv 2403.07652): the step is the scores of better chosen experts, added up, as
   * a share of the scores of all experts, in 64ths rounded up; skipped if it is above the limit.
   */
  SHARE(1),
  /**
   * By comparison with the best (arXiv 2402.14800 for two experts): the step is the coefficient
   * divided by the largest of the token, in 64ths rounded down; skipped if it is below the limit.
   */
  RATIO(2),
  /**
   * Null experts whose logit is a constant (AdaMoE, arXiv 2406.13233): the step is the logit in
   * halves, from -16 on; skipped if it is below the limit.
   */
  LOGIT(3);

  /** The largest step. */
  public static final int LAST = 64;

  /** Sums by step: expert choices, their coefficients, and ‖g f‖ / ‖o‖ of what is added. */
  static final int COLUMNS = 3;

  static final int ROWS = 4 * (LAST + 1);

  private static final double LOWEST_LOGIT = -16;
  private static final double LOGITS_PER_STEP = 0.5;

  private final int place;

  SkipRule(int place) {
    this.place = place;
  }

  /** Row of a step in {@link MatrixStatistic#SKIPPED}. */
  int row(int step) {
    return place * (LAST + 1) + step;
  }

  /** Step of a chosen expert. */
  static int ofRank(int rank) {
    return Math.min(rank, LAST);
  }

  /** Step of a chosen expert, {@code better} the share of all scores that better ones have. */
  static int ofShare(double better) {
    return (int) Math.clamp(Math.ceil(better * LAST), 0, LAST);
  }

  /** Step of a chosen expert by its part of the largest coefficient. */
  static int ofRatio(double ratio) {
    return (int) Math.clamp(Math.floor(ratio * LAST), 0, LAST);
  }

  /** Step of a chosen expert by its logit. */
  static int ofLogit(double logit) {
    return (int) Math.clamp(Math.floor((logit - LOWEST_LOGIT) / LOGITS_PER_STEP), 0, LAST);
  }

  /** The limit in the rule's own unit. */
  public double limit(int step) {
    return switch (this) {
      case RANK -> step;
      case SHARE, RATIO -> (double) step / LAST;
      case LOGIT -> LOWEST_LOGIT + step * LOGITS_PER_STEP;
    };
  }

  /** Whether a limit skips experts of a step. */
  boolean skips(int step, int limit) {
    return switch (this) {
      case RANK -> step >= limit;
      case SHARE -> step > limit;
      case RATIO, LOGIT -> step < limit;
    };
  }

  /**
   * What a limit skips in a layer, all tokens together.
   *
   * @param choices chosen experts that are skipped
   * @param mass their coefficients, added up
   * @param bound Σ ‖g f‖ / ‖o‖ of them, o what the routed experts add to the token: no less than
   *     the sum over tokens of the change of o as a share of it, if the others' coefficients stay
   */
  public record Skipped(double choices, double mass, double bound) {}

  /** What a limit, given as a step, skips in a layer. */
  public Skipped skipped(LayerStatistics layer, int limit) {
    return sum(layer, step -> skips(step, limit));
  }

  /** All choices of a layer. */
  public Skipped total(LayerStatistics layer) {
    return sum(layer, step -> true);
  }

  private Skipped sum(LayerStatistics layer, IntPredicate counts) {
    SumMatrix sums = layer.matrix(MatrixStatistic.SKIPPED);
    double[] totals = new double[COLUMNS];
    for (int step = 0; step <= LAST; step++) {
      for (int column = 0; column < COLUMNS && counts.test(step); column++) {
        totals[column] += sums.get(row(step), column);
      }
    }
    return new Skipped(totals[0], totals[1], totals[2]);
  }
}
