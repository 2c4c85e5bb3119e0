package io.moetool.transforms.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.graph.ExpertIntegers;
import java.lang.foreign.Arena;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BlockQuantiserTest {
  /** Block one: 3.5 / 7 = 0.5 beats -2 / -8. Block two: -8 / -8 = 1 beats 3 / 7. */
  private static final float[] ROW = {3.5f, -2, 0.3f, 0, -8, 3, 0.4f, -1.6f};

  @Test
  void scalesFitTheLargestWeightOfEitherSign() {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix weights = FloatMatrix.copyOf(arena, ROW);
      BlockQuantiser quantiser = new BlockQuantiser(ExpertIntegers.INT4, 4);
      QuantisationError error = new QuantisationError();

      float[] scales = quantiser.scales(weights);
      byte[] integers = quantiser.integers(weights, scales, error);

      assertThat(scales).containsExactly(0.5f, 1f);
      assertThat(integers).isEqualTo(new byte[] {7, -4, 1, 0, -8, 3, 0, -2});
      assertThat(error.mostSteps()).isCloseTo(0.4, within(1e-6));
      // squared errors 0.04 + 0.16 + 0.16; squares 12.25 + 4 + 0.09 + 64 + 9 + 0.16 + 2.56
      assertThat(error.relative()).isCloseTo(Math.sqrt(0.36 / 92.06), within(1e-6));
      // low bits first: 7, then -4 = 12; 1, then 0; -8 = 8, then 3; 0, then -2 = 14
      assertThat(quantiser.packed(integers, true)).isEqualTo(HexFormat.of().parseHex("c70138e0"));
      assertThat(quantiser.packed(integers, false)).isEqualTo(HexFormat.of().parseHex("4f89b068"));
    }
  }

  @Test
  void aBlockOfZerosStaysZero() {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix weights = FloatMatrix.copyOf(arena, new float[] {0, -0f});
      BlockQuantiser quantiser = new BlockQuantiser(ExpertIntegers.INT8, 0);
      float[] scales = quantiser.scales(weights);
      assertThat(scales[0]).isZero();
      assertThat(quantiser.integers(weights, scales, new QuantisationError()))
          .isEqualTo(new byte[2]);
    }
  }

  @ParameterizedTest
  @EnumSource
  void noWeightIsOffByMoreThanHalfAScale(ExpertIntegers type) {
    SplittableRandom random = new SplittableRandom(7);
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix weights = FloatMatrix.allocate(arena, 40, 96);
      for (int row = 0; row < 40; row++) {
        for (int column = 0; column < 96; column++) {
          weights.set(row, column, (float) (random.nextGaussian() * Math.pow(10, row % 9 - 4)));
        }
      }
      BlockQuantiser quantiser = new BlockQuantiser(type, 32);
      QuantisationError error = new QuantisationError();
      quantiser.integers(weights, quantiser.scales(weights), error);
      assertThat(error.mostSteps()).isBetween(0.49, 0.5 + 1e-4);
    }
  }

  @Test
  void whatIsNoNumberIsRefused() {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix weights = FloatMatrix.copyOf(arena, new float[] {1, Float.NaN});
      BlockQuantiser quantiser = new BlockQuantiser(ExpertIntegers.INT8, 0);
      assertThatThrownBy(() -> quantiser.scales(weights))
          .isInstanceOf(ArithmeticException.class)
          .hasMessage("a weight is NaN");
    }
  }
}
