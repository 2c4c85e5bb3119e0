package io.moetool.transforms.validate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Golden numbers: {@code interop/inference.py}. */
class InferenceTest {
  private static final double[] TOKENS = {7, 3, 9, 5, 8, 2, 6, 4, 7, 5, 3, 8};
  private static final double[] DIFFERENCES = {
    1.5, -0.25, 2, 0.5, -0.75, 0.125, 1, 0.25, -0.5, 0.875, 0, 1.25
  };

  @Test
  void exactTestEqualsScipy() {
    assertThat(SignFlipTest.pValue(DIFFERENCES)).isEqualTo(0.0712890625);
  }

  @Test
  void oneFlipInFourIsAsFar() {
    // 3, 1, -1, -3: two of four sums are as far from 0 as 3
    assertThat(SignFlipTest.pValue(new double[] {1, 2})).isEqualTo(0.5);
    assertThat(SignFlipTest.pValue(new double[] {1, -2})).isEqualTo(1);
    assertThat(SignFlipTest.pValue(new double[] {})).isEqualTo(1);
  }

  @Test
  void drawnFlipsComeNearTheExactTest() {
    // Sequences without a difference change nothing but that flips are drawn.
    assertThat(SignFlipTest.pValue(Arrays.copyOf(DIFFERENCES, 90)))
        .isCloseTo(0.0712890625, within(0.01));
    assertThat(SignFlipTest.pValue(new double[90])).isEqualTo(1);
    double[] alike = new double[40];
    Arrays.fill(alike, 1);
    assertThat(SignFlipTest.pValue(alike)).isEqualTo(1e-4);
  }

  @Test
  void intervalEqualsScipyUpToTheDraws() {
    int[] all = IntStream.range(0, TOKENS.length).toArray();
    Interval interval =
        new Bootstrap(List.of(all), TOKENS, 100_000).intervals(List.of(DIFFERENCES)).getFirst();
    assertThat(interval.low()).isCloseTo(0.0100, within(0.002));
    assertThat(interval.high()).isCloseTo(0.1577, within(0.002));
  }

  @Test
  void domainsKeepTheirSizes() {
    // Within each domain all sequences are alike, so drawing among them changes nothing.
    Interval interval =
        new Bootstrap(
                List.of(new int[] {0, 1, 2}, new int[] {3, 4}), new double[] {2, 2, 2, 5, 5}, 50)
            .intervals(List.of(new double[] {1, 1, 1, 20, 20}))
            .getFirst();
    assertThat(interval).isEqualTo(new Interval(43.0 / 16, 43.0 / 16));
  }

  @Test
  void quantileEqualsNumpy() {
    double[] values = {1, 2, 4, 8, 16};
    assertThat(Bootstrap.quantile(values, 0.025)).isCloseTo(1.1, within(1e-12));
    assertThat(Bootstrap.quantile(values, 0.3)).isCloseTo(2.4, within(1e-12));
    assertThat(Bootstrap.quantile(values, 0.975)).isCloseTo(15.2, within(1e-12));
  }
}
