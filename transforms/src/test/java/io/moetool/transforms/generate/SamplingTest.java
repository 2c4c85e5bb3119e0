package io.moetool.transforms.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SamplingTest {
  private static final float LN2 = (float) Math.log(2);

  /** Probabilities 1/8, 1/2, 1/8, 1/4. */
  private static final float[] LOGITS = {-3 * LN2, -LN2, -3 * LN2, -2 * LN2};

  @Test
  void greedyTakesTheFirstOfTheMostLikely() {
    assertThat(Sampling.GREEDY.choose(new float[] {1, 3, 3}, new SplittableRandom(7))).isEqualTo(1);
  }

  @Test
  void drawsFollowTheProbabilities() {
    double[] shares = shares(new Sampling(1, 1, 3));
    assertThat(shares).containsExactly(new double[] {0.125, 0.5, 0.125, 0.25}, within(0.02));
  }

  @Test
  void temperatureIsAPowerOfTheProbabilities() {
    // 1/2: squares 1/64, 1/4, 1/64, 1/16 add up to 22/64
    double[] shares = shares(new Sampling(0.5, 1, 3));
    assertThat(shares)
        .containsExactly(new double[] {1 / 22.0, 16 / 22.0, 1 / 22.0, 4 / 22.0}, within(0.02));
  }

  @Test
  void topPKeepsTheFewestThatReachIt() {
    assertThat(shares(new Sampling(1, 0.49, 3))).containsExactly(0, 1, 0, 0);
    assertThat(shares(new Sampling(1, 0.6, 3)))
        .containsExactly(new double[] {0, 2 / 3.0, 0, 1 / 3.0}, within(0.02));
  }

  private static double[] shares(Sampling sampling) {
    int draws = 10_000;
    double[] shares = new double[LOGITS.length];
    SplittableRandom random = new SplittableRandom(sampling.seed());
    for (int i = 0; i < draws; i++) {
      shares[sampling.choose(LOGITS, random)]++;
    }
    return Arrays.stream(shares).map(count -> count / draws).toArray();
  }
}
