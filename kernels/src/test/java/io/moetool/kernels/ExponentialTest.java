package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ExponentialTest {
  @Test
  void zeroGivesExactlyOne() {
    assertThat(Exponential.of(0.0)).isEqualTo(1);
    assertThat(Exponential.of(-0.0)).isEqualTo(1);
  }

  @Test
  void staysWithinTwoUnitsInTheLastPlaceOfTheMathLibrary() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 200_000; i++) {
      double x = -708 * Math.pow(random.nextDouble(), 3);
      double expected = StrictMath.exp(x);
      assertThat(Math.abs(Exponential.of(x) - expected))
          .as("exp(%s)", x)
          .isLessThanOrEqualTo(2 * Math.ulp(expected));
    }
  }

  @Test
  void farBelowZeroIsNextToNothing() {
    assertThat(Exponential.of(-1e9)).isEqualTo(Exponential.of(-708)).isBetween(0.0, 1e-307);
    assertThat(Exponential.of(Double.NEGATIVE_INFINITY)).isEqualTo(Exponential.of(-708));
    assertThat(Exponential.of(Double.NaN)).isNaN();
  }
}
