package io.moetool.transforms.repair;

import io.moetool.formats.family.RouterSpec;
import io.moetool.kernels.Cholesky;
import io.moetool.kernels.ExactRouter;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.IntMatrix;
import io.moetool.runtime.run.WorkPool;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * Changes of a router's rows that bring what a layer adds closest to what it added before experts
 * went: the layer-local form of Router KD (arXiv 2603.02217), with rows restricted to combinations
 * of the old ones. r'_e = r_e + Σ_g M_eg r_g, so the new logits follow from the old ones, z'_e =
 * z_e + Σ_g M_eg z_g, and M is small enough to stand in a plan. A row can so take over tokens of an
 * expert that went.
 *
 * <p>Descent on Σ_t ‖z*_t - Σ_{e∈S_t} g_te f_te‖². The choice S_t is made anew at every step; the
 * gradient takes it as constant, as everywhere where routers are trained. What another choice would
 * be worth is therefore added to the direction: with m by how much the last chosen expert's logit
 * is above the next one's and h a width, σ(-m/h) times the difference that the next one in its
 * place makes. The direction is preconditioned with the second moments of logits, which is descent
 * on the logits themselves. A step is halved until the error falls. Every fourth token is not
 * fitted on: the steps end where the error on those is least. So neither error ever rises.
 */
final class RouterFit {
  private static final int STEPS = 200;
  private static final int PATIENCE = 20;
  private static final int HALVINGS = 12;

  /** Every so many tokens one is not fitted on. */
  private static final int HELD_OUT = 4;

  /** What is added to second moments, as a share of their mean. */
  private static final double DAMPING = 1e-2;

  /** Width h as a share of the mean of m before any step. */
  private static final double SOFTNESS = .25;

  private static final int BLOCK = 256;

  private final OutputError outputs;
  private final FloatMatrix logits;
  private final ExactRouter router;
  private final CoefficientSlopes slopes;
  private final List<Integer> kept;
  private final int[] positions;
  private final WorkPool pool;
  private final double unit;

  /** Yields the next expert, too; the router itself where there is none or others rank it. */
  private final ExactRouter further;

  private final double width;

  /**
   * A fit to be made.
   *
   * @param outputs of the experts that stay
   * @param logits of all experts, {@code [n, E]}
   * @param router that does not choose the experts that go
   * @param kept experts that stay, ascending
   */
  RouterFit(
      OutputError outputs,
      FloatMatrix logits,
      ExactRouter router,
      CoefficientSlopes slopes,
      List<Integer> kept,
      WorkPool pool) {
    this.outputs = outputs;
    this.logits = logits;
    this.router = router;
    this.slopes = slopes;
    this.kept = kept;
    this.pool = pool;
    positions = new int[router.experts()];
    for (int i = 0; i < kept.size(); i++) {
      positions[kept.get(i)] = i;
    }
    double sum = 0;
    for (int token = 0; token < outputs.tokens(); token++) {
      sum += outputs.square(token);
    }
    unit = sum == 0 ? 1 : sum / outputs.tokens();
    further =
        router.spec() instanceof RouterSpec.TopScores top
                && !top.selectionBias()
                && top.groups().count() == 1
                && kept.size() > top.expertsPerToken()
            ? router.withExpertsPerToken(top.expertsPerToken() + 1)
            : router;
    width = SOFTNESS * meanMargin();
  }

  private boolean knowsNext() {
    return further.spec().expertsPerToken() > router.spec().expertsPerToken();
  }

  private double meanMargin() {
    if (!knowsNext()) {
      return 0;
    }
    int perToken = router.spec().expertsPerToken();
    double sum = 0;
    try (Arena arena = Arena.ofConfined()) {
      IntMatrix selected = selected(arena, logits);
      for (int token = 0; token < logits.rows(); token++) {
        sum +=
            (double) logits.get(token, selected.get(token, perToken - 1))
                - logits.get(token, selected.get(token, perToken));
      }
    }
    return sum / logits.rows();
  }

  /** Chosen experts, and the next one where it is known. */
  private IntMatrix selected(Arena arena, FloatMatrix ofTokens) {
    int count = further.spec().expertsPerToken();
    IntMatrix selected = IntMatrix.allocate(arena, ofTokens.rows(), count);
    further.route(
        ofTokens,
        selected,
        FloatMatrix.allocate(arena, ofTokens.rows(), count),
        FloatMatrix.allocate(arena, ofTokens.rows(), router.experts()));
    return selected;
  }

  /**
   * What a change of rows leads to: sums over tokens, in units of the mean ‖z*‖².
   *
   * @param fitted error on the tokens that are fitted on
   * @param heldOut error on the others
   * @param gradient by M, of the former, {@code [E', E]}
   * @param choice what other choices add to it
   */
  record State(double fitted, double heldOut, Matrix gradient, Matrix choice) {
    double all() {
      return fitted + heldOut;
    }

    State plus(State other) {
      gradient.add(other.gradient, 1);
      choice.add(other.choice, 1);
      return new State(fitted + other.fitted, heldOut + other.heldOut, gradient, choice);
    }
  }

  /** The best M; all zeros if none is better than that. */
  Matrix best() {
    Matrix change = new Matrix(kept.size(), router.experts());
    Cholesky moments = moments();
    State state = at(change);
    Matrix best = change;
    double least = state.heldOut();
    int sinceBest = 0;
    double step = 1;
    for (int i = 0; i < STEPS && sinceBest < PATIENCE; i++, sinceBest++) {
      Matrix direction = solved(moments, state.gradient().plus(state.choice(), 1));
      boolean fell = false;
      for (int halving = 0; halving < HALVINGS && !fell; halving++) {
        Matrix next = change.plus(direction, -step);
        State there = at(next);
        fell = there.fitted() < state.fitted();
        if (fell) {
          change = next;
          state = there;
        }
        step *= fell ? 2 : .5;
      }
      if (!fell) {
        break;
      }
      if (state.heldOut() < least) {
        least = state.heldOut();
        best = change;
        sinceBest = 0;
      }
    }
    return best;
  }

  /** Where a change of rows leads. */
  State at(Matrix change) {
    int tokens = outputs.tokens();
    State[] blocks = new State[Math.ceilDiv(tokens, BLOCK)];
    pool.forEach(
        blocks.length,
        block -> blocks[block] = of(change, block * BLOCK, Math.min(tokens, (block + 1) * BLOCK)));
    State sum =
        new State(
            0,
            0,
            new Matrix(kept.size(), router.experts()),
            new Matrix(kept.size(), router.experts()));
    for (State block : blocks) {
      sum = sum.plus(block);
    }
    return sum;
  }

  private State of(Matrix change, int from, int to) {
    int experts = router.experts();
    int perToken = router.spec().expertsPerToken();
    double fitted = 0;
    double heldOut = 0;
    Matrix gradient = new Matrix(kept.size(), experts);
    Matrix choice = new Matrix(kept.size(), experts);
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix changed = FloatMatrix.allocate(arena, to - from, experts);
      double[][] stay = new double[to - from][kept.size()];
      for (int row = 0; row < to - from; row++) {
        changed.copyRowFrom(row, logits, from + row);
        float[] old = logits.rowToArray(from + row);
        for (int i = 0; i < kept.size(); i++) {
          stay[row][i] = old[kept.get(i)] + change.timesRow(i, old);
          changed.set(row, kept.get(i), (float) stay[row][i]);
        }
      }
      IntMatrix selected = selected(arena, changed);
      int[] chosen = new int[perToken];
      double[] coefficients = new double[perToken];
      double[] byCoefficients = new double[perToken];
      for (int row = 0; row < to - from; row++) {
        for (int rank = 0; rank < perToken; rank++) {
          chosen[rank] = positions[selected.get(row, rank)];
        }
        slopes.coefficients(stay[row], chosen, coefficients);
        double error = outputs.at(from + row, chosen, coefficients, byCoefficients) / unit;
        if (isHeldOut(from + row)) {
          heldOut += error;
        } else {
          fitted += error;
          double[] byLogits = slopes.byLogits(stay[row], chosen, byCoefficients);
          float[] old = logits.rowToArray(from + row);
          gradient.addOuter(byLogits, old, 1 / unit);
          if (knowsNext() && width > 0) {
            int next = positions[selected.get(row, perToken)];
            choice.addOuter(
                ofChoice(from + row, stay[row], chosen, next, error * unit), old, 1 / unit);
          }
        }
      }
    }
    return new State(fitted, heldOut, gradient, choice);
  }

  /**
   * Slopes by logits of σ(-m/h) times what the next expert makes better in the last one's place.
   */
  private double[] ofChoice(int token, double[] stay, int[] chosen, int next, double error) {
    int last = chosen[chosen.length - 1];
    int[] other = chosen.clone();
    other[other.length - 1] = next;
    double[] coefficients = new double[chosen.length];
    slopes.coefficients(stay, other, coefficients);
    double difference = outputs.at(token, other, coefficients, new double[chosen.length]) - error;
    double share = 1 / (1 + Math.exp((stay[last] - stay[next]) / width));
    double slope = share * (1 - share) / width * difference;
    double[] byLogits = new double[stay.length];
    byLogits[last] = -slope;
    byLogits[next] = slope;
    return byLogits;
  }

  private static boolean isHeldOut(int token) {
    return token % HELD_OUT == HELD_OUT - 1;
  }

  /** Σ z zᵀ over the tokens that are fitted on, with something added to the diagonal. */
  private Cholesky moments() {
    int experts = router.experts();
    Matrix sums = new Matrix(experts, experts);
    for (int token = 0; token < outputs.tokens(); token++) {
      if (!isHeldOut(token)) {
        float[] row = logits.rowToArray(token);
        double[] z = new double[experts];
        for (int i = 0; i < experts; i++) {
          z[i] = row[i];
        }
        sums.addOuter(z, row, 1);
      }
    }
    double trace = 0;
    for (int i = 0; i < experts; i++) {
      trace += sums.get(i, i);
    }
    for (int i = 0; i < experts; i++) {
      sums.add(i, i, trace > 0 ? DAMPING * trace / experts : 1);
    }
    double[][] upper = new double[experts][];
    for (int i = 0; i < experts; i++) {
      upper[i] = new double[experts - i];
      for (int j = i; j < experts; j++) {
        upper[i][j - i] = sums.get(i, j);
      }
    }
    return Cholesky.of(upper);
  }

  /** X with X A = B; A is symmetric, so that is A Xᵀ = Bᵀ. */
  static Matrix solved(Cholesky a, Matrix b) {
    double[][] columns = new double[b.columns()][b.rows()];
    for (int row = 0; row < b.rows(); row++) {
      for (int column = 0; column < b.columns(); column++) {
        columns[column][row] = b.get(row, column);
      }
    }
    a.solve(columns);
    Matrix solved = new Matrix(b.rows(), b.columns());
    for (int row = 0; row < b.rows(); row++) {
      for (int column = 0; column < b.columns(); column++) {
        solved.set(row, column, columns[column][row]);
      }
    }
    return solved;
  }
}
