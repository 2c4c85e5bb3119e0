package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.family.RouterSpec;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A layer of four experts and three tokens, small enough to follow with a pocket calculator:
 * routing, norms and sums together give the statistics that saliency methods are made of.
 */
class ToyLayerTest {
  private static final float[][] LOGITS = {{2, 1, 0, -1}, {0, 2, 1, -1}, {1, 0, 2, -1}};

  /** Output of each expert for each token, [experts][tokens][2]. */
  private static final float[][][] OUTPUTS = {
    {{3, 4}, {0, 1}, {2, 0}},
    {{5, 12}, {1, 0}, {0, 2}},
    {{1, 1}, {8, 6}, {0, 5}},
    {{9, 9}, {9, 9}, {9, 9}},
  };

  private static final RouterSpec RENORMALISED = RouterSpec.softmaxThenTopK(2, true);
  private static final RouterSpec RAW = RouterSpec.softmaxThenTopK(2, false);

  private final double[] count = new double[4];
  private final double[] weightSum = new double[4];
  private final double[] softCount = new double[4];
  private final double[] normSum = new double[4];
  private final double[] squaredNormSum = new double[4];
  private final double[] weightedNormSum = new double[4];

  @BeforeEach
  void observeRenormalised() {
    observe(RENORMALISED);
  }

  private void observe(RouterSpec spec) {
    Routed routed = Routed.by(ExactRouter.of(spec, 4), LOGITS);
    for (int expert = 0; expert < 4; expert++) {
      count[expert] = weightSum[expert] = softCount[expert] = 0;
      normSum[expert] = squaredNormSum[expert] = weightedNormSum[expert] = 0;
    }
    for (int token = 0; token < 3; token++) {
      for (int slot = 0; slot < 2; slot++) {
        int expert = routed.selected.get(token)[slot];
        double weight = routed.weights.get(token)[slot];
        double norm = RowNorms.l2(Rows.of(OUTPUTS[expert][token]));
        count[expert]++;
        weightSum[expert] += weight;
        normSum[expert] += norm;
        squaredNormSum[expert] += RowNorms.sumOfSquares(Rows.of(OUTPUTS[expert][token]));
        weightedNormSum[expert] += weight * norm;
      }
      for (int expert = 0; expert < 4; expert++) {
        softCount[expert] += routed.scores.get(token)[expert];
      }
    }
  }

  @Test
  void eachOfThreeExpertsIsChosenTwiceWithWeightsThatAddUpToOne() {
    assertThat(count).containsExactly(2, 2, 2, 0);
    assertThat(weightSum).containsExactly(new double[] {1, 1, 1, 0}, within(1e-7));
  }

  @Test
  void softCountsIncludeTheExpertNobodyChose() {
    assertThat(softCount)
        .containsExactly(new double[] {.9679414, .9679414, .9679414, .0961758}, within(1e-7));
  }

  @Test
  void outputNormsAddUpOverChosenTokens() {
    assertThat(normSum).containsExactly(7, 14, 15, 0);
    assertThat(normSum[1] / count[1]).isEqualTo(7);
  }

  @Test
  void meanSquaredNormRanksBySquares() {
    assertThat(squaredNormSum[0] / 2).isEqualTo(14.5);
    assertThat(squaredNormSum[1] / 2).isEqualTo(85);
    assertThat(squaredNormSum[2] / 2).isEqualTo(62.5);
  }

  @Test
  void weightedNormsWithRenormalisedWeights() {
    assertThat(weightedNormSum)
        .containsExactly(new double[] {4.19317574, 4.22729706, 6.34470711, 0}, within(1e-6));
    assertThat(weightedNormSum[0] / count[0]).isCloseTo(2.09658787, within(5e-7));
    assertThat(weightedNormSum[1] / count[1]).isCloseTo(2.11364853, within(5e-7));
    assertThat(weightedNormSum[2] / count[2]).isCloseTo(3.17235355, within(5e-7));
  }

  @Test
  void weightedNormsWithRawSoftmaxWeights() {
    observe(RAW);
    assertThat(weightedNormSum[0] / count[0]).isCloseTo(1.84666847, within(5e-7));
    assertThat(weightedNormSum[1] / count[1]).isCloseTo(1.86169545, within(5e-7));
    assertThat(weightedNormSum[2] / count[2]).isCloseTo(2.79419974, within(5e-7));
  }

  @Test
  void layerOutputIsTheWeightedSumOfChosenOutputs() {
    float[][] out = output(RENORMALISED, LOGITS);
    assertThat(out[0]).containsExactly(new float[] {3.537883f, 6.151531f}, within(1e-6f));
    assertThat(out[1]).containsExactly(new float[] {2.88259f, 1.613649f}, within(1e-6f));
    assertThat(out[2]).containsExactly(new float[] {.537883f, 3.655293f}, within(1e-6f));
  }

  @Test
  void droppingAnUnchosenExpertChangesNothingIfWeightsAreRenormalised() {
    float[][] before = output(RENORMALISED, LOGITS);
    float[][] after = output(RENORMALISED, firstThree());
    for (int token = 0; token < 3; token++) {
      assertThat(after[token]).containsExactly(before[token], within(1e-6f));
    }
  }

  @Test
  void droppingAnUnchosenExpertKeepsEveryBitIfSoftmaxIsOverTheChosen() {
    RouterSpec overSelected = RouterSpec.topKThenSoftmax(2);
    assertThat(output(overSelected, firstThree())).isDeepEqualTo(output(overSelected, LOGITS));
  }

  @Test
  void droppingAnUnchosenExpertScalesEveryOutputIfWeightsAreRaw() {
    float[][] before = output(RAW, LOGITS);
    float[][] after = output(RAW, firstThree());
    double squaredLoss = 0;
    for (int token = 0; token < 3; token++) {
      for (int i = 0; i < 2; i++) {
        assertThat(after[token][i] / before[token][i]).isCloseTo(1.0331204f, within(1e-6f));
        squaredLoss += Math.pow(after[token][i] - before[token][i], 2);
      }
    }
    assertThat(Math.sqrt(squaredLoss)).isCloseTo(.25250791, within(1e-6));
  }

  private static float[][] firstThree() {
    float[][] cut = new float[3][];
    for (int token = 0; token < 3; token++) {
      cut[token] = Arrays.copyOf(LOGITS[token], 3);
    }
    return cut;
  }

  /** The way a layer computes it: group by expert, products, back to slots, weighted sum. */
  private static float[][] output(RouterSpec spec, float[][] logits) {
    int experts = logits[0].length;
    IntMatrix selected = IntMatrix.allocate(Arena.ofAuto(), 3, 2);
    FloatMatrix weights = Rows.zeros(3, 2);
    ExactRouter.of(spec, experts)
        .route(Rows.matrix(logits), selected, weights, Rows.zeros(3, experts));
    GroupByExpert groups = GroupByExpert.of(selected, experts);
    FloatMatrix slotRows = Rows.zeros(6, 2);
    for (int expert = 0; expert < experts; expert++) {
      FloatMatrix rows = Rows.zeros(groups.count(expert), 2);
      GatherRows.of(Rows.matrix(OUTPUTS[expert]), groups, expert, rows);
      ScatterRows.of(rows, groups, expert, slotRows);
    }
    FloatMatrix out = Rows.zeros(3, 2);
    WeightedRowSum.of(out, weights, slotRows, out);
    return new float[][] {out.rowToArray(0), out.rowToArray(1), out.rowToArray(2)};
  }
}
