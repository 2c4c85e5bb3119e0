package io.moetool.runtime.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.family.Rope;
import io.moetool.formats.family.RopeScaling;
import java.util.List;
import org.junit.jupiter.api.Test;

class RotationFrequenciesTest {
  @Test
  void frequenciesFallByPowersOfTheta() {
    // 100^0, 100^(-1/2) for a head of 4
    assertThat(frequencies(4, new RopeScaling.None())).containsExactly(1f, 0.1f);
  }

  @Test
  void linearScalingDividesAll() {
    assertThat(frequencies(4, new RopeScaling.Linear(4))).containsExactly(0.25f, 0.025f);
  }

  @Test
  void llama3KeepsShortWavelengthsAndDividesLongOnes() {
    float[] plain = frequencies(16, new RopeScaling.None());
    float[] scaled = frequencies(16, new RopeScaling.Llama3(8, 1, 4, 64));
    // wavelengths 2 pi to 353; below 64/4 = 16 they stay, above 64/1 = 64 they are divided
    assertThat(scaled[0]).isEqualTo(plain[0]);
    assertThat(scaled[7]).isCloseTo(plain[7] / 8, within(1e-9f));
    assertThat(scaled[3]).isBetween(plain[3] / 8, plain[3]);
  }

  @Test
  void yarnKeepsFastPairsAndDividesSlowOnes() {
    float[] plain = frequencies(16, new RopeScaling.None());
    float[] scaled = frequencies(16, new RopeScaling.Yarn(4, 256, 32, 1, true, 1));
    assertThat(scaled[0]).isEqualTo(plain[0]);
    assertThat(scaled[7]).isCloseTo(plain[7] / 4, within(1e-9f));
  }

  @Test
  void endsOfYarnsRampAreRoundedToWholePairsUnlessTheConfigSaysOtherwise() {
    // The ramp goes from pair 1.5 to pair 3.5, rounded from 1 to 4. Pairs 2 and 3 lie a quarter and
    // three quarters along it, rounded a third and two; at the end a frequency is halved.
    float[] plain = frequencies(16, new RopeScaling.None());
    float[] exact = frequencies(16, yarnBetween(1.5, 3.5, false));
    float[] rounded = frequencies(16, yarnBetween(1.5, 3.5, true));
    assertThat(exact[2] / plain[2]).isCloseTo(0.875f, within(1e-5f));
    assertThat(exact[3] / plain[3]).isCloseTo(0.625f, within(1e-5f));
    assertThat(rounded[2] / plain[2]).isCloseTo(5f / 6, within(1e-5f));
    assertThat(rounded[3] / plain[3]).isCloseTo(2f / 3, within(1e-5f));
  }

  /** Pair i of 8 turns 1000 / (2 pi 100^(2i / 16)) times in 1000 tokens. */
  private static RopeScaling yarnBetween(double first, double last, boolean truncate) {
    return new RopeScaling.Yarn(2, 1000, turns(first), turns(last), truncate, 1);
  }

  private static double turns(double pair) {
    return 1000 / (2 * Math.PI * Math.pow(100, 2 * pair / 16));
  }

  @Test
  void alphaRaisesTheta() {
    // theta 100 * 9^(4/2) = 8100; 8100^(-1/2) = 1/90
    assertThat(frequencies(4, new RopeScaling.Alpha(9))[1]).isCloseTo(1f / 90, within(1e-8f));
  }

  @Test
  void everyPairCanHaveADivisorOfItsOwn() {
    // 1 / (4 * 1) and 1 / (0.5 * 10)
    assertThat(frequencies(4, new RopeScaling.PerPair(List.of(4.0, 0.5), 1)))
        .containsExactly(0.25f, 0.2f);
  }

  @Test
  void aTableOfTwoRotationsHasTheShortOneAbove() {
    RopeScaling.PerPair upTo = new RopeScaling.PerPair(List.of(1.0, 1.0), 1);
    RopeScaling.PerPair beyond = new RopeScaling.PerPair(List.of(2.0, 4.0), 1);
    Rope rope = rope(4, new RopeScaling.LongRope(16, upTo, beyond));
    assertThat(RotationRows.of(rope, 64))
        .containsExactly(
            new RotationRows(rope(4, upTo), 16), new RotationRows(rope(4, beyond), 64));
    assertThat(RotationRows.of(rope(4, upTo), 64))
        .containsExactly(new RotationRows(rope(4, upTo), 64));
  }

  private static float[] frequencies(int rotaryDim, RopeScaling scaling) {
    return RotationFrequencies.of(rope(rotaryDim, scaling));
  }

  private static Rope rope(int rotaryDim, RopeScaling scaling) {
    return new Rope(Rope.Layout.HALF, 100, rotaryDim, scaling);
  }
}
