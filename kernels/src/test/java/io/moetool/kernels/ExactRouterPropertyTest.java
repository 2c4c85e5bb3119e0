package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.family.RouterSpec.Fill;
import io.moetool.formats.family.RouterSpec.GroupScore;
import io.moetool.formats.family.RouterSpec.Groups;
import io.moetool.formats.family.RouterSpec.Score;
import io.moetool.formats.family.RouterSpec.TopScores;
import io.moetool.formats.family.RouterSpec.Weighting;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every router: agreement with a plain reference, and what pruning may change. */
class ExactRouterPropertyTest {
  private static final List<Score> SCORES =
      List.of(Score.SOFTMAX, Score.SIGMOID, Score.SQRT_SOFTPLUS, Score.IDENTITY);

  private static final Weighting[] WEIGHTINGS = {
    new Weighting.Plain(),
    new Weighting.Sum(),
    new Weighting.SumPlus(1e-20f),
    new Weighting.SumPlus(1e-6f),
    new Weighting.ClampedSum(1e-12f),
    new Weighting.SoftmaxOverSelected(),
    new Weighting.SigmoidOfSelected()
  };

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("moetool.cases", 200));
  }

  private static TopScores randomSpec(SplittableRandom random) {
    Weighting weighting = WEIGHTINGS[random.nextInt(WEIGHTINGS.length)];
    Score score = SCORES.get(random.nextInt(weighting.readsLogits() ? 4 : 3));
    int groups = 1 << random.nextInt(3);
    return new TopScores(
        1 + random.nextInt(3),
        score,
        random.nextBoolean(),
        new Groups(
            groups,
            groups == 1 ? 1 : 1 + random.nextInt(groups),
            random.nextBoolean() ? GroupScore.MAX : GroupScore.TOP2_SUM,
            random.nextBoolean() ? Fill.ZERO : Fill.NEGATIVE_INFINITY),
        weighting,
        random.nextBoolean() ? 1 : 2.5f,
        RouterSpec.AppliesTo.OUTPUT);
  }

  private static ExactRouter router(TopScores spec, int experts, float[] bias) {
    ExactRouter router = ExactRouter.of(spec, experts);
    return spec.selectionBias() ? router.withSelectionBias(bias) : router;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void agreesWithSortingEverything(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    TopScores spec = randomSpec(random);
    int experts = spec.groups().count() * (3 + random.nextInt(4));
    float[] logits = Rows.uniform(seed + 1000, experts, 6);
    float[] bias = Rows.uniform(seed + 2000, experts, .5);
    Routed routed = Routed.by(router(spec, experts, bias), logits);
    ReferenceRouter reference = ReferenceRouter.route(spec, logits, bias);
    assertThat(routed.selected.get(0)).isEqualTo(reference.selected);
    for (int slot = 0; slot < spec.expertsPerToken(); slot++) {
      double expected = reference.weights[slot];
      assertThat((double) routed.weights.get(0)[slot])
          .isCloseTo(expected, within(Math.abs(expected) * 1e-6));
    }
    for (int expert = 0; expert < experts; expert++) {
      double expected = reference.scores[expert];
      assertThat((double) routed.scores.get(0)[expert])
          .isCloseTo(expected, within(Math.abs(expected) * 1e-6));
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aBatchRoutesEachTokenOnItsOwn(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    TopScores spec = randomSpec(random);
    int experts = spec.groups().count() * 4;
    ExactRouter router = router(spec, experts, Rows.uniform(seed, experts, .5));
    float[][] logits = new float[5][];
    for (int row = 0; row < 5; row++) {
      logits[row] = Rows.uniform(seed * 10 + row, experts, 6);
    }
    Routed batch = Routed.by(router, logits);
    for (int row = 0; row < 5; row++) {
      Routed alone = Routed.by(router, logits[row]);
      assertThat(batch.selected.get(row)).isEqualTo(alone.selected.get(0));
      assertThat(batch.weights.get(row)).isEqualTo(alone.weights.get(0));
      assertThat(batch.scores.get(row)).isEqualTo(alone.scores.get(0));
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void removingExpertsEqualsMaskingThemBitForBit(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    TopScores spec = randomSpec(random);
    int size = 4;
    int experts = spec.groups().count() * size;
    float[] logits = Rows.uniform(seed + 1, experts, 6);
    float[] bias = Rows.uniform(seed + 2, experts, .5);
    boolean[] masked = oneOfEachGroup(random, spec.groups().count(), size);
    int[] kept = IntStream.range(0, experts).filter(e -> !masked[e]).toArray();

    Routed maskedResult = Routed.by(router(spec, experts, bias).withMasked(masked), logits);
    Routed pruned = Routed.by(router(spec, kept.length, slice(bias, kept)), slice(logits, kept));

    assertThat(originals(pruned.selected.get(0), kept)).isEqualTo(maskedResult.selected.get(0));
    assertThat(pruned.weights.get(0)).isEqualTo(maskedResult.weights.get(0));
    assertThat(pruned.scores.get(0)).isEqualTo(slice(maskedResult.scores.get(0), kept));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void sparseMixerIsPrunedAsItIsMasked(long seed) {
    RouterSpec spec = new RouterSpec.SparseMixer(.05f);
    float[] logits = Rows.uniform(seed, 6, 1);
    boolean[] masked = {false, true, false, false, true, false};
    int[] kept = {0, 2, 3, 5};
    Routed maskedResult = Routed.by(ExactRouter.of(spec, 6).withMasked(masked), logits);
    Routed pruned = Routed.by(ExactRouter.of(spec, 4), slice(logits, kept));
    assertThat(originals(pruned.selected.get(0), kept)).isEqualTo(maskedResult.selected.get(0));
    assertThat(pruned.weights.get(0)).isEqualTo(maskedResult.weights.get(0));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void sigmoidRoutingIgnoresDroppedExpertsThatMatteredNeitherToGroupNorChoice(long seed) {
    TopScores spec =
        RouterSpec.biasedSigmoidTopK(2)
            .withGroups(new Groups(4, 2, GroupScore.TOP2_SUM, Fill.NEGATIVE_INFINITY));
    float[] logits = Rows.uniform(seed + 1, 12, 4);
    float[] bias = Rows.uniform(seed + 2, 12, .3);
    // The worst expert of each group of three is neither chosen nor counted in its group's score.
    boolean[] masked = new boolean[12];
    for (int group = 0; group < 4; group++) {
      int worst = group * 3;
      for (int expert = group * 3; expert < group * 3 + 3; expert++) {
        boolean worse =
            Softmax.sigmoid(logits[expert]) + bias[expert]
                < Softmax.sigmoid(logits[worst]) + bias[worst];
        worst = worse ? expert : worst;
      }
      masked[worst] = true;
    }
    int[] kept = IntStream.range(0, 12).filter(e -> !masked[e]).toArray();
    Routed whole = Routed.by(router(spec, 12, bias), logits);
    Routed pruned = Routed.by(router(spec, 8, slice(bias, kept)), slice(logits, kept));
    assertThat(originals(pruned.selected.get(0), kept)).isEqualTo(whole.selected.get(0));
    assertThat(pruned.weights.get(0)).isEqualTo(whole.weights.get(0));
  }

  @Test
  void unslicedSelectionBiasRoutesSomeTokensWrongly() {
    TopScores spec = RouterSpec.biasedSigmoidTopK(2);
    float[] bias = {.9f, 0, 0, 0, 0, .1f, .2f, .3f};
    int[] kept = {1, 2, 3, 4, 5, 6, 7};
    float[] logits = {0, 0, .1f, .2f, .3f, .4f, .5f, .6f};
    Routed masked =
        Routed.by(
            router(spec, 8, bias).withMasked(true, false, false, false, false, false, false, false),
            logits);
    Routed sliced = Routed.by(router(spec, 7, slice(bias, kept)), slice(logits, kept));
    Routed unsliced = Routed.by(router(spec, 7, Arrays.copyOf(bias, 7)), slice(logits, kept));
    assertThat(originals(sliced.selected.get(0), kept)).isEqualTo(masked.selected.get(0));
    assertThat(originals(unsliced.selected.get(0), kept)).isNotEqualTo(masked.selected.get(0));
  }

  private static boolean[] oneOfEachGroup(SplittableRandom random, int groups, int size) {
    boolean[] masked = new boolean[groups * size];
    for (int group = 0; group < groups; group++) {
      masked[group * size + random.nextInt(size)] = true;
    }
    return masked;
  }

  private static float[] slice(float[] values, int[] kept) {
    float[] sliced = new float[kept.length];
    for (int i = 0; i < kept.length; i++) {
      sliced[i] = values[kept[i]];
    }
    return sliced;
  }

  private static int[] originals(int[] selected, int[] kept) {
    return IntStream.of(selected).map(expert -> kept[expert]).toArray();
  }
}
