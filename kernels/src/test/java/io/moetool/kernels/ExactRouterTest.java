package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.family.RouterSpec.Fill;
import io.moetool.formats.family.RouterSpec.GroupScore;
import io.moetool.formats.family.RouterSpec.Groups;
import io.moetool.formats.family.RouterSpec.Score;
import io.moetool.formats.family.RouterSpec.TopScores;
import io.moetool.formats.family.RouterSpec.Weighting;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** Routers of every family with numbers computed by hand. */
class ExactRouterTest {
  /** Eight experts in four groups; the sigmoids are .9 .1 | .6 .5 | .7 .2 | .3 .4. */
  private static final float[] GROUPED = logitsOf(.9, .1, .6, .5, .7, .2, .3, .4);

  private static final TopScores DEEPSEEK_V3 =
      RouterSpec.biasedSigmoidTopK(2)
          .withGroups(new Groups(4, 2, GroupScore.TOP2_SUM, Fill.NEGATIVE_INFINITY))
          .withScale(2.5f);

  private static final float[] NO_BIAS = new float[8];

  /** The logits whose sigmoids are these. */
  private static float[] logitsOf(double... sigmoids) {
    float[] logits = new float[sigmoids.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) Math.log(sigmoids[i] / (1 - sigmoids[i]));
    }
    return logits;
  }

  @Test
  void softmaxThenTopKKeepsTheMassOfTheOthersOut() {
    Routed routed = Routed.by(ExactRouter.of(RouterSpec.softmaxThenTopK(2, false), 4), toyRow());
    assertThat(routed.selected.get(0)).containsExactly(0, 1);
    assertThat(routed.weights.get(0))
        .containsExactly(new float[] {.643914f, .236883f}, within(1e-6f));
    assertThat(routed.scores.get(0))
        .containsExactly(new float[] {.643914f, .236883f, .087144f, .032059f}, within(1e-6f));
  }

  @Test
  void renormalisedSoftmaxEqualsSoftmaxOfTheTopK() {
    float[] expected = {.731059f, .268941f};
    Routed renormalised =
        Routed.by(ExactRouter.of(RouterSpec.softmaxThenTopK(2, true), 4), toyRow());
    Routed topK = Routed.by(ExactRouter.of(RouterSpec.topKThenSoftmax(2), 4), toyRow());
    assertThat(renormalised.weights.get(0)).containsExactly(expected, within(1e-6f));
    assertThat(topK.weights.get(0)).containsExactly(expected, within(1e-6f));
    assertThat(topK.scores.get(0)).isEqualTo(renormalised.scores.get(0));
  }

  /**
   * Two experts of the same weights and rows count together; one of them alone counts less. A row
   * higher by log 2, of a token that uses one expert less, makes up for it.
   */
  @Test
  void oneRowOfTwinsIsLessThanBothUnlessItIsRaised() {
    double both = .7737949;
    float twice = (float) Math.log(2);
    assertThat(sum(2, 1, 1, .2f, -1)).isCloseTo(both, within(1e-6));
    assertThat(sum(1, 1 + twice, .2f, -1)).isCloseTo(both, within(1e-6));
    assertThat(sum(1, 1, .2f, -1)).isCloseTo(.6310485, within(1e-6));
  }

  /** Coefficients of a token's experts, added up. */
  private static double sum(int perToken, float... logits) {
    Routed routed =
        Routed.by(
            ExactRouter.of(RouterSpec.softmaxThenTopK(perToken, false), logits.length), logits);
    double sum = 0;
    for (float weight : routed.weights.get(0)) {
      sum += weight;
    }
    return sum;
  }

  private static float[] toyRow() {
    return new float[] {2, 1, 0, -1};
  }

  @Test
  void equalScoresGoToTheLowerIndex() {
    Routed routed =
        Routed.by(
            ExactRouter.of(RouterSpec.softmaxThenTopK(3, true), 5), new float[] {0, 1, 0, 1, 0});
    assertThat(routed.selected.get(0)).containsExactly(1, 3, 0);
  }

  @Test
  void sigmoidOfTheBestLogitScalesTheInput() {
    RouterSpec spec = RouterSpec.topKThenSigmoidOnInput(1);
    Routed routed = Routed.by(ExactRouter.of(spec, 3), logitsOf(.25, .75, .5));
    assertThat(spec.appliesTo()).isEqualTo(RouterSpec.AppliesTo.INPUT);
    assertThat(routed.selected.get(0)).containsExactly(1);
    assertThat(routed.weights.get(0)).containsExactly(new float[] {.75f}, within(1e-7f));
    assertThat(routed.scores.get(0)).containsExactly(new float[] {.25f, .75f, .5f}, within(1e-7f));
  }

  @Test
  void groupsWithoutTwoGoodExpertsAreRuledOut() {
    // Sums of two: 1.0, 1.1, .9, .7; the first two groups stay, so .7 of the third is not chosen.
    Routed routed = Routed.by(ExactRouter.of(DEEPSEEK_V3, 8).withSelectionBias(NO_BIAS), GROUPED);
    assertThat(routed.selected.get(0)).containsExactly(0, 2);
    assertThat(routed.weights.get(0)).containsExactly(new float[] {1.5f, 1.0f}, within(1e-6f));
  }

  @Test
  void groupsRankedByTheirBestExpertChooseOthers() {
    TopScores byMax =
        DEEPSEEK_V3.withGroups(new Groups(4, 2, GroupScore.MAX, Fill.NEGATIVE_INFINITY));
    Routed routed = Routed.by(ExactRouter.of(byMax, 8).withSelectionBias(NO_BIAS), GROUPED);
    assertThat(routed.selected.get(0)).containsExactly(0, 4);
    assertThat(routed.weights.get(0))
        .containsExactly(new float[] {2.5f * .9f / 1.6f, 2.5f * .7f / 1.6f}, within(1e-6f));
  }

  @Test
  void selectionBiasChoosesButDoesNotWeigh() {
    float[] bias = {0, 0, 0, .25f, 0, 0, 0, 0};
    Routed routed = Routed.by(ExactRouter.of(DEEPSEEK_V3, 8).withSelectionBias(bias), GROUPED);
    assertThat(routed.selected.get(0)).containsExactly(0, 3);
    assertThat(routed.weights.get(0))
        .containsExactly(new float[] {2.5f * .9f / 1.4f, 2.5f * .5f / 1.4f}, within(1e-6f));
    assertThat(routed.scores.get(0)[3]).isCloseTo(.5f, within(1e-7f));
  }

  @Test
  void fillingWithZeroBeatsNegativeScores() {
    // With a bias of -1 every score is negative: zeros of the groups ruled out are larger.
    float[] bias = {-1, -1, -1, -1, -1, -1, -1, -1};
    TopScores zeroFilled = DEEPSEEK_V3.withGroups(new Groups(4, 2, GroupScore.TOP2_SUM, Fill.ZERO));
    assertThat(
            Routed.by(ExactRouter.of(zeroFilled, 8).withSelectionBias(bias), GROUPED)
                .selected
                .get(0))
        .containsExactly(4, 5);
    boolean[] withoutFour = {false, false, false, false, true, false, false, false};
    assertThat(
            Routed.by(
                    ExactRouter.of(zeroFilled, 8).withSelectionBias(bias).withMasked(withoutFour),
                    GROUPED)
                .selected
                .get(0))
        .containsExactly(5, 6);
    assertThat(
            Routed.by(ExactRouter.of(DEEPSEEK_V3, 8).withSelectionBias(bias), GROUPED)
                .selected
                .get(0))
        .containsExactly(0, 2);
  }

  @Test
  void groupedSoftmaxIsScaledAndNotRenormalised() {
    // DeepSeek-V2. Softmax of log(p) is p if the p add up to one.
    float[] logits = new float[6];
    double[] p = {.30, .05, .20, .15, .18, .12};
    for (int i = 0; i < 6; i++) {
      logits[i] = (float) Math.log(p[i]);
    }
    TopScores spec =
        RouterSpec.softmaxThenTopK(2, false)
            .withGroups(new Groups(3, 1, GroupScore.MAX, Fill.ZERO))
            .withScale(16);
    Routed routed = Routed.by(ExactRouter.of(spec, 6), logits);
    assertThat(routed.selected.get(0)).containsExactly(0, 1);
    assertThat(routed.weights.get(0)).containsExactly(new float[] {4.8f, .8f}, within(2e-6f));
  }

  @Test
  void biasedSoftmaxIsDividedByItsClampedSum() {
    TopScores ernie =
        RouterSpec.softmaxThenTopK(2, false)
            .withSelectionBias(true)
            .withWeighting(new Weighting.ClampedSum(1e-12f));
    float[] logits = {(float) Math.log(.5), (float) Math.log(.3), (float) Math.log(.2)};
    Routed routed = Routed.by(ExactRouter.of(ernie, 3).withSelectionBias(0, 0, .2f), logits);
    assertThat(routed.selected.get(0)).containsExactly(0, 2);
    assertThat(routed.weights.get(0)).containsExactly(new float[] {5 / 7f, 2 / 7f}, within(1e-6f));
  }

  @Test
  void vanishingSumsAreClampedOrPadded() {
    TopScores sigmoid =
        new TopScores(
            1,
            Score.SIGMOID,
            false,
            Groups.NONE,
            new Weighting.SumPlus(1e-6f),
            1,
            RouterSpec.AppliesTo.OUTPUT);
    // The sigmoid of -20 is 2.0611537e-9.
    float[] logits = {-20, -30};
    assertThat(Routed.by(ExactRouter.of(sigmoid, 2), logits).weights.get(0)[0])
        .isCloseTo(2.0611537e-9f / 1.00206e-6f, within(1e-7f));
    assertThat(
            Routed.by(
                    ExactRouter.of(sigmoid.withWeighting(new Weighting.ClampedSum(1e-3f)), 2),
                    logits)
                .weights
                .get(0)[0])
        .isCloseTo(2.0611537e-6f, within(1e-12f));
    assertThat(
            Routed.by(ExactRouter.of(sigmoid.withWeighting(new Weighting.Sum()), 2), logits)
                .weights
                .get(0)[0])
        .isEqualTo(1);
  }

  @Test
  void squareRootOfSoftplusGrowsLikeASquareRoot() {
    TopScores spec =
        new TopScores(
            1,
            Score.SQRT_SOFTPLUS,
            false,
            Groups.NONE,
            new Weighting.Plain(),
            1,
            RouterSpec.AppliesTo.OUTPUT);
    Routed routed = Routed.by(ExactRouter.of(spec, 4), new float[] {0, 100, -100, 1});
    // √log 2, √100, e^-50, √log(1 + e)
    assertThat(routed.scores.get(0)[0]).isCloseTo(.832555f, within(1e-6f));
    assertThat(routed.scores.get(0)[1]).isEqualTo(10);
    assertThat(routed.scores.get(0)[2]).isCloseTo(1.9287498e-22f, within(1e-28f));
    assertThat(routed.scores.get(0)[3]).isCloseTo(1.1459763f, within(1e-6f));
  }

  @Test
  void sparseMixerWeighsAmongNearLogitsOnly() {
    ExactRouter router = ExactRouter.of(new RouterSpec.SparseMixer(.01f), 4);
    Routed routed =
        Routed.by(
            router,
            new float[] {1, .99f, .5f, -3},
            new float[] {0, 5, 1, 0},
            new float[] {-1.01f, -2, -1, -3},
            new float[] {0, 0, 0, 0});
    // .99 is within 2 % of 1: 1 / (1 + e^-.01). Without the first, nothing is near .99.
    assertThat(routed.selected.get(0)).containsExactly(0, 1);
    assertThat(routed.weights.get(0)).containsExactly(new float[] {.5025f, 1}, within(1e-6f));
    // Two clear winners, one after the other.
    assertThat(routed.selected.get(1)).containsExactly(1, 2);
    assertThat(routed.weights.get(1)).containsExactly(1, 1);
    // Negative logits are compared by their own magnitude.
    assertThat(routed.selected.get(2)).containsExactly(2, 0);
    assertThat(routed.weights.get(2)).containsExactly(new float[] {.5025f, 1}, within(1e-6f));
    // All near: 1/4, and 1/3 once the first is gone.
    assertThat(routed.selected.get(3)).containsExactly(0, 1);
    assertThat(routed.weights.get(3)).containsExactly(.25f, 1 / 3f);
  }

  @Test
  void sparseMixerMeasuresDistanceByTheLargerMagnitude() {
    // 1.5 % apart is within twice the jitter of 1 %, but not within the jitter.
    Routed close = Routed.by(ExactRouter.of(new RouterSpec.SparseMixer(.01f), 2), row(1, .985f));
    assertThat(close.weights.get(0)).containsExactly(new float[] {.50375f, 1}, within(1e-6f));
    // (.1 + .4) / .4 = 1.25: near for a jitter of .7, far for one of .6.
    Routed near = Routed.by(ExactRouter.of(new RouterSpec.SparseMixer(.7f), 2), row(.1f, -.4f));
    assertThat(near.weights.get(0)).containsExactly(new float[] {.622459f, 1}, within(1e-6f));
    Routed far = Routed.by(ExactRouter.of(new RouterSpec.SparseMixer(.6f), 2), row(.1f, -.4f));
    assertThat(far.weights.get(0)).containsExactly(1, 1);
  }

  @Test
  void unchosenExpertsMatterToTheSparseMixerIfTheyAreNear() {
    ExactRouter three = ExactRouter.of(new RouterSpec.SparseMixer(.01f), 3);
    ExactRouter two = ExactRouter.of(new RouterSpec.SparseMixer(.01f), 2);
    assertThat(Routed.by(three, row(1, 1, 1)).weights.get(0)).containsExactly(1 / 3f, .5f);
    assertThat(Routed.by(two, row(1, 1)).weights.get(0)).containsExactly(.5f, 1);
  }

  @Test
  void unchosenExpertsMatterToGroupedRoutingIfTheyCountForTheirGroup() {
    // Sums of two: .9 + .1 against .7 + .6, and against .7 + .1 once .6 is gone.
    TopScores spec =
        RouterSpec.biasedSigmoidTopK(1)
            .withGroups(new Groups(2, 1, GroupScore.TOP2_SUM, Fill.NEGATIVE_INFINITY));
    ExactRouter router = ExactRouter.of(spec, 6).withSelectionBias(new float[6]);
    float[] logits = logitsOf(.9, .1, .1, .7, .6, .1);
    assertThat(Routed.by(router, logits).selected.get(0)).containsExactly(3);
    boolean[] withoutFour = {false, false, true, false, true, false};
    assertThat(Routed.by(router.withMasked(withoutFour), logits).selected.get(0))
        .containsExactly(0);
  }

  @Test
  void largeLogitsDoNotOverflow() {
    Routed routed =
        Routed.by(ExactRouter.of(RouterSpec.softmaxThenTopK(1, false), 2), row(1e4f, 9999));
    assertThat(routed.weights.get(0)).containsExactly(new float[] {.731059f}, within(1e-6f));
  }

  private static float[] row(float... logits) {
    return logits;
  }

  @Test
  void maskedExpertsAreNotChosenForTheirBias() {
    ExactRouter router =
        ExactRouter.of(RouterSpec.biasedSigmoidTopK(1), 3)
            .withSelectionBias(5, 0, 0)
            .withMasked(true, false, false);
    Routed routed = Routed.by(router, new float[] {1, 2, 3});
    assertThat(routed.selected.get(0)).containsExactly(2);
    assertThat(routed.scores.get(0)[0]).isZero();
  }

  @Test
  void logitsThatAreNoNumbersAreRefusedWithTheirRow() {
    ExactRouter router = ExactRouter.of(RouterSpec.softmaxThenTopK(1, true), 2);
    assertThatThrownBy(() -> Routed.by(router, new float[] {0, 1}, new float[] {0, Float.NaN}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("row 1: the router logit of expert 1 is NaN");
    assertThatThrownBy(() -> Routed.by(router, new float[] {Float.POSITIVE_INFINITY, 1}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("row 0: the router logit of expert 0 is Infinity");
    float minus = Float.NEGATIVE_INFINITY;
    assertThatThrownBy(() -> Routed.by(router, new float[] {minus, minus}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("row 0: every router logit is -Infinity");
  }

  @Test
  void scoresThatVanishCannotBeRenormalised() {
    TopScores spec = RouterSpec.biasedSigmoidTopK(1).withWeighting(new Weighting.Sum());
    ExactRouter router = ExactRouter.of(spec, 2).withSelectionBias(0, 0);
    assertThatThrownBy(() -> Routed.by(router, new float[] {-200, -300}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("row 0: the scores of the selected experts [0] add up to zero");
  }

  @Test
  void maskThatEmptiesTheBestGroupsIsRefused() {
    TopScores spec =
        RouterSpec.softmaxThenTopK(2, true)
            .withGroups(new Groups(2, 1, GroupScore.MAX, Fill.NEGATIVE_INFINITY));
    ExactRouter router = ExactRouter.of(spec, 4).withMasked(true, false, false, false);
    assertThat(Routed.by(router, new float[] {0, 0, 1, 0}).selected.get(0)).containsExactly(2, 3);
    assertThatThrownBy(() -> Routed.by(router, new float[] {0, 1, 0, 0}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("row 0: the best groups hold fewer than 2 experts that are not masked");
  }

  @Test
  void describedButMissingBiasIsRefused() {
    ExactRouter router = ExactRouter.of(RouterSpec.biasedSigmoidTopK(1), 2);
    assertThatThrownBy(() -> Routed.by(router, new float[] {0, 1}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("no selection bias was given");
    assertThatThrownBy(() -> router.withSelectionBias(1))
        .hasMessage("1 selection biases for 2 experts");
    assertThatThrownBy(() -> router.withSelectionBias(1, Float.NaN))
        .hasMessage("selection bias of expert 1 is NaN");
    assertThatThrownBy(
            () -> ExactRouter.of(RouterSpec.topKThenSoftmax(1), 2).withSelectionBias(1, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("a selection bias is given, but not described in");
  }

  @Test
  void descriptionsThatDoNotFitTheExpertsAreRefused() {
    assertThatThrownBy(() -> ExactRouter.of(RouterSpec.topKThenSoftmax(3), 2))
        .hasMessage("3 experts per token of 2 experts");
    assertThatThrownBy(() -> ExactRouter.of(DEEPSEEK_V3, 7))
        .hasMessage("7 experts do not form 4 equal groups");
    assertThatThrownBy(() -> ExactRouter.of(DEEPSEEK_V3, 4))
        .hasMessage("groups of one expert have no two scores to add, 4 experts in 4 groups");
    TopScores tight =
        RouterSpec.softmaxThenTopK(3, true).withGroups(new Groups(4, 1, GroupScore.MAX, Fill.ZERO));
    assertThatThrownBy(() -> ExactRouter.of(tight, 8))
        .hasMessage("1 groups of 2 experts hold fewer than 3 experts per token");
    assertThatThrownBy(() -> RouterSpec.topKThenSoftmax(2).withWeighting(new Weighting.Sum()))
        .hasMessage("logits as scores give no coefficients under Sum[]");
    assertThatThrownBy(() -> new Groups(4, 5, GroupScore.MAX, Fill.ZERO))
        .hasMessage("keep 5 of 4 groups");
    assertThatThrownBy(() -> ExactRouter.of(RouterSpec.topKThenSoftmax(2), 3).withMasked(true))
        .hasMessage("a mask of 1 for 3 experts");
    assertThatThrownBy(
            () -> ExactRouter.of(RouterSpec.topKThenSoftmax(2), 3).withMasked(true, true, false))
        .hasMessage("the mask leaves 1 experts for 2 experts per token");
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    ExactRouter router = ExactRouter.of(RouterSpec.topKThenSoftmax(2), 3);
    IntMatrix selected = IntMatrix.allocate(Arena.ofAuto(), 4, 2);
    FloatMatrix weights = Rows.zeros(4, 2);
    assertThatThrownBy(() -> router.route(Rows.zeros(4, 2), selected, weights, Rows.zeros(4, 3)))
        .hasMessage("logits are [4,2], expected [4,3]");
    assertThatThrownBy(() -> router.route(Rows.zeros(5, 3), selected, weights, Rows.zeros(5, 3)))
        .hasMessage("selected are [4,2], expected [5,2]");
    assertThatThrownBy(() -> router.route(Rows.zeros(4, 3), selected, weights, Rows.zeros(4, 2)))
        .hasMessage("scores are [4,2], expected [4,3]");
  }
}
