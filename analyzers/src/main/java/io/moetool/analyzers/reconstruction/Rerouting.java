package io.moetool.analyzers.reconstruction;

import io.moetool.formats.family.RouterSpec;
import io.moetool.kernels.ExactRouter;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.IntMatrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A sample of tokens that is routed again without some of the experts, by the layer's own router.
 * The loss of a token is ‖o - o'‖², o what its experts add, o' what those add that it chooses then.
 */
public final class Rerouting {
  private final ExactRouter router;
  private final FloatMatrix logits;
  private final OutputProducts products;
  private final boolean outputsAreAdded;
  private final int perToken;
  private final int[][] chosen;
  private final float[][] coefficients;

  /**
   * Tokens and what their experts yield.
   *
   * @param logits router logits, {@code [n, E]}
   * @param products outputs of the same tokens
   * @param outputsAreAdded whether outputs are added as they are, because the router scales inputs
   */
  public Rerouting(
      ExactRouter router, FloatMatrix logits, OutputProducts products, boolean outputsAreAdded) {
    this.router = router;
    this.logits = logits;
    this.products = products;
    this.outputsAreAdded = outputsAreAdded;
    this.perToken = router.spec().expertsPerToken();
    int tokens = logits.rows();
    try (Arena arena = Arena.ofConfined()) {
      Routed all = new Routed(arena, tokens);
      router.route(logits, all.selected, all.weights, all.scores);
      chosen = new int[tokens][];
      coefficients = new float[tokens][];
      for (int token = 0; token < tokens; token++) {
        chosen[token] = all.selected.rowToArray(token);
        coefficients[token] = weights(all, token);
      }
    }
  }

  /** Number of tokens. */
  int tokens() {
    return chosen.length;
  }

  /** Number of experts, E. */
  int experts() {
    return router.experts();
  }

  /** Largest number of experts that can be left out. */
  int mostRemoved() {
    return router.experts() - perToken;
  }

  /** Whether tokens are not concerned by the removal of experts that they do not choose. */
  boolean isLocal() {
    return router.spec().isInvariantUnderRemoval();
  }

  /** Experts of every token with no expert left out. */
  int[][] chosen() {
    return chosen.clone();
  }

  /** Σ ‖o‖² over all tokens. */
  public double energy() {
    double sum = 0;
    for (int token = 0; token < chosen.length; token++) {
      double[] weights = new double[perToken];
      for (int rank = 0; rank < perToken; rank++) {
        weights[rank] = coefficients[token][rank];
      }
      sum += products.squaredLength(token, chosen[token], weights, perToken);
    }
    return sum;
  }

  /** Tokens that this choice of experts concerns: who chose one of them, or everybody. */
  int[] concerned(int[][] choices, boolean[] masked) {
    return IntStream.range(0, choices.length)
        .filter(token -> !isLocal() || choosesAny(choices[token], masked))
        .toArray();
  }

  private static boolean choosesAny(int[] choice, boolean[] masked) {
    for (int expert : choice) {
      if (masked[expert]) {
        return true;
      }
    }
    return false;
  }

  /**
   * Routes tokens again.
   *
   * @param masked experts that are left out
   * @return nothing if the router cannot do without them, because too few are left in a group
   */
  Optional<Rerouted> without(boolean[] masked, int[] tokens) {
    if (!isPossible(masked)) {
      return Optional.empty();
    }
    if (tokens.length == 0) {
      return Optional.of(new Rerouted(tokens, new int[0][], new double[0]));
    }
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix rows = FloatMatrix.allocate(arena, tokens.length, logits.columns());
      for (int row = 0; row < tokens.length; row++) {
        rows.copyRowFrom(row, logits, tokens[row]);
      }
      Routed routed = new Routed(arena, tokens.length);
      router.withMasked(masked).route(rows, routed.selected, routed.weights, routed.scores);
      int[][] now = new int[tokens.length][];
      double[] losses = new double[tokens.length];
      for (int row = 0; row < tokens.length; row++) {
        now[row] = routed.selected.rowToArray(row);
        losses[row] = loss(tokens[row], now[row], weights(routed, row));
      }
      return Optional.of(new Rerouted(tokens, now, losses));
    }
  }

  /** Whether K experts are left, and so many in every group that the groups in use have K. */
  private boolean isPossible(boolean[] masked) {
    if (left(masked, 0, masked.length) < perToken) {
      return false;
    }
    if (!(router.spec() instanceof RouterSpec.TopScores spec)
        || spec.groups().keep() == spec.groups().count()) {
      return true;
    }
    RouterSpec.Groups groups = spec.groups();
    int least =
        Math.max(
            groups.score() == RouterSpec.GroupScore.TOP2_SUM ? 2 : 1,
            Math.ceilDiv(perToken, groups.keep()));
    int size = masked.length / groups.count();
    return IntStream.range(0, groups.count())
        .allMatch(group -> left(masked, group * size, (group + 1) * size) >= least);
  }

  private static long left(boolean[] masked, int from, int to) {
    return IntStream.range(from, to).filter(expert -> !masked[expert]).count();
  }

  /** The squared length of what one choice adds and the other does not. */
  private double loss(int token, int[] now, float[] weights) {
    int[] named = new int[2 * perToken];
    double[] difference = new double[2 * perToken];
    int count = 0;
    for (int rank = 0; rank < perToken; rank++) {
      named[count] = chosen[token][rank];
      difference[count++] = coefficients[token][rank];
    }
    for (int rank = 0; rank < perToken; rank++) {
      int before = 0;
      while (before < perToken && chosen[token][before] != now[rank]) {
        before++;
      }
      if (before < perToken) {
        difference[before] -= weights[rank];
      } else {
        named[count] = now[rank];
        difference[count++] = -weights[rank];
      }
    }
    return products.squaredLength(token, named, difference, count);
  }

  private float[] weights(Routed routed, int row) {
    float[] weights = routed.weights.rowToArray(row);
    if (outputsAreAdded) {
      Arrays.fill(weights, 1);
    }
    return weights;
  }

  /** Where a router writes to. */
  private final class Routed {
    private final IntMatrix selected;
    private final FloatMatrix weights;
    private final FloatMatrix scores;

    Routed(Arena arena, int tokens) {
      selected = IntMatrix.allocate(arena, tokens, perToken);
      weights = FloatMatrix.allocate(arena, tokens, perToken);
      scores = FloatMatrix.allocate(arena, tokens, router.experts());
    }
  }
}
