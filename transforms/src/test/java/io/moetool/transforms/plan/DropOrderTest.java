package io.moetool.transforms.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DropOrderTest {
  /** Four experts, of which no token chose the last; see the sums in the tests of saliency. */
  private static final double[] SOFT = {.9679414, .9679414, .9679414, .0961758};

  private static final long[] TOKENS = {2, 2, 2, 0};

  @Test
  void theLowestScoresGoFirst() {
    assertThat(keptOfTwo(2.09658787, 2.11364853, 3.17235355, 0)).containsExactly(1, 2);
    assertThat(keptOfTwo(14.5, 85, 62.5, 0)).containsExactly(1, 2);
  }

  @Test
  void ofEqualScoresTheHigherIndexGoesFirst() {
    assertThat(keptOfTwo(2, 2, 2, 0)).containsExactly(0, 1);
  }

  @Test
  void unusedExpertsGoBySoftCount() {
    LayerEvidence layer =
        LayerEvidence.ofData(0, new double[4], new long[4], new double[] {.3, .1, .4, .1});
    assertThat(DropOrder.of(layer)).containsExactly(3, 1, 0, 2);
  }

  @Test
  void softCountsBreakNoTieBetweenUsedExperts() {
    LayerEvidence layer =
        LayerEvidence.ofData(
            0, new double[] {1, 1, 1}, new long[] {5, 5, 5}, new double[] {.1, .2, .3});
    assertThat(DropOrder.of(layer)).containsExactly(2, 1, 0);
  }

  @Test
  void ofEqualScoresUnusedExpertsGoBeforeUsedOnes() {
    LayerEvidence layer =
        LayerEvidence.ofData(0, new double[3], new long[] {0, 7, 0}, new double[] {.1, .9, .2});
    assertThat(DropOrder.of(layer)).containsExactly(0, 2, 1);
  }

  @Test
  void negativeZeroIsNoLowerThanZero() {
    assertThat(DropOrder.of(LayerEvidence.ofWeights(0, new double[] {-0.0, 0.0})))
        .containsExactly(1, 0);
  }

  /**
   * A comparison that depends on which pairs meet would depend on the order the experts come in.
   */
  @Test
  void theOrderIsTotal() {
    SplittableRandom random = new SplittableRandom(1);
    for (int round = 0; round < 200; round++) {
      int experts = 9;
      double[] scores = random.doubles(experts, 0, 3).map(Math::floor).toArray();
      long[] tokens = random.longs(experts, 0, 2).toArray();
      double[] soft = random.doubles(experts, 0, 3).map(Math::floor).toArray();
      List<Integer> order = DropOrder.of(LayerEvidence.ofData(0, scores, tokens, soft));
      for (int first = 0; first < experts; first++) {
        for (int second = first + 1; second < experts; second++) {
          int a = order.get(first);
          int b = order.get(second);
          // Two experts alone come in the same order as among all.
          List<Integer> pair = new ArrayList<>(List.of(Math.min(a, b), Math.max(a, b)));
          LayerEvidence alone =
              LayerEvidence.ofData(
                  0,
                  pair.stream().mapToDouble(e -> scores[e]).toArray(),
                  pair.stream().mapToLong(e -> tokens[e]).toArray(),
                  pair.stream().mapToDouble(e -> soft[e]).toArray());
          assertThat(pair.get(DropOrder.of(alone).getFirst())).isEqualTo(a);
        }
      }
    }
  }

  private static int[] keptOfTwo(double... scores) {
    LayerEvidence layer = LayerEvidence.ofData(0, scores, TOKENS, SOFT);
    int[] kept = DropOrder.of(layer).stream().mapToInt(e -> e).skip(2).toArray();
    Arrays.sort(kept);
    return kept;
  }
}
