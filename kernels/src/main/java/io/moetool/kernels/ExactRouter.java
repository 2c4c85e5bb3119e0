package io.moetool.kernels;

import io.moetool.formats.family.RouterSpec;
import java.util.Arrays;

/**
 * The router of one layer: from logits to selected experts and the coefficients that really
 * multiply them. Immutable and safe to share between threads.
 *
 * <p>Computed in float32, step by step as the reference implementations do; exponentials and sums
 * are carried in float64 and rounded once, so a score can differ from theirs in the last bit or
 * two. Among equal scores the lower expert index wins.
 */
public final class ExactRouter {
  private final RouterSpec spec;
  private final float[] selectionBias;
  private final boolean[] masked;
  private final boolean hasBias;

  private ExactRouter(RouterSpec spec, float[] selectionBias, boolean[] masked, boolean hasBias) {
    this.spec = spec;
    this.selectionBias = selectionBias;
    this.masked = masked;
    this.hasBias = hasBias;
  }

  /**
   * A router over {@code experts} experts. If the description asks for a selection bias, {@link
   * #withSelectionBias} must supply it before routing.
   *
   * @throws IllegalArgumentException if the description does not fit that many experts
   */
  public static ExactRouter of(RouterSpec spec, int experts) {
    if (experts < spec.expertsPerToken()) {
      throw new IllegalArgumentException(
          "%d experts per token of %d experts".formatted(spec.expertsPerToken(), experts));
    }
    if (spec instanceof RouterSpec.TopScores top) {
      checkGroups(top, experts);
    }
    return new ExactRouter(spec, new float[experts], new boolean[experts], false);
  }

  private static void checkGroups(RouterSpec.TopScores spec, int experts) {
    RouterSpec.Groups groups = spec.groups();
    int size = experts / groups.count();
    if (experts % groups.count() != 0) {
      throw new IllegalArgumentException(
          "%d experts do not form %d equal groups".formatted(experts, groups.count()));
    }
    if (groups.keep() == groups.count()) {
      return;
    }
    if (groups.score() == RouterSpec.GroupScore.TOP2_SUM && size < 2) {
      throw new IllegalArgumentException(
          "groups of one expert have no two scores to add, %d experts in %d groups"
              .formatted(experts, groups.count()));
    }
    if ((long) groups.keep() * size < spec.expertsPerToken()) {
      throw new IllegalArgumentException(
          "%d groups of %d experts hold fewer than %d experts per token"
              .formatted(groups.keep(), size, spec.expertsPerToken()));
    }
  }

  /**
   * This router with the bias that is added to scores for choosing.
   *
   * @param bias [experts], finite
   */
  public ExactRouter withSelectionBias(float... bias) {
    if (!(spec instanceof RouterSpec.TopScores top && top.selectionBias())) {
      throw new IllegalArgumentException("a selection bias is given, but not described in " + spec);
    }
    if (bias.length != experts()) {
      throw new IllegalArgumentException(
          "%d selection biases for %d experts".formatted(bias.length, experts()));
    }
    for (int expert = 0; expert < bias.length; expert++) {
      if (!Float.isFinite(bias[expert])) {
        throw new IllegalArgumentException(
            "selection bias of expert %d is %s".formatted(expert, bias[expert]));
      }
    }
    return new ExactRouter(spec, bias.clone(), masked, true);
  }

  /**
   * This router without some experts: their logits become -∞ and they are never selected, whatever
   * their selection bias. Routes as the router of a model from which they were removed, as long as
   * the removal leaves equal groups.
   *
   * @param mask true for each expert to leave out, [experts]; at least K stay
   */
  public ExactRouter withMasked(boolean... mask) {
    if (mask.length != experts()) {
      throw new IllegalArgumentException(
          "a mask of %d for %d experts".formatted(mask.length, experts()));
    }
    int left = 0;
    for (boolean out : mask) {
      left += out ? 0 : 1;
    }
    if (left < spec.expertsPerToken()) {
      throw new IllegalArgumentException(
          "the mask leaves %d experts for %d experts per token"
              .formatted(left, spec.expertsPerToken()));
    }
    return new ExactRouter(spec, selectionBias, mask.clone(), hasBias);
  }

  /**
   * This router with another number of experts per token.
   *
   * @throws IllegalArgumentException if the description leaves no choice, or there are too few
   *     experts
   */
  public ExactRouter withExpertsPerToken(int experts) {
    if (!(spec instanceof RouterSpec.TopScores top)) {
      throw new IllegalArgumentException("the number of experts per token is fixed in " + spec);
    }
    RouterSpec other = top.withExpertsPerToken(experts);
    of(other, experts());
    return new ExactRouter(other, selectionBias, masked, hasBias);
  }

  /** The description this router follows. */
  public RouterSpec spec() {
    return spec;
  }

  /** Number of experts, masked ones included. */
  public int experts() {
    return masked.length;
  }

  /**
   * Routes a batch of tokens; each row on its own.
   *
   * @param logits router logits with the router's own bias already added, [tokens, experts]
   * @param selected receives the selected experts, best first, [tokens, K]
   * @param weights receives their coefficients, [tokens, K]
   * @param scores receives the score of every expert, [tokens, experts]: what {@link
   *     RouterSpec.Score} says, without selection bias; where logits are ranked as they are, the
   *     sigmoid if coefficients are sigmoids, otherwise the softmax over all experts
   * @throws IllegalArgumentException if the shapes do not fit, or a row holds NaN, +∞ or nothing
   *     finite, or leaves a coefficient undefined; the message names the row
   */
  public void route(
      FloatMatrix logits, IntMatrix selected, FloatMatrix weights, FloatMatrix scores) {
    int k = spec.expertsPerToken();
    int tokens = logits.rows();
    requireShape("logits", logits.rows(), logits.columns(), tokens, experts());
    requireShape("selected", selected.rows(), selected.columns(), tokens, k);
    requireShape("weights", weights.rows(), weights.columns(), tokens, k);
    requireShape("scores", scores.rows(), scores.columns(), tokens, experts());
    RowRouter router = rowRouter();
    float[] rowLogits = new float[experts()];
    float[] rowScores = new float[experts()];
    int[] rowSelected = new int[k];
    float[] rowWeights = new float[k];
    for (int row = 0; row < tokens; row++) {
      logits.copyRowTo(row, rowLogits);
      prepare(row, rowLogits);
      router.route(rowLogits, rowSelected, rowWeights, rowScores);
      check(row, rowSelected, rowWeights);
      selected.setRow(row, rowSelected);
      weights.setRow(row, rowWeights);
      scores.setRow(row, rowScores);
    }
  }

  private RowRouter rowRouter() {
    return switch (spec) {
      case RouterSpec.TopScores top -> {
        if (top.selectionBias() && !hasBias) {
          throw new IllegalStateException(
              "no selection bias was given, but one is described in " + top);
        }
        yield new TopScoresRow(top, selectionBias, masked);
      }
      case RouterSpec.SparseMixer mixer -> new SparseMixerRow(mixer, experts());
    };
  }

  private void prepare(int row, float[] logits) {
    boolean anyFinite = false;
    for (int expert = 0; expert < logits.length; expert++) {
      float logit = logits[expert];
      if (Float.isNaN(logit) || logit == Float.POSITIVE_INFINITY) {
        throw new IllegalArgumentException(
            "row %d: the router logit of expert %d is %s".formatted(row, expert, logit));
      }
      if (masked[expert]) {
        logits[expert] = Float.NEGATIVE_INFINITY;
      } else {
        anyFinite |= logit != Float.NEGATIVE_INFINITY;
      }
    }
    if (!anyFinite) {
      throw new IllegalArgumentException("row %d: every router logit is -Infinity".formatted(row));
    }
  }

  private void check(int row, int[] selected, float[] weights) {
    for (int slot = 0; slot < selected.length; slot++) {
      if (masked[selected[slot]]) {
        throw new IllegalArgumentException(
            "row %d: the best groups hold fewer than %d experts that are not masked"
                .formatted(row, selected.length));
      }
      if (Float.isNaN(weights[slot])) {
        throw new IllegalArgumentException(
            "row %d: the scores of the selected experts %s add up to zero"
                .formatted(row, Arrays.toString(selected)));
      }
    }
  }

  private static void requireShape(
      String name, int rows, int columns, int wantRows, int wantColumns) {
    if (rows != wantRows || columns != wantColumns) {
      throw new IllegalArgumentException(
          "%s are [%d,%d], expected [%d,%d]".formatted(name, rows, columns, wantRows, wantColumns));
    }
  }
}
