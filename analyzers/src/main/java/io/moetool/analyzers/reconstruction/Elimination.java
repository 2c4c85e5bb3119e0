package io.moetool.analyzers.reconstruction;

import io.moetool.runtime.run.WorkPool;
import java.util.Arrays;
import java.util.Optional;

/**
 * Takes one expert of a layer away after the other, always the one whose loss then grows least: the
 * greedy form of the subset search of NAEE (arXiv 2402.14800). Among equal losses the higher index
 * goes first.
 */
public final class Elimination {
  private final Rerouting tokens;
  private final WorkPool pool;
  private final boolean[] masked;
  private final int[][] choices;
  private final double[] losses;
  private final double[] candidates;
  private final double[] alone;
  private final int[] steps;
  private final double[] curve;
  private int done;

  private Elimination(Rerouting tokens, WorkPool pool) {
    this.tokens = tokens;
    this.pool = pool;
    this.masked = new boolean[tokens.experts()];
    this.choices = tokens.chosen();
    this.losses = new double[tokens.tokens()];
    this.candidates = new double[tokens.experts()];
    this.alone = new double[tokens.experts()];
    this.steps = new int[tokens.experts()];
    this.curve = new double[tokens.experts() + 1];
  }

  /** Goes on until the router can do without no more. */
  public static Elimination of(Rerouting tokens, WorkPool pool) {
    Elimination elimination = new Elimination(tokens, pool);
    elimination.run();
    return elimination;
  }

  /**
   * Loss of taking each expert away alone, {@code [E]}; infinite where the router cannot do without
   * it.
   */
  public double[] alone() {
    return alone.clone();
  }

  /** Step at which each expert was taken away, from 1; 0 for those that stay, {@code [E]}. */
  public int[] steps() {
    return steps.clone();
  }

  /** Loss by number of steps, from none on. */
  public double[] losses() {
    return Arrays.copyOf(curve, done + 1);
  }

  private void run() {
    Arrays.fill(alone, Double.POSITIVE_INFINITY);
    while (done < tokens.mostRemoved()) {
      rateCandidates();
      if (done == 0) {
        System.arraycopy(candidates, 0, alone, 0, alone.length);
      }
      int best = best();
      if (best < 0) {
        return;
      }
      done++;
      steps[best] = done;
      curve[done] = candidates[best];
      take(best);
    }
  }

  private void rateCandidates() {
    pool.forEach(
        masked.length,
        expert ->
            candidates[expert] =
                masked[expert] ? Double.POSITIVE_INFINITY : total(without(expert)));
  }

  private Optional<Rerouted> without(int expert) {
    boolean[] alone = new boolean[masked.length];
    alone[expert] = true;
    boolean[] all = masked.clone();
    all[expert] = true;
    return tokens.without(all, tokens.concerned(choices, alone));
  }

  /** Losses of all tokens, in their order, some of them replaced. */
  private double total(Optional<Rerouted> changed) {
    if (changed.isEmpty()) {
      return Double.POSITIVE_INFINITY;
    }
    Rerouted result = changed.get();
    double sum = 0;
    int next = 0;
    for (int token = 0; token < losses.length; token++) {
      if (next < result.count() && result.token(next) == token) {
        sum += result.loss(next++);
      } else {
        sum += losses[token];
      }
    }
    return sum;
  }

  private int best() {
    int best = -1;
    for (int expert = 0; expert < candidates.length; expert++) {
      if (Double.isFinite(candidates[expert])
          && (best < 0 || candidates[expert] <= candidates[best])) {
        best = expert;
      }
    }
    return best;
  }

  private void take(int expert) {
    Rerouted result = without(expert).orElseThrow();
    masked[expert] = true;
    for (int i = 0; i < result.count(); i++) {
      int token = result.token(i);
      losses[token] = result.loss(i);
      choices[token] = result.chosen(i);
    }
  }
}
