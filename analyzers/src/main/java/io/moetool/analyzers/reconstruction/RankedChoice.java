package io.moetool.analyzers.reconstruction;

import java.util.Optional;

/**
 * Ranked-choice voting of tokens over experts: the expert that the fewest tokens choose goes, its
 * tokens choose again among the others, and so on until the router can do without no more. Experts
 * without a token count 0 and go first; among equals the higher index goes first. (NVIDIA Model
 * Optimizer counts only experts that some token chose, so that the others survive.)
 */
public final class RankedChoice {
  private RankedChoice() {}

  /** Step at which each expert goes, from 1; 0 for those that stay, {@code [E]}. */
  public static int[] steps(Rerouting tokens) {
    int experts = tokens.experts();
    int[] steps = new int[experts];
    boolean[] masked = new boolean[experts];
    int[][] choices = tokens.chosen();
    for (int step = 1; step <= tokens.mostRemoved(); step++) {
      int gone = eliminate(tokens, masked, choices);
      if (gone < 0) {
        return steps;
      }
      steps[gone] = step;
    }
    return steps;
  }

  /** Takes the expert with the fewest tokens that the router can do without; -1 if none. */
  private static int eliminate(Rerouting tokens, boolean[] masked, int[][] choices) {
    int[] votes = votes(choices, masked.length);
    boolean[] tried = masked.clone();
    for (int candidate = fewest(votes, tried); candidate >= 0; candidate = fewest(votes, tried)) {
      tried[candidate] = true;
      boolean[] alone = new boolean[masked.length];
      alone[candidate] = true;
      masked[candidate] = true;
      Optional<Rerouted> changed = tokens.without(masked, tokens.concerned(choices, alone));
      if (changed.isPresent()) {
        for (int i = 0; i < changed.get().count(); i++) {
          choices[changed.get().token(i)] = changed.get().chosen(i);
        }
        return candidate;
      }
      masked[candidate] = false;
    }
    return -1;
  }

  private static int[] votes(int[][] choices, int experts) {
    int[] votes = new int[experts];
    for (int[] choice : choices) {
      for (int expert : choice) {
        votes[expert]++;
      }
    }
    return votes;
  }

  private static int fewest(int[] votes, boolean[] out) {
    int fewest = -1;
    for (int expert = 0; expert < votes.length; expert++) {
      if (!out[expert] && (fewest < 0 || votes[expert] <= votes[fewest])) {
        fewest = expert;
      }
    }
    return fewest;
  }
}
