package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link LogSumExp}, {@link CrossEntropy}, {@link KlDivergence} and {@link ArgMax}. */
class LikelihoodTest {
  private static final float MINUS = Float.NEGATIVE_INFINITY;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("moetool.cases", 50));
  }

  @Test
  void equalLogitsAddTheLogarithmOfTheirNumber() {
    assertThat(LogSumExp.of(Rows.of(new float[1000]))).isCloseTo(Math.log(1000), within(1e-14));
    assertThat(LogSumExp.of(Rows.of(1e4f, 1e4f))).isEqualTo(1e4 + StrictMath.log(2));
    assertThat(LogSumExp.of(Rows.of(-1e4f, MINUS))).isEqualTo(-1e4);
  }

  @Test
  void surpriseOfAFairCoinIsLogTwo() {
    assertThat(CrossEntropy.nll(Rows.of(0, 0), 1)).isCloseTo(Math.log(2), within(1e-16));
    // p = e / (e + 1)
    assertThat(CrossEntropy.nll(Rows.of(1, 0), 0)).isCloseTo(.3132616875, within(1e-10));
    assertThat(CrossEntropy.nll(Rows.of(0, MINUS), 1)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(CrossEntropy.nll(Rows.of(0, Float.NaN), 0)).isNaN();
    assertThatThrownBy(() -> CrossEntropy.nll(Rows.of(0, 0), 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void divergenceOfThreeQuartersFromAHalf() {
    // .75·log 1.5 + .25·log .5
    double expected = .75 * Math.log(1.5) + .25 * Math.log(.5);
    float[] biased = {(float) Math.log(3), 0};
    assertThat(KlDivergence.of(Rows.of(biased), Rows.of(7, 7))).isCloseTo(expected, within(1e-7));
  }

  @Test
  void divergenceKnowsImpossibleTokens() {
    assertThat(KlDivergence.of(Rows.of(0, 0, MINUS), Rows.of(0, 0, MINUS))).isZero();
    assertThat(KlDivergence.of(Rows.of(0, MINUS), Rows.of(0, 0)))
        .isCloseTo(Math.log(2), within(1e-15));
    assertThat(KlDivergence.of(Rows.of(0, 0), Rows.of(0, MINUS)))
        .isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(KlDivergence.of(Rows.of(0, Float.NaN), Rows.of(0, 0))).isNaN();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void divergenceIsTheDefinition(long seed) {
    float[] x = Rows.uniform(seed, 333, 8);
    float[] y = Rows.uniform(-seed, 333, 8);
    double xSum = 0;
    double ySum = 0;
    for (int i = 0; i < 333; i++) {
      xSum += Math.exp(x[i]);
      ySum += Math.exp(y[i]);
    }
    double expected = 0;
    for (int i = 0; i < 333; i++) {
      double p = Math.exp(x[i]) / xSum;
      expected += p * Math.log(p / (Math.exp(y[i]) / ySum));
    }
    assertThat(KlDivergence.of(Rows.of(x), Rows.of(y))).isCloseTo(expected, within(1e-12));
    assertThat(KlDivergence.of(Rows.of(x), Rows.of(x))).isZero();
    assertThat(LogSumExp.of(Rows.of(x))).isCloseTo(Math.log(xSum), within(1e-13));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void divergenceIsNeverNegative(long seed) {
    float[] x = Rows.uniform(seed, 50, 3);
    float[] y = x.clone();
    y[(int) (seed % 50)] += 1e-6f;
    assertThat(KlDivergence.of(Rows.of(x), Rows.of(y))).isBetween(0.0, 1e-9);
  }

  @Test
  void lowestIndexOfTheLargestWins() {
    assertThat(ArgMax.of(Rows.of(1, 3, 2, 3))).isEqualTo(1);
    assertThat(ArgMax.of(Rows.of(MINUS, MINUS))).isZero();
    assertThat(ArgMax.of(Rows.of(-0f, 0f))).isZero();
    assertThatThrownBy(() -> ArgMax.of(Rows.of(1, Float.NaN)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("NaN among 2 values");
    assertThatThrownBy(() -> ArgMax.of(Rows.of()))
        .hasMessage("an empty row has no largest element");
  }

  @Test
  void logitsThatHaveNoDistributionGiveNaN() {
    assertThat(LogSumExp.of(Rows.of(MINUS, MINUS))).isNaN();
    assertThat(LogSumExp.of(Rows.of(0, Float.POSITIVE_INFINITY))).isNaN();
    assertThatThrownBy(() -> LogSumExp.of(Rows.of())).hasMessage("no logits");
  }
}
