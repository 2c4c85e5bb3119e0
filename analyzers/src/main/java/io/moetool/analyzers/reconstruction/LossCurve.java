package io.moetool.analyzers.reconstruction;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a layer loses by the number of experts taken away, and which are the best to take.
 * Immutable.
 */
public final class LossCurve {
  private final List<SortedSet<Integer>> sets;
  private final double[] losses;
  private final double energy;

  private LossCurve(List<SortedSet<Integer>> sets, double[] losses, double energy) {
    this.sets = sets;
    this.losses = losses;
    this.energy = energy;
  }

  /**
   * A curve whose sets contain each other.
   *
   * @param steps step at which each expert goes, from 1; 0 for those that stay
   * @param losses Σ ‖o - o'‖² by number of steps, beyond the last step anything
   * @param energy Σ ‖o‖²
   * @throws IllegalArgumentException if two experts go at once or none does at some step
   */
  public static LossCurve ofSteps(double[] steps, double[] losses, double energy) {
    int count = 0;
    int[] order = new int[steps.length + 1];
    boolean[] taken = new boolean[steps.length + 1];
    for (int expert = 0; expert < steps.length; expert++) {
      int step = (int) steps[expert];
      if (step != steps[expert] || step < 0 || step > steps.length || (step > 0 && taken[step])) {
        throw new IllegalArgumentException(
            "expert %d goes at step %s".formatted(expert, steps[expert]));
      }
      if (step > 0) {
        taken[step] = true;
        order[step] = expert;
        count = Math.max(count, step);
      }
    }
    List<SortedSet<Integer>> sets = new ArrayList<>();
    sets.add(new TreeSet<>());
    for (int step = 1; step <= count; step++) {
      if (!taken[step]) {
        throw new IllegalArgumentException("no expert goes at step %d".formatted(step));
      }
      SortedSet<Integer> next = new TreeSet<>(sets.getLast());
      next.add(order[step]);
      sets.add(next);
    }
    return new LossCurve(sets, checked(losses, sets.size()), energy);
  }

  /**
   * A curve of the best set of every size.
   *
   * @param sets bit e stands for expert e, by size; below zero where there is none
   * @param losses Σ ‖o - o'‖² by size
   * @param energy Σ ‖o‖²
   * @throws IllegalArgumentException if a set is not of its size
   */
  public static LossCurve ofSets(int experts, double[] sets, double[] losses, double energy) {
    List<SortedSet<Integer>> named = new ArrayList<>();
    for (int size = 0; size < sets.length && sets[size] >= 0; size++) {
      int bits = (int) sets[size];
      if (bits != sets[size] || bits >> experts != 0 || Integer.bitCount(bits) != size) {
        throw new IllegalArgumentException("a set of %d experts is %s".formatted(size, sets[size]));
      }
      SortedSet<Integer> set = new TreeSet<>();
      for (int expert = 0; expert < experts; expert++) {
        if ((bits >> expert & 1) == 1) {
          set.add(expert);
        }
      }
      named.add(set);
    }
    if (named.isEmpty()) {
      throw new IllegalArgumentException("not even the empty set has a loss");
    }
    return new LossCurve(named, checked(losses, named.size()), energy);
  }

  private static double[] checked(double[] losses, int length) {
    double[] used = new double[length];
    for (int removed = 0; removed < length; removed++) {
      if (removed >= losses.length || !(losses[removed] >= 0)) {
        throw new IllegalArgumentException(
            "the loss of taking away %d experts is missing".formatted(removed));
      }
      used[removed] = losses[removed];
    }
    return used;
  }

  /** The largest number of experts that the router can do without. */
  public int mostRemoved() {
    return losses.length - 1;
  }

  /**
   * Σ ‖o - o'‖² over the tokens it was measured on, o what the routed experts add, o' what they add
   * without the best experts to take.
   *
   * @param removed how many are taken away, 0 to {@link #mostRemoved}
   */
  public double squaredError(int removed) {
    return losses[removed];
  }

  /**
   * Root of the squared error as a share of ‖o‖: 0 means nothing changes, 1 as much as if the layer
   * added nothing.
   */
  public double relativeError(int removed) {
    return energy == 0 ? 0 : Math.sqrt(losses[removed] / energy);
  }

  /** The best experts to take away, ascending. */
  public SortedSet<Integer> removed(int count) {
    return Collections.unmodifiableSortedSet(sets.get(count));
  }
}
