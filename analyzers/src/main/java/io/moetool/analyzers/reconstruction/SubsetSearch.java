package io.moetool.analyzers.reconstruction;

import io.moetool.runtime.run.WorkPool;
import java.util.Arrays;

/**
 * Tries every set of experts of a layer: the subset search of NAEE (arXiv 2402.14800), with squared
 * errors added up over all tokens instead of norms over batches. Of equal sets the first in
 * lexicographic order is best.
 */
public final class SubsetSearch {
  /** More experts have too many subsets. */
  public static final int MAX_EXPERTS = 16;

  private final int[] sets;
  private final double[] losses;

  private SubsetSearch(int[] sets, double[] losses) {
    this.sets = sets;
    this.losses = losses;
  }

  /**
   * The best set to take away by its size, {@code [E + 1]}: bit e stands for expert e; -1 where the
   * router cannot do without so many.
   */
  public int[] sets() {
    return sets.clone();
  }

  /** The losses without them, {@code [E + 1]}; -1 where there is none. */
  public double[] losses() {
    return losses.clone();
  }

  /** Tries all. */
  public static SubsetSearch of(Rerouting tokens, WorkPool pool) {
    int experts = tokens.experts();
    if (experts > MAX_EXPERTS) {
      throw new IllegalArgumentException(
          "%d experts have too many subsets, at most %d can be tried"
              .formatted(experts, MAX_EXPERTS));
    }
    double[] bySet = new double[1 << experts];
    pool.forEach(bySet.length, set -> bySet[set] = loss(tokens, set));
    int[] sets = new int[experts + 1];
    double[] losses = new double[experts + 1];
    Arrays.fill(sets, -1);
    Arrays.fill(losses, -1);
    for (int set = 0; set < bySet.length; set++) {
      int size = Integer.bitCount(set);
      if (Double.isFinite(bySet[set])
          && (sets[size] < 0
              || bySet[set] < losses[size]
              || (bySet[set] == losses[size] && isBefore(set, sets[size])))) {
        sets[size] = set;
        losses[size] = bySet[set];
      }
    }
    return new SubsetSearch(sets, losses);
  }

  private static double loss(Rerouting tokens, int set) {
    if (Integer.bitCount(set) > tokens.mostRemoved()) {
      return Double.POSITIVE_INFINITY;
    }
    boolean[] masked = new boolean[tokens.experts()];
    for (int expert = 0; expert < masked.length; expert++) {
      masked[expert] = (set >> expert & 1) == 1;
    }
    return tokens
        .without(masked, tokens.concerned(tokens.chosen(), masked))
        .map(Rerouted::total)
        .orElse(Double.POSITIVE_INFINITY);
  }

  /**
   * Of two sets of one size: whether the lowest expert that only one of them has is in the first.
   */
  private static boolean isBefore(int first, int second) {
    int differing = first ^ second;
    return (first & Integer.lowestOneBit(differing)) != 0;
  }
}
